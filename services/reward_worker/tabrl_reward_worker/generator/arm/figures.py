"""Figures as lines on a plane: what a tip goes along, and when it is where.

Figures are lines in [right, up]; a plane says where those lie in space.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.path import Path
from tabrl_reward_worker.generator.arm.amounts import DIGITS, ArmAmounts, Place
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

Line = NDArray[np.float64]  # [N, 2], or [N, 3] in space
ROUND = 24  # points of a circle: lines between them would be 1 % beside it
_SAME = 1e-3  # of a width: two points as near as that are one
_LEAST_S = 0.02  # between two points
STRAIGHT = {  # which way a line goes: [right, up] on its plane
    "right": (1.0, 0.0), "left": (-1.0, 0.0), "forward": (0.0, 1.0), "backward": (0.0, -1.0),
    "up": (0.0, 1.0), "down": (0.0, -1.0),
}  # fmt: skip
_SENSES = ("clockwise", "anticlockwise")


@dataclass(frozen=True, eq=False)
class Figure:
    """A line; one with `corners` stops at every point, one that is closed can go round."""

    line: Line
    corners: bool = False

    @property
    def closed(self) -> bool:
        """Whether it ends where it begins."""
        return bool(np.linalg.norm(self.line[0] - self.line[-1]) < _SAME)

    @property
    def length(self) -> float:
        """Along it, in times of its width."""
        return float(np.linalg.norm(np.diff(self.line, axis=0), axis=-1).sum())

    def stretched(self, share: float) -> Figure:
        """The same so many times as high."""
        return replace(self, line=self.line * (1.0, share))


def _turns(count: int = ROUND) -> Line:
    angle: Line = np.linspace(0.0, 2.0 * np.pi, count + 1)
    return angle


def _circle() -> Figure:
    angle = _turns()
    return Figure(0.5 * np.stack([np.sin(angle), np.cos(angle)], axis=-1))


def _eight() -> Figure:
    angle = _turns(32)
    return Figure(np.stack([0.5 * np.sin(angle), 0.25 * np.sin(2.0 * angle)], axis=-1))


def _polygon(*corners: tuple[float, float]) -> Figure:
    return Figure(np.array([*corners, corners[0]], np.float64), corners=True)


def straight(way: str, *, returns: bool = False) -> Figure:
    """A line that goes one of the ways of `STRAIGHT`, as long as 1, or there and back."""
    end = 0.5 * np.array(STRAIGHT[way])
    return Figure(np.stack([-end, end, -end] if returns else [-end, end]), corners=True)


def _regular(count: int) -> Figure:
    """With a corner, or an edge where that looks usual, on top."""
    angle = np.pi * (2.0 * np.arange(count + 1) + (count % 2 == 0)) / count
    return Figure(0.5 * np.stack([np.sin(angle), np.cos(angle)], axis=-1), corners=True)


def _ellipse() -> Figure:
    return Figure(_circle().line * (1.0, 0.6))


def _arc() -> Figure:
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, ROUND // 2 + 1)
    return Figure(0.5 * np.stack([np.sin(angle), np.cos(angle)], axis=-1))


def _open(*points: tuple[float, float]) -> Figure:
    return Figure(np.array(points, np.float64), corners=True)


def _star() -> Figure:
    angle = np.pi / 2.0 - 4.0 * np.pi / 5.0 * np.arange(6)
    return Figure(0.5 * np.stack([np.cos(angle), np.sin(angle)], axis=-1), corners=True)


def _heart() -> Figure:
    angle = _turns(36)
    across = 0.5 * np.sin(angle) ** 3
    along = (13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle)) / 32
    up = along - np.cos(4 * angle) / 32
    return Figure(np.stack([across, up], axis=-1))


def _spiral() -> Figure:
    angle = np.linspace(0.0, 6.0 * np.pi, 55)
    size = 0.5 * angle / angle[-1]
    return Figure(np.stack([size * np.sin(angle), size * np.cos(angle)], axis=-1))


def _ripple() -> Figure:
    across = np.linspace(-0.5, 0.5, 33)
    return Figure(np.stack([across, 0.12 * np.sin(6.0 * np.pi * across)], axis=-1))


def _zigzag() -> Figure:
    across = np.linspace(-0.5, 0.5, 7)
    return Figure(np.stack([across, 0.12 * (-1.0) ** np.arange(7)], axis=-1), corners=True)


_FIGURES: Mapping[str, Callable[[], Figure]] = {
    "circle": _circle,
    "ellipse": _ellipse,
    "arc": _arc,
    "eight": _eight,
    "pentagon": lambda: _regular(5),
    "hexagon": lambda: _regular(6),
    "octagon": lambda: _regular(8),
    "house": lambda: _polygon((-0.4, -0.5), (-0.4, 0.1), (0.0, 0.5), (0.4, 0.1), (0.4, -0.5)),
    # Along the first stroke back to its middle: the pen stays down.
    "cross": lambda: _open((-0.5, 0.0), (0.5, 0.0), (0.0, 0.0), (0.0, 0.5), (0.0, -0.5)),
    "arrow": lambda: _open((-0.5, 0.0), (0.5, 0.0), (0.3, 0.15), (0.5, 0.0), (0.3, -0.15)),
    "square": lambda: _polygon((-0.5, 0.5), (0.5, 0.5), (0.5, -0.5), (-0.5, -0.5)),
    "rectangle": lambda: _polygon((-0.5, 0.3), (0.5, 0.3), (0.5, -0.3), (-0.5, -0.3)),
    "triangle": lambda: _polygon((0.0, 0.4), (0.5, -0.4), (-0.5, -0.4)),
    "diamond": lambda: _polygon((0.0, 0.5), (0.4, 0.0), (0.0, -0.5), (-0.4, 0.0)),
    "line": lambda: straight("right"),
    "zigzag": _zigzag,
    "star": _star,
    "heart": _heart,
    "spiral": _spiral,
    "ripple": _ripple,
}


def figure(name: str) -> Figure:
    """A figure by the name that words have for it, about its middle and as wide as 1."""
    one = _FIGURES[name]()
    low, high = one.line.min(0), one.line.max(0)
    return replace(one, line=(one.line - 0.5 * (low + high)) / (high[0] - low[0]))


def sense_of(intent: Intent) -> Slot | None:
    """The word that says which way round something goes."""
    slots = (slot for slot in intent.slots if slot.kind == SlotKind.DIRECTION)
    return next((slot for slot in slots if slot.meaning["direction"] in _SENSES), None)


def sensed(one: Figure, intent: Intent) -> Figure:
    """A figure the way round that is said; clockwise as it stands."""
    sense = sense_of(intent)
    if sense is None or sense.meaning["direction"] == _SENSES[0]:
        return one
    return Figure(one.line[::-1], one.corners)


@dataclass(frozen=True)
class Plane:
    """Where figures lie: their middle, and which ways are right and up on it.

    Everything is drawn as seen from the base: right is right, and up is ahead or up.
    """

    middle: Place
    upright: bool = False
    lift: float = 0.03  # m that a pen is lifted off it
    tips: float = 0.0  # rad that the tool tips on its way there

    def lifted(self, line: Line) -> Line:
        """Points `[N, 3]` of a line; a third number is how far off the plane it is."""
        off = line[:, 2] if line.shape[1] > 2 else np.zeros(len(line))
        right, up = line[:, 0], line[:, 1]
        moved = [-off, -right, up] if self.upright else [up, -right, off]
        placed: Line = np.array(self.middle) + np.stack(moved, axis=-1)
        return placed


def drawn(
    one: Figure, plane: Plane, width: float, speed: float, begin: Place, amounts: ArmAmounts
) -> Path:
    """A figure as a path, that goes round where the figure is closed.

    Args:
        one: what to draw.
        plane: where.
        width: m.
        speed: m/s along the line.
        begin: where the tool is before.
        amounts: of the robot.
    """
    places = plane.lifted(width * one.line)
    stop_s = amounts["travel"]["corner_s"] if one.corners else 0.0
    return timed(places, speed, begin, amounts, stop_s, repeat=one.closed, tips=plane.tips)


def timed(
    places: Line, speed: float, begin: Place, amounts: ArmAmounts, stop_s: float = 0.0,
    *, repeat: bool = False, tips: float = 0.0,
) -> Path:  # fmt: skip
    """A path through places at a speed, with a stop at each; it comes from `begin`, and takes its
    time where the tool `tips` (rad) on the way.

    Where a place comes twice it stops as well.
    """
    travel, first = amounts["travel"], places[0]
    way = float(np.linalg.norm(first - np.array(begin)))
    time = max(
        travel["least_s"], way / amounts.length(travel["speed"]), tips / travel["tips_rad_s"]
    )
    rows = [] if repeat else [(0.0, *begin)]
    rows.append(_row(time, first))
    if stop_s:
        time += stop_s
        rows.append(_row(time, first))
    for before, here in pairwise(places):
        way = float(np.linalg.norm(here - before))
        time += max(way / speed, _LEAST_S) if way > 0.0 else travel["stroke_s"]
        rows.append(_row(time, here))
        if stop_s:
            time += stop_s
            rows.append(_row(time, here))
    return Path(points=tuple(rows), repeat=repeat)


def _row(time: float, place: Sequence[float] | Line) -> tuple[float, float, float, float]:
    x, y, z = (round(float(value), DIGITS) for value in place)
    return round(time, 3), x, y, z
