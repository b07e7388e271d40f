"""What the CPU simulator leaves to XLA: a step's decision and a block's tape, one call each."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tabrl.control.observation import Joints, build_observation
from tabrl.control.tape import CONTROL_DT, REMEMBERED, Floats, Memory, Tape, TapeBuilder
from tabrl.robots import Robot
from tabrl.sim.cpu_layout import Layout, Record
from tabrl.sim.simulator import GraphPolicy

Shapes = tuple[tuple[str, tuple[float, ...]], ...]  # as of `trunk_shapes`, hashable
# Fast and as good for noise; JAX's own default takes as long as the policy.
_GENERATOR = "rbg"


class Decision(NamedTuple):
    """What the policy sees and does, `[B, …]`, and what the program asks for after the step."""

    observation: Floats
    action: Floats
    targets: Floats
    command: Floats
    gait_phase: Floats


def keys(seed: tuple[int, ...], count: int) -> NDArray[np.uint32]:
    """Random keys `[count, 4]` for `decide`, the same ones for the same `seed`."""
    return np.random.default_rng(seed).integers(0, 2**32, (count, 4), np.uint32)


def decide(
    robot: Robot, layout: Layout, policy: GraphPolicy, moment: Floats, key: NDArray[np.uint32]
) -> Decision:
    """One control step's decision for rows `moment` (see `Layout`)."""
    graph = _decider(robot, layout)
    observation, others = graph(policy.graph, policy.parameters, moment, key)
    nu, command = robot.nu, np.asarray(others)
    action, targets, command = command[:, :nu], command[:, nu : 2 * nu], command[:, 2 * nu :]
    feet = len(robot.foot_names)
    return Decision(
        np.asarray(observation), action, targets, command[:, :-feet], command[:, -feet:]
    )


def derive(robot: Robot, layout: Layout, shapes: Shapes, record: Record, memory: Memory) -> Tape:
    """`TapeBuilder.derive` compiled, once for every shape of block."""
    tape, moved = _deriver(robot, layout, shapes)(vars(record), vars(memory))
    vars(memory).update({name: np.asarray(field) for name, field in moved.items()})
    return Tape({name: np.asarray(field) for name, field in tape.items()})


@cache
def _decider(robot: Robot, layout: Layout) -> Any:
    joints = Joints.of(robot)

    def graph(act: Any, parameters: Any, moment: Any, key: Any) -> tuple[jax.Array, jax.Array]:
        programs = layout.followed(moment, jnp)
        time, heading_origin = moment[:, layout.time], moment[:, layout.heading_origin]
        observation = build_observation(
            time, *layout.parts(moment), programs, joints, heading_origin, jnp
        )
        action = act(parameters, observation, jax.random.wrap_key_data(key, impl=_GENERATOR))
        then = time + CONTROL_DT
        others = (
            action,
            joints.targets(action, jnp),
            programs.command(then, jnp),
            programs.gait_phase(then, jnp),
        )
        return observation, jnp.concatenate(others, axis=-1)

    return jax.jit(graph, static_argnums=0)


@cache
def _deriver(robot: Robot, layout: Layout, shapes: Shapes) -> Any:
    joints = Joints.of(robot)
    builder = TapeBuilder(robot, {name: np.array(numbers) for name, numbers in shapes})

    def graph(record: Any, memory: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        raw = Record(**record).steps(layout, joints, jnp)
        instant = builder.instant(raw, jnp)

        def step(memory: dict[str, Any], row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            now, fresh = row
            moved, fields = builder.advance(Memory(**memory), now, fresh, jnp)
            return vars(moved), fields

        looked_back_at = {name: instant[name] for name in REMEMBERED}
        moved, remembered = jax.lax.scan(step, memory, (looked_back_at, raw.fresh))
        return {**instant, **remembered}, moved

    return jax.jit(graph)
