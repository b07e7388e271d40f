"""The rollout of a block, compiled."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tabrl.control.kinematics import Pose
from tabrl.control.observation import Joints
from tabrl.control.rollout import LOOKED_BACK, Carry, Rollout, RolloutBuilder
from tabrl.robots import Robot
from tabrl.sim.cpu.layout import Layout, RolloutBuffer

POSES = 1024  # states at a time: what is costly to compile is compiled for one size
Shapes = tuple[tuple[str, tuple[float, ...]], ...]  # as of `trunk_shapes`, hashable


def poses(layout: Layout, record: RolloutBuffer) -> Pose:
    """Where bodies and feet were in every step of a record, `[T, B, …]`."""
    lead, width = record.rows.shape[:-1], record.rows.shape[-1]
    flat = record.rows.reshape(-1, width)
    padded = np.concatenate([flat, np.zeros((-len(flat) % POSES, width), np.float32)])
    found = [_poser(layout)(rows) for rows in padded.reshape(-1, POSES, width)]
    return Pose(
        *(
            np.concatenate(field)[: len(flat)].reshape(*lead, *field[0].shape[1:])
            for field in zip(*found, strict=True)
        )
    )


def derive(
    robot: Robot, layout: Layout, shapes: Shapes, record: RolloutBuffer, carry: Carry
) -> Rollout:
    """`RolloutBuilder.derive` compiled, once for every shape of block."""
    graph, pose = _deriver(robot, layout, shapes), poses(layout, record)
    rollout, moved = graph(vars(record), pose, vars(carry))
    vars(carry).update({name: np.asarray(field) for name, field in moved.items()})
    return Rollout({name: np.asarray(field) for name, field in rollout.items()})


@cache
def _poser(layout: Layout) -> Any:
    def graph(rows: Any) -> Pose:
        qpos, qvel, _ = layout.parts(rows)
        return layout.skeleton.pose(qpos, qvel, jnp)

    return jax.jit(graph)


@cache
def _deriver(robot: Robot, layout: Layout, shapes: Shapes) -> Any:
    joints = Joints.of(robot)
    builder = RolloutBuilder(robot, {name: np.array(numbers) for name, numbers in shapes})

    def graph(
        record: Any, pose: Pose, carry: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        raw = RolloutBuffer(**record).steps(layout, joints, pose, jnp)
        instant = builder.instant(raw, jnp)

        def step(carry: dict[str, Any], row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            now, just_reset = row
            moved, fields = builder.advance(Carry(**carry), now, just_reset, jnp)
            return vars(moved), fields

        looked_back_at = {name: instant[name] for name in LOOKED_BACK}
        moved, remembered = jax.lax.scan(step, carry, (looked_back_at, raw.just_reset))
        return {**instant, **remembered}, moved

    return jax.jit(graph)
