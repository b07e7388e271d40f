"""The ground as what is derived from states needs it: how high a point is above it, and how near.

In numpy and JAX alike. MuJoCo's own collisions are computed from the scene; a test holds these
heights to its rays.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.contracts.ground import Ground, GroundShape
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.robots import Robot
from tabrl.robots.terrain import LEVELS, Grid, Stairs, grid_of, stairs_of


class Surface:
    """Level ground at height 0, and what every other ground says of itself."""

    level = True

    def height(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B"]:
        """Height of the ground below or above points of the world, m."""
        return xp.zeros_like(points[..., 2])

    def distance(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B"]:
        """How far points are from the ground, m; below 0 within it.

        Of a sphere's centre less its radius: the gap between the sphere and the ground.
        """
        return points[..., 2]

    def over(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B 3"]:
        """The same points with the height above the ground below them for z."""
        if self.level:
            return points
        above = points[..., 2] - self.height(points, xp)
        return xp.concatenate([points[..., :2], above[..., None]], axis=-1)


class Slope(Surface):
    """A plane through the origin that rises ahead; exact."""

    level = False

    def __init__(self, grade: float) -> None:
        self._grade = np.float32(grade)
        self._cosine = np.float32(1.0 / np.hypot(1.0, grade))

    def height(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B"]:
        return self._grade * points[..., 0]

    def distance(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B"]:
        return self._cosine * (points[..., 2] - self._grade * points[..., 0])


class Bumps(Surface):
    """A height field: triangles between the points of a grid, level ground around it.

    The distance is that from the plane of the triangle below the point: of a foot, exact but near
    a ridge, where it is too small by less than a twentieth of the foot's radius.
    """

    level = False

    def __init__(self, grid: Grid) -> None:
        self._cell, self._count = np.float32(grid.cell_m), grid.count
        levels = np.array(grid.levels, np.float32) * np.float32(grid.height_m / LEVELS)
        self._heights: Floats = levels
        self._half = np.float32(grid.cell_m * (grid.count - 1) / 2.0)

    def height(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B"]:
        height, _, _ = self._plane(points, xp)
        return height

    def distance(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B"]:
        height, along, across = self._plane(points, xp)
        return (points[..., 2] - height) / xp.sqrt(1.0 + along * along + across * across)

    def _plane(
        self, points: Float[Array, "*B 3"], xp: Xp
    ) -> tuple[Float[Array, "*B"], Float[Array, "*B"], Float[Array, "*B"]]:
        """The height below points, and how it rises along x and y."""
        u = (points[..., 0] + self._half) / self._cell
        v = (points[..., 1] + self._half) / self._cell
        last = self._count - 1
        inside = (u >= 0.0) & (v >= 0.0) & (u <= last) & (v <= last)
        u, v = xp.where(inside, u, 0.0), xp.where(inside, v, 0.0)
        column = xp.minimum(u.astype(xp.int32), last - 1)
        row = xp.minimum(v.astype(xp.int32), last - 1)
        u, v = u - column, v - row
        at = row * self._count + column
        heights = xp.asarray(self._heights)
        here, right = heights[at], heights[at + 1]
        up, beyond = heights[at + self._count], heights[at + self._count + 1]
        # MuJoCo parts a cell from the corner where x and y are least to the opposite one.
        ahead = u >= v
        along = xp.where(ahead, right - here, beyond - up)
        across = xp.where(ahead, beyond - right, up - here)
        height = here + u * along + v * across
        none = xp.float32(0.0)
        return (
            xp.where(inside, height, none),
            xp.where(inside, along / self._cell, none),
            xp.where(inside, across / self._cell, none),
        )


class Steps(Surface):
    """Stairs along x, the same ahead and behind; distances are exact, beside a riser too."""

    level = False

    def __init__(self, stairs: Stairs) -> None:
        self._ends = np.array(stairs.ends_m, np.float32)
        self._heights = np.array([*stairs.heights_m, 0.0], np.float32)
        self._width = np.float32(stairs.width_m)

    def height(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B"]:
        return self._tread(points, xp)[0]

    def distance(self, points: Float[Array, "*B 3"], xp: Xp = np) -> Float[Array, "*B"]:
        height, number, away = self._tread(points, xp)
        heights, ends = xp.asarray(self._heights), xp.asarray(self._ends)
        nearest = points[..., 2] - height
        for step in (-1, 1):
            other = xp.clip(number + step, 0, len(self._ends))
            edge = ends[xp.clip(number + min(step, 0), 0, len(self._ends) - 1)]
            over = xp.maximum(points[..., 2] - heights[other], 0.0)
            gap = xp.hypot(edge - away, over)
            higher = (heights[other] > height) & (xp.abs(points[..., 1]) <= self._width)
            nearest = xp.where(higher, xp.minimum(nearest, gap), nearest)
        return nearest

    def _tread(
        self, points: Float[Array, "*B 3"], xp: Xp
    ) -> tuple[Float[Array, "*B"], Array, Float[Array, "*B"]]:
        """The height of the tread, its number, and how far ahead or behind a point is."""
        away = xp.abs(points[..., 0])
        number = xp.searchsorted(xp.asarray(self._ends), away, side="right")
        height = xp.asarray(self._heights)[number]
        beside = xp.abs(points[..., 1]) > self._width
        return xp.where(beside, xp.float32(0.0), height), number, away


LEVEL = Surface()


def surface_of(robot: Robot) -> Surface:
    """That of the ground that a robot stands on."""
    ground: Ground = robot.ground
    match ground.shape:
        case GroundShape.SLOPE:
            return Slope(ground.grade)
        case GroundShape.ROUGH:
            return Bumps(grid_of(ground, robot.characteristic_length))
        case GroundShape.STEPS:
            return Steps(stairs_of(ground, robot.characteristic_length))
        case _:
            return LEVEL
