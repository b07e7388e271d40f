"""The rollout of a chunk, compiled."""

from __future__ import annotations

from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array
from tabrl.control.kinematics import Pose
from tabrl.control.rollout import Rollout
from tabrl.sim.cpu.graphs import CompiledOnce
from tabrl.sim.cpu.layout import Layout, RolloutBuffer

Arrays: TypeAlias = dict[str, Float[jax.Array, "..."]]  # fields, or a carry, by name
POSES = 1024  # states at a time: what is costly to compile is compiled for one size


def poses(layout: Layout, buffer: RolloutBuffer) -> Pose:
    """Where bodies and end effectors were in every step of a buffer.

    Args:
        layout: of the buffer's rows.
        buffer: all of it filled.

    Returns:
        Arrays `[T, B, …]` in numpy.
    """
    lead, width = buffer.rows.shape[:-1], buffer.rows.shape[-1]
    flat = buffer.rows.reshape(-1, width)
    padded = np.concatenate([flat, np.zeros((-len(flat) % POSES, width), np.float32)])
    found = [_poser(layout)(rows) for rows in padded.reshape(-1, POSES, width)]
    return Pose(
        *(
            np.concatenate(part)[: len(flat)].reshape(*lead, *part[0].shape[1:])
            for part in zip(*found, strict=True)
        )
    )


def derive(
    layout: Layout, buffer: RolloutBuffer, carry: dict[str, Float[np.ndarray, "B ..."]]
) -> Rollout:
    """`Embodiment.derive` compiled, once for every shape of chunk.

    Args:
        layout: of the buffer's rows.
        buffer: all of it filled.
        carry: moved on to the chunk's end, in place.
    """
    graph, pose = _deriver(layout), poses(layout, buffer)
    rollout, moved = graph(vars(buffer), pose, carry)
    carry.update({name: np.asarray(field) for name, field in moved.items()})
    return Rollout({name: np.asarray(field) for name, field in rollout.items()})


@CompiledOnce
def _poser(layout: Layout) -> jax.stages.Wrapped:
    def graph(rows: Float[Array, "N width"]) -> Pose:
        qpos, qvel, _ = layout.parts(rows)
        return layout.embodiment.skeleton.pose(qpos, qvel, jnp, jax.lax.optimization_barrier)

    return jax.jit(graph)


@CompiledOnce
def _deriver(layout: Layout) -> jax.stages.Wrapped:
    embodiment = layout.embodiment

    def graph(buffer: Arrays, pose: Pose, carry: Arrays) -> tuple[Arrays, Arrays]:
        raw = RolloutBuffer(**buffer).steps(layout, pose, jnp)
        instant = embodiment.instant(raw, jnp)

        def step(
            carry: Arrays, row: tuple[Arrays, Float[jax.Array, " B"]]
        ) -> tuple[Arrays, Arrays]:
            now, just_reset = row
            return embodiment.advance(carry, now, just_reset, jnp)

        looked_back_at = {name: instant[name] for name in embodiment.looked_back}
        moved, looking_back = jax.lax.scan(step, carry, (looked_back_at, raw.just_reset))
        return {**instant, **looking_back}, moved

    return jax.jit(graph)
