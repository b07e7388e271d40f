"""What the CPU simulator leaves to XLA: a step's decision and a block's tape, one call each."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tabrl.control.observation import Joints, build_observation
from tabrl.control.program import Programs
from tabrl.control.tape import (
    CONTROL_DT,
    REMEMBERED,
    Floats,
    Memory,
    RawSteps,
    Tape,
    TapeBuilder,
)
from tabrl.robots import Robot
from tabrl.sim.simulator import GraphPolicy

Shapes = tuple[tuple[str, tuple[float, ...]], ...]  # as of `trunk_shapes`, hashable


class Moment(NamedTuple):
    """What robots are like before a step: `qpos`, `qvel`, `ctrl`, `time` and `heading_origin`."""

    qpos: Floats
    qvel: Floats
    ctrl: Floats
    time: Floats
    heading_origin: Floats


class Decision(NamedTuple):
    """What the policy sees and does, `[B, …]`, and what the program asks for after the step."""

    observation: Any
    action: Any
    targets: Any
    command: Any
    gait_phase: Any


def decide(
    robot: Robot, policy: GraphPolicy, moment: Moment, programs: Programs, words: NDArray[np.uint32]
) -> Decision:
    """One control step's decision; `words` (which rollout, which robots, which step) make its
    randomness, together with the policy's seed."""
    asked = tuple(getattr(programs, field.name) for field in fields(programs))
    seed = np.uint32(policy.seed & 0xFFFFFFFF)
    decision: Decision = _decider(robot)(
        policy.graph, policy.parameters, moment, asked, seed, words
    )
    return decision


def derive(robot: Robot, shapes: Shapes, raw: RawSteps, memory: Memory) -> Tape:
    """`TapeBuilder.derive` compiled, once for every shape of block."""
    tape, moved = _deriver(robot, shapes)(vars(raw), vars(memory))
    vars(memory).update({name: np.asarray(field) for name, field in moved.items()})
    return Tape({name: np.asarray(field) for name, field in tape.items()})


@cache
def _decider(robot: Robot) -> Any:
    joints = Joints.of(robot)

    def graph(
        act: Any, parameters: Any, moment: Moment, asked: tuple[Any, ...], seed: Any, words: Any
    ) -> Decision:
        programs = Programs(*asked)
        key = jax.random.PRNGKey(seed)
        for word in words:
            key = jax.random.fold_in(key, word)
        observation = build_observation(
            moment.time, moment.qpos, moment.qvel, moment.ctrl, programs, joints,
            moment.heading_origin, jnp,
        )  # fmt: skip
        action = act(parameters, observation, key)
        then = moment.time + CONTROL_DT
        return Decision(
            observation,
            action,
            joints.targets(action, jnp),
            programs.command(then, jnp),
            programs.gait_phase(then, jnp),
        )

    return jax.jit(graph, static_argnums=0)


@cache
def _deriver(robot: Robot, shapes: Shapes) -> Any:
    builder = TapeBuilder(robot, {name: np.array(numbers) for name, numbers in shapes})

    def graph(raw: dict[str, Any], memory: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        instant = builder.instant(RawSteps(**raw), jnp)

        def step(memory: dict[str, Any], row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            now, fresh = row
            moved, fields = builder.advance(Memory(**memory), now, fresh, jnp)
            return vars(moved), fields

        looked_back_at = {name: instant[name] for name in REMEMBERED}
        moved, remembered = jax.lax.scan(step, memory, (looked_back_at, raw["fresh"]))
        return {**instant, **remembered}, moved

    return jax.jit(graph)
