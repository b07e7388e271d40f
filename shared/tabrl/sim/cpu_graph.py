"""What the CPU simulator leaves to XLA: a step's decision and a block's tape, one call each."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tabrl.control.observation import Joints, build_observation
from tabrl.control.tape import REMEMBERED, Floats, Memory, Tape, TapeBuilder
from tabrl.robots import Robot
from tabrl.sim.cpu_layout import Layout, Record
from tabrl.sim.simulator import GraphPolicy

Shapes = tuple[tuple[str, tuple[float, ...]], ...]  # as of `trunk_shapes`, hashable
Draws = NDArray[np.uint32] | Floats  # random keys [T, 2], or the noise itself [T, B, nu]


class Decision(NamedTuple):
    """What the policy sees and does, `[B, …]`."""

    observation: Floats
    action: Floats
    targets: Floats


def draws(policy: GraphPolicy, seed: tuple[int, ...], shape: tuple[int, int, int]) -> Draws:
    """What makes a block's actions random, the same for the same `seed`; `shape` is T, B, nu.

    Noise of a whole block costs little; drawn in the graph, it takes half as long as the policy.
    """
    random = np.random.default_rng(seed)
    if policy.noisy is not None:
        return random.standard_normal(shape, np.float32)
    return random.integers(0, 2**32, (shape[0], 2), np.uint32)


def decide(
    robot: Robot, layout: Layout, policy: GraphPolicy, moment: Floats, draw: Draws
) -> Decision:
    """One control step's decision for rows `moment` (see `Layout`); `draw` is a step's."""
    graph = _decider(robot, layout)
    act = policy.graph if policy.noisy is None else policy.noisy
    return Decision(*map(np.asarray, graph(act, policy.parameters, moment, draw)))


def derive(robot: Robot, layout: Layout, shapes: Shapes, record: Record, memory: Memory) -> Tape:
    """`TapeBuilder.derive` compiled, once for every shape of block."""
    tape, moved = _deriver(robot, layout, shapes)(vars(record), vars(memory))
    vars(memory).update({name: np.asarray(field) for name, field in moved.items()})
    return Tape({name: np.asarray(field) for name, field in tape.items()})


@cache
def _decider(robot: Robot, layout: Layout) -> Any:
    joints = Joints.of(robot)

    def graph(act: Any, parameters: Any, moment: Any, draw: Any) -> Decision:
        programs = layout.followed(moment, jnp)
        observation = build_observation(
            moment[:, layout.time], *layout.parts(moment), programs, joints,
            moment[:, layout.heading_origin], jnp,
        )  # fmt: skip
        action = act(parameters, observation, draw)
        return Decision(observation, action, joints.targets(action, jnp))

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
