"""Numbers that decide success. Each takes an `ArmMotion` that begins after the settling time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from bench.rotation import Floats
from bench.tasks.arm.motion import ArmMotion
from scipy.optimize import least_squares

Signal = Callable[[ArmMotion], Floats]
Measure = Callable[[ArmMotion], float]


def along(axis: int) -> Signal:
    """The tip along an axis: ahead, left, up."""
    return lambda motion: motion.tip[:, axis]


def elevation(motion: ArmMotion) -> Floats:
    """Angle of the tool from straight down, rad."""
    return motion.elevation


def azimuth(motion: ArmMotion) -> Floats:
    """Direction over the table that the tool points in, rad."""
    return motion.azimuth


def away_from(place: Floats) -> Measure:
    """Mean distance of the tip from a place, m."""
    return lambda motion: float(np.linalg.norm(motion.tip - place, axis=1).mean())


def mean(signal: Signal) -> Measure:
    """Mean of a signal."""
    return lambda motion: float(signal(motion).mean())


def beside(axis: int) -> Measure:
    """How far the tip leaves its mean place along the other two axes, m: the worst twentieth."""

    def measure(motion: ArmMotion) -> float:
        others = np.delete(motion.tip, axis, axis=1)
        return float(np.quantile(np.linalg.norm(others - others.mean(0), axis=1), 0.95))

    return measure


def radius(motion: ArmMotion) -> float:
    """Of the circle that fits the tip's way best, seen from above, m."""
    return float(_circle(motion)[2])


def out_of_round(motion: ArmMotion) -> float:
    """Mean distance of the tip from that circle, m; and from its height."""
    x, y, size = _circle(motion)
    across = np.abs(np.hypot(motion.tip[:, 0] - x, motion.tip[:, 1] - y) - size)
    return float((across + np.abs(motion.tip[:, 2] - motion.tip[:, 2].mean())).mean())


def rounds_per_s(motion: ArmMotion) -> float:
    """How often the tip goes round the middle of that circle, Hz."""
    x, y, _ = _circle(motion)
    angle = np.unwrap(np.arctan2(motion.tip[:, 1] - y, motion.tip[:, 0] - x))
    seconds = motion.time[-1] - motion.time[0]
    return float(abs(angle[-1] - angle[0]) / (2.0 * np.pi * seconds))


def _circle(motion: ArmMotion) -> Floats:
    """Middle and radius of the circle that fits best, `[3]`."""
    plane = motion.tip[:, :2]
    middle = 0.5 * (plane.min(0) + plane.max(0))
    begin = [*middle, float(np.linalg.norm(plane - middle, axis=1).mean())]

    def off(circle: Floats) -> Floats:
        away: Floats = np.hypot(plane[:, 0] - circle[0], plane[:, 1] - circle[1]) - circle[2]
        return away

    found: Floats = least_squares(off, begin).x
    return found


def span(axis: int) -> Measure:
    """How far the tip goes along an axis from end to end, m."""
    return lambda motion: float(np.ptp(motion.tip[:, axis]))


def crossings(axis: int) -> Measure:
    """How often a second the tip passes its middle along an axis."""

    def measure(motion: ArmMotion) -> float:
        values = motion.tip[:, axis]
        side = values > 0.5 * (values.min() + values.max())
        seconds = motion.time[-1] - motion.time[0]
        return float(np.count_nonzero(side[1:] != side[:-1]) / seconds)

    return measure


def ink_off(strokes: list[Floats], height: float) -> Measure:
    """Mean distance of the ink from the lines of what is to be written, m.

    Ink is where the tip is no more than a centimetre above `height`, once it has begun to write.
    """
    lines = np.concatenate(strokes)

    def measure(motion: ArmMotion) -> float:
        ink = _ink(motion, height)
        if not len(ink):
            return float("nan")
        return float(_nearest(ink, lines).mean())

    return measure


def unwritten(strokes: list[Floats], height: float) -> Measure:
    """Mean distance of what is to be written from the nearest ink, m: no stroke may be left out."""
    lines = np.concatenate(strokes)

    def measure(motion: ArmMotion) -> float:
        ink = _ink(motion, height)
        return float(_nearest(lines, ink).mean()) if len(ink) else float("nan")

    return measure


def _ink(motion: ArmMotion, height: float) -> Floats:
    """Where the pen is down, seen from above, `[N, 2]`."""
    down = motion.tip[:, 2] < height + 0.01
    ink: Floats = motion.tip[down][:, :2]
    return ink


def _nearest(points: Floats, others: Floats) -> Floats:
    away: Floats = np.linalg.norm(points[:, None] - others[None], axis=-1).min(1)
    return away
