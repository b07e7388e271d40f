"""Rotations by unit quaternions in the order w, x, y, z.

On purpose none of `tabrl.control.rotation`: the benchmarks measure what is computed with it.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Value = TypeVar("Value", float, Floats)
Row = tuple[Value, Value, Value]


def rotation_rows(
    w: Value, x: Value, y: Value, z: Value
) -> tuple[Row[Value], Row[Value], Row[Value]]:
    """The rows of the rotation matrix, body to world, of one quaternion or of an array of them."""
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )


def rotation_matrices(quaternion: Floats) -> Floats:
    """Body to world, `[..., 3, 3]`, of quaternions `[..., 4]`."""
    w, x, y, z = np.moveaxis(quaternion, -1, 0)
    return np.moveaxis(np.array(rotation_rows(w, x, y, z)), (0, 1), (-2, -1))
