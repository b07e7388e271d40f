"""Rotations on batches, in numpy or JAX alike: quaternions are wxyz, body to world."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Xp


def cross(
    left: Float[Array, "... 3"], right: Float[Array, "... 3"], xp: Xp = np
) -> Float[Array, "... 3"]:
    """Cross product of vectors `[..., 3]`; numpy's own takes several times as long for few."""
    (a, b, c), (x, y, z) = (tuple(v[..., i] for i in range(3)) for v in (left, right))
    return xp.stack([b * z - c * y, c * x - a * z, a * y - b * x], axis=-1)


def rotate_inverse(
    quaternion: Float[Array, "... 4"], vector: Float[Array, "... 3"], xp: Xp = np
) -> Float[Array, "... 3"]:
    """Express a world vector `[..., 3]` in the body frame of `quaternion [..., 4]`."""
    w, axis = quaternion[..., :1], quaternion[..., 1:]
    twice = 2.0 * cross(axis, vector, xp)
    return vector - w * twice + cross(axis, twice, xp)


def rotate(
    quaternion: Float[Array, "... 4"], vector: Float[Array, "... 3"], xp: Xp = np
) -> Float[Array, "... 3"]:
    """Express a vector `[..., 3]` of the body frame of `quaternion [..., 4]` in the world."""
    w, axis = quaternion[..., :1], quaternion[..., 1:]
    twice = 2.0 * cross(axis, vector, xp)
    return vector + w * twice + cross(axis, twice, xp)


def multiply(
    left: Float[Array, "... 4"], right: Float[Array, "... 4"], xp: Xp = np
) -> Float[Array, "... 4"]:
    """The rotation `right` within the frame of `left`, quaternions `[..., 4]`."""
    a, b, c, d = (left[..., i] for i in range(4))
    w, x, y, z = (right[..., i] for i in range(4))
    return xp.stack(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ],
        axis=-1,
    )


def about(
    axis: Float[Array, "... 3"], angle: Float[Array, ...], xp: Xp = np
) -> Float[Array, "... 4"]:
    """The quaternion `[..., 4]` of turning by `angle [...]` rad about a unit `axis [..., 3]`."""
    half = 0.5 * angle[..., None]
    return xp.concatenate([xp.cos(half), xp.sin(half) * axis], axis=-1)


def up_in_body(quaternion: Float[Array, "... 4"], xp: Xp = np) -> Float[Array, "... 3"]:
    """The world's up direction in the body frame, `[..., 3]`; minus it is the gravity direction."""
    w, x, y, z = (quaternion[..., i] for i in range(4))
    return xp.stack(
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)], axis=-1
    )


def yaw(quaternion: Float[Array, "... 4"], xp: Xp = np) -> Float[Array, ...]:
    """Heading `[...]` in rad: the angle of the body's x axis in the floor plane."""
    w, x, y, z = (quaternion[..., i] for i in range(4))
    return xp.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def roll_pitch(
    quaternion: Float[Array, "... 4"], xp: Xp = np
) -> tuple[Float[Array, ...], Float[Array, ...]]:
    """Roll (right side down > 0) and pitch (nose down > 0) `[...]`, rad, z-y-x convention."""
    w, x, y, z = (quaternion[..., i] for i in range(4))
    roll = xp.arctan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    pitch = xp.arcsin(xp.clip(2.0 * (w * y - x * z), -1.0, 1.0))
    return roll, pitch


def from_matrix(matrix: Float[Array, "... 3 3"], xp: Xp = np) -> Float[Array, "... 4"]:
    """The quaternion `[..., 4]` of a rotation matrix, with w not below zero."""
    m = [[matrix[..., i, j] for j in range(3)] for i in range(3)]
    trace = m[0][0] + m[1][1] + m[2][2]
    # Each column is the quaternion times four of its own entries: the longest one is the safest.
    x, y, z = (1.0 + 2.0 * m[i][i] - trace for i in range(3))
    turn = [m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]]
    mixed = [m[0][1] + m[1][0], m[0][2] + m[2][0], m[1][2] + m[2][1]]
    columns = xp.stack(
        [
            xp.stack([1.0 + trace, *turn], axis=-1),
            xp.stack([turn[0], x, mixed[0], mixed[1]], axis=-1),
            xp.stack([turn[1], mixed[0], y, mixed[2]], axis=-1),
            xp.stack([turn[2], mixed[1], mixed[2], z], axis=-1),
        ],
        axis=-2,
    )
    longest = xp.stack([1.0 + trace, x, y, z], axis=-1).argmax(-1)[..., None, None]
    chosen = xp.take_along_axis(columns, longest, axis=-2)[..., 0, :]
    unit = chosen / xp.sqrt((chosen * chosen).sum(-1, keepdims=True))
    return xp.where(unit[..., :1] < 0.0, -unit, unit)


def wrap(angle: Float[Array, ...], xp: Xp = np) -> Float[Array, ...]:
    """The same angle in [-π, π)."""
    return (angle + xp.pi) % (2.0 * xp.pi) - xp.pi
