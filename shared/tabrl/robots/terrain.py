"""The shapes of grounds in numbers: a grid of heights, a profile of steps. Pure, the same for ever.

Lengths go by the robot's characteristic length: what is a bump to one is a wall to another.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from tabrl.contracts.ground import Ground

CELL = 0.36  # of a grid, in characteristic lengths: a little wider than a foot is long
HALF_CELLS = 100  # to each side of the robot
LEVELS = 99  # heights of a grid are whole shares of its height: so the text of a scene stays small
_BROAD = 8  # cells between the swells that carry the bumps
_SWELL = 0.45  # share of the height that is theirs
STEPS = 8  # of a flight
_TREAD = 1.1  # depth of a step, in characteristic lengths
_BEFORE = 1.6  # flat to each side of the robot before the first step
_LANDING = 4.0  # between two flights
WIDTH = 20.0  # half of the stairs' width


@dataclass(frozen=True)
class Grid:
    """Heights over a square of `count` by `count` points, whole numbers from 0 to `LEVELS`.

    Row by row along y, each along x, from the corner where both are least. The middle one is
    where the robot begins; `height_m` is that of the highest.
    """

    cell_m: float
    height_m: float
    count: int
    levels: tuple[int, ...]

    def near(self, reach_m: float) -> float:
        """The highest within a square about the middle, m."""
        middle, cells = self.count // 2, int(reach_m / self.cell_m) + 1
        about = range(middle - cells, middle + cells + 1)
        return max(self.levels[row * self.count + column] for row in about for column in about) * (
            self.height_m / LEVELS
        )


@dataclass(frozen=True)
class Stairs:
    """Treads by the distance ahead or behind: up to `ends_m[i]` the ground is `heights_m[i]` high.

    Beyond the last of them it is flat, at 0.
    """

    ends_m: tuple[float, ...]
    heights_m: tuple[float, ...]
    width_m: float  # half of it


@cache
def grid_of(ground: Ground, length_m: float) -> Grid:
    """The bumps of a rough ground for a robot of a characteristic length."""
    rng, count = random.Random(ground.seed), 2 * HALF_CELLS + 1
    broad = range(count // _BROAD + 2)
    swells = [[rng.random() for _ in broad] for _ in broad]
    raw = [
        (1.0 - _SWELL) * rng.random() + _SWELL * _between(swells, row / _BROAD, column / _BROAD)
        for row in range(count)
        for column in range(count)
    ]
    least, most = min(raw), max(raw)
    levels = tuple(round(LEVELS * (value - least) / (most - least)) for value in raw)
    return Grid(round(CELL * length_m, 3), ground.height_m, count, levels)


def stairs_of(ground: Ground, length_m: float) -> Stairs:
    """The flights of a ground with steps: up and down again, or down."""
    tread, rise = round(_TREAD * length_m, 3), abs(ground.height_m)
    before, landing = round(_BEFORE * length_m, 3), round(_LANDING * length_m, 3)
    ends, heights = [before], [rise * STEPS if ground.height_m < 0.0 else 0.0]
    if ground.height_m > 0.0:
        for number in range(1, STEPS + 1):
            ends.append(ends[-1] + (landing if number == STEPS else tread))
            heights.append(rise * number)
    for number in range(STEPS - 1, 0, -1):
        ends.append(ends[-1] + tread)
        heights.append(rise * number)
    return Stairs(
        tuple(round(end, 4) for end in ends),
        tuple(round(height, 4) for height in heights),
        round(WIDTH * length_m, 3),
    )


def _between(rows: list[list[float]], y: float, x: float) -> float:
    """Linear between the four values around a place."""
    row, column = int(y), int(x)
    up, right = y - row, x - column
    low = (1.0 - right) * rows[row][column] + right * rows[row][column + 1]
    high = (1.0 - right) * rows[row + 1][column] + right * rows[row + 1][column + 1]
    return (1.0 - up) * low + up * high
