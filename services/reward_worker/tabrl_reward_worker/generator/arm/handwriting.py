"""Text as strokes of a single line, after the letters of A. V. Hershey."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from HersheyFonts import HersheyFonts

from tabrl.contracts.path import MAX_POINTS, Path
from tabrl_reward_worker.generator.arm.amounts import ArmAmounts, Place
from tabrl_reward_worker.generator.arm.figures import Figure, Line, Plane, drawn, timed

FONT = "futural"
COARSEST = 0.05  # of a letter's height that a stroke may be beside the font's
_SLOPES = np.concatenate([[0.0], np.geomspace(0.004, COARSEST, 12)])
_SPARE = 4  # points: on the way there and back up


@dataclass(frozen=True)
class Writing:
    """A path, and as much of the text as it has room for."""

    path: Path
    text: str


def written(
    text: str, plane: Plane, height: float, speed: float, begin: Place, amounts: ArmAmounts
) -> Writing | None:
    """A text, or as many of its letters as fit into a path; None if that is none.

    Args:
        text: letters, digits and marks; what the font has not is left out.
        plane: of the paper.
        height: of a tall letter, m.
        speed: m/s along the strokes.
        begin: where the tool is before.
        amounts: of the robot.
    """
    known = "".join(letter for letter in text if letter == " " or strokes_of(letter)).strip()

    def path_of(letters: int) -> Path | None:
        strokes = _fitting(known[:letters].strip())
        if not strokes or np.ptp(np.concatenate(strokes)[:, 0]) * height > _width(amounts):
            return None
        path = _path(strokes, plane, height, speed, begin, amounts)
        longest_s = amounts["sequence"]["longest"] - amounts["travel"]["settle_s"]
        return path if path.end_s <= longest_s else None

    # The more letters, the more points and the longer: from some number on they do not fit.
    room = bisect.bisect_left(range(1, len(known) + 1), True, key=lambda n: path_of(n) is None)
    path = path_of(room) if room else None
    return None if path is None else Writing(path, known[:room].strip())


def drawn_again(
    times: int, one: Figure, plane: Plane, width: float, speed: float, begin: Place,
    amounts: ArmAmounts,
) -> tuple[Path, int]:  # fmt: skip
    """A figure that ends, from its beginning so often with the pen lifted in between, or as often
    as there is room for; how often that is. Of round lines every other point will do."""
    if times == 1:
        return drawn(one, plane, width, speed, begin, amounts), 1
    longest_s = amounts["sequence"]["longest"] - amounts["travel"]["settle_s"]
    for copies in range(times, 1, -1):
        for line in (one.line,) if one.corners else (one.line, one.line[::2]):
            points = copies * (2 * len(line) + 2 if one.corners else len(line) + 3) + 1
            if points > MAX_POINTS:
                continue
            stop_s = amounts["travel"]["corner_s"] if one.corners else 0.0
            path = _path([line] * copies, plane, width, speed, begin, amounts, stop_s)
            if path.end_s <= longest_s:
                return path, copies
    return drawn(one, plane, width, speed, begin, amounts), 1


def width_of(text: str) -> float:
    """How wide a text is, in heights of a tall letter."""
    strokes = strokes_of(text)
    return float(np.ptp(np.concatenate(strokes)[:, 0])) if strokes else 0.0


@cache
def strokes_of(text: str) -> tuple[Line, ...]:
    """Strokes `[N, 2]` in heights of a tall letter, from left to right and up."""
    font = HersheyFonts()
    font.load_default_font(FONT)
    font.normalize_rendering(1.0)
    lines = [np.array(list(stroke), np.float64) for stroke in font.strokes_for_text(text)]
    return tuple(line for line in lines if len(line) > 1)


def _width(amounts: ArmAmounts) -> float:
    """How wide a text may be, m."""
    low, high = amounts.span("y")
    return 0.9 * (high - low)


def _fitting(text: str) -> tuple[Line, ...]:
    """The strokes of a text with so few points that a path has room for them; none if it has not.

    Each stroke takes two stops, and a point above the paper on the way to the next one.
    """
    strokes = strokes_of(text)
    for slope in _SLOPES:
        plain = tuple(simplified(stroke, slope) for stroke in strokes)
        if sum(len(line) + 3 for line in plain) + _SPARE <= MAX_POINTS:
            return plain
    return ()


def simplified(line: Line, beside: float) -> Line:
    """The line without points that are no farther than that beside the line through the others
    (after Douglas and Peucker)."""
    if len(line) < 3:
        return line
    first, last = line[0], line[-1]
    way = last - first
    length = np.linalg.norm(way)
    off = line - first
    if length > 0.0:
        away = np.abs(way[0] * off[:, 1] - way[1] * off[:, 0]) / length
    else:
        away = np.linalg.norm(off, axis=-1)
    farthest = int(away.argmax())
    if away[farthest] <= beside:
        return np.stack([first, last])
    before = simplified(line[: farthest + 1], beside)
    return np.concatenate([before[:-1], simplified(line[farthest:], beside)])


def _path(
    strokes: Sequence[Line], plane: Plane, height: float, speed: float, begin: Place,
    amounts: ArmAmounts, stop_s: float = 0.0,
) -> Path:  # fmt: skip
    """Strokes with a stop at both ends, or at every point, the pen lifted in between and after."""
    ends = np.concatenate(strokes)
    middle = 0.5 * (ends.min(0) + ends.max(0))
    lift = amounts.length(plane.lift)
    rows: list[Line] = []
    for stroke in strokes:
        flat = height * (stroke - middle)
        on = np.column_stack([flat, np.zeros(len(flat))])
        if rows:
            above = 0.5 * (rows[-1][-1] + on[0])
            rows.append(np.array([[above[0], above[1], lift]]))
        rows.append(on if stop_s else np.concatenate([on[:1], on, on[-1:]]))
    top = rows[-1][-1].copy()
    top[2] = lift
    places = plane.lifted(np.concatenate([*rows, top[None]]))
    return timed(places, speed, begin, amounts, stop_s, tips=plane.tips)
