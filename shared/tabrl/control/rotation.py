"""Rotations on batches, in numpy or JAX alike: quaternions are wxyz, body to world."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any  # np.ndarray or jax.Array: every function here works on both


def rotate_inverse(quaternion: Array, vector: Array, xp: Any = np) -> Array:
    """Express a world vector `[..., 3]` in the body frame of `quaternion [..., 4]`."""
    w, axis = quaternion[..., :1], quaternion[..., 1:]
    twice = 2.0 * xp.cross(axis, vector)
    return vector - w * twice + xp.cross(axis, twice)


def up_in_body(quaternion: Array, xp: Any = np) -> Array:
    """The world's up direction in the body frame, `[..., 3]`; minus it is the gravity direction."""
    w, x, y, z = (quaternion[..., i] for i in range(4))
    return xp.stack(
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)], axis=-1
    )


def yaw(quaternion: Array, xp: Any = np) -> Array:
    """Heading `[...]` in rad: the angle of the body's x axis in the floor plane."""
    w, x, y, z = (quaternion[..., i] for i in range(4))
    return xp.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def roll_pitch(quaternion: Array, xp: Any = np) -> tuple[Array, Array]:
    """Roll (right side down > 0) and pitch (nose down > 0) `[...]`, rad, z-y-x convention."""
    w, x, y, z = (quaternion[..., i] for i in range(4))
    roll = xp.arctan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    pitch = xp.arcsin(xp.clip(2.0 * (w * y - x * z), -1.0, 1.0))
    return roll, pitch


def wrap(angle: Array, xp: Any = np) -> Array:
    """The same angle in [-π, π)."""
    return (angle + xp.pi) % (2.0 * xp.pi) - xp.pi
