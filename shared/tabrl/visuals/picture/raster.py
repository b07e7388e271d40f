"""Which triangle is seen in each pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.visuals.picture.triangles import Doubles

_FLAT = 1e-9  # pixels²: triangles seen from the side


@dataclass(frozen=True, eq=False)
class Raster:
    """For each pixel `[H, W]` the nearest triangle, -1 for none, and how near to each of its
    corners it is, `[H, W, 3]`, which sum to 1."""

    face: NDArray[np.int64]
    shares: Doubles

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Where there is a triangle, `[H, W]`."""
        seen: NDArray[np.bool_] = self.face >= 0
        return seen


def rasterise(pixels: Doubles, nearness: Doubles, size: tuple[int, int]) -> Raster:
    """Draw triangles into a buffer of depths.

    Args:
        pixels: their corners in the picture, `[F, 3, 2]`.
        nearness: of these, one over their distance, `[F, 3]`.
        size: width and height.
    """
    width, height = size
    nearest = np.zeros((height, width))
    face = np.full((height, width), -1, np.int64)
    shares = np.zeros((height, width, 3))
    low = np.clip(np.floor(pixels.min(axis=1)).astype(np.int64), 0, size)
    high = np.clip(np.ceil(pixels.max(axis=1)).astype(np.int64), 0, size)
    edges = np.roll(pixels, -1, axis=1) - pixels
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    drawn = (np.abs(area) > _FLAT) & (high > low).all(axis=1)
    for number in np.flatnonzero(drawn).tolist():
        (left, top), (right, bottom) = low[number].tolist(), high[number].tolist()
        part = np.s_[top:bottom, left:right]
        x, y = np.arange(left, right) + 0.5, np.arange(top, bottom)[:, None] + 0.5
        inside = _shares(pixels[number], edges[number], float(area[number]), x, y)
        depth = inside @ nearness[number]
        better = (inside.min(axis=-1) >= 0.0) & (depth > nearest[part])
        nearest[part][better] = depth[better]
        face[part][better] = number
        shares[part][better] = inside[better]
    return Raster(face, shares)


def _shares(corners: Doubles, edges: Doubles, area: float, x: Doubles, y: Doubles) -> Doubles:
    """The corners' shares `[Y, X, 3]` of points in a triangle; negative ones lie outside."""
    found = [
        (edges[after, 0] * (y - corners[after, 1]) - edges[after, 1] * (x - corners[after, 0]))
        / area
        for after in (1, 2, 0)
    ]
    return np.stack(np.broadcast_arrays(*found), axis=-1)
