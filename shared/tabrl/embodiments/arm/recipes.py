"""What the motion library shows of an arm: schedules by name, over all that it can do.

Lengths are those of an arm with a reach of 0.85 m; others are scaled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import CommandSpace
from tabrl.control.waypoints import Path
from tabrl.embodiments.arm.channels import REFERENCE_REACH
from tabrl.embodiments.arm.names import BLEND, DOWN, ELBOW, PLACE, TEMPO, joint_channel
from tabrl.robots import Robot

Asked = dict[str, dict[str, Any]]
_QUARTER = 0.5 * np.pi

_PLACES: Asked = {
    "home": {},
    "reach forward": {"x": 0.22},
    "draw back": {"x": -0.22},
    "reach left": {"y": 0.4},
    "reach right": {"y": -0.4},
    "reach up": {"z": 0.35},
    "go down": {"z": -0.18},
    "hover over the table": {"z": -0.21},
    "reach far left and up": {"y": 0.3, "z": 0.25},
    "reach far right and up": {"y": -0.3, "z": 0.25},
    "reach forward and down": {"x": 0.15, "z": -0.15},
    "go left slowly": {"y": 0.35, "tempo": 0.1},
    "go right slowly": {"y": -0.35, "tempo": 0.1},
    "rise slowly": {"z": 0.3, "tempo": 0.1},
    "go left quickly": {"y": 0.35, "tempo": 0.9},
    "go right quickly": {"y": -0.35, "tempo": 0.9},
}
_POINTING: Asked = {
    "point ahead": {"elevation": 1.5},
    "point half ahead": {"elevation": 0.8},
    "point back": {"elevation": -0.45},
    "point up": {"elevation": 3.1, "z": 0.3},
    "point half up": {"elevation": 2.3, "z": 0.25},
    "point left": {"elevation": 1.3, "azimuth": 1.4},
    "point right": {"elevation": 1.3, "azimuth": -1.4},
    "point ahead from above": {"elevation": 1.5, "z": 0.3},
    "roll left": {"roll": 1.3},
    "roll right": {"roll": -1.3},
    "look at the left of the table": {"elevation": 0.7, "azimuth": 1.0, "z": 0.2},
    "look at the right of the table": {"elevation": 0.7, "azimuth": -1.0, "z": 0.2},
}
_RHYTHMS: Asked = {
    "sway": {"y": (0.0, 0.15)},
    "sway slowly": {"y": (0.0, 0.2), "modulation_frequency": 0.4},
    "sway quickly": {"y": (0.0, 0.08), "modulation_frequency": 1.5},
    "bob": {"z": (0.0, 0.1)},
    "bob slowly": {"z": (0.0, 0.14), "modulation_frequency": 0.4},
    "bob quickly": {"z": (0.0, 0.06), "modulation_frequency": 1.5},
    "saw": {"x": (0.0, 0.1)},
    "nod": {"elevation": (0.7, 0.4)},
    "nod quickly": {"elevation": (0.7, 0.3), "modulation_frequency": 1.6},
    "shake the head": {"elevation": 1.3, "azimuth": (0.0, 0.5)},
    "shake the head quickly": {
        "elevation": 1.3, "azimuth": (0.0, 0.35), "modulation_frequency": 1.6,
    },
    "twist to and fro": {"roll": (0.0, 0.7)},
    "wave": {"elevation": 2.6, "z": 0.3, "y": (0.0, 0.12)},
    "circle over the table": {"x": (0.0, 0.12, _QUARTER), "y": (0.0, 0.12)},
    "circle the other way": {"x": (0.0, 0.12, -_QUARTER), "y": (0.0, 0.12)},
    "circle slowly": {
        "x": (0.0, 0.15, _QUARTER), "y": (0.0, 0.15), "modulation_frequency": 0.4,
    },
    "circle upright": {"y": (0.0, 0.12, _QUARTER), "z": (0.05, 0.12)},
    "circle in the distance": {"x": 0.12, "y": (0.0, 0.1, _QUARTER), "z": (0.1, 0.1)},
    "figure of eight": {"x": (0.0, 0.08, 0.0, 2.0), "y": (0.0, 0.18)},
    "figure of eight upright": {
        "y": (0.0, 0.18), "z": (0.1, 0.09, 0.0, 2.0), "modulation_frequency": 0.5,
    },
    "spiral up and down": {
        "x": (0.0, 0.1, _QUARTER), "y": (0.0, 0.1), "z": (0.08, 0.1, 0.0, 0.5),
    },
    "dance": {"y": (0.0, 0.15, 0.0, 0.5), "z": (0.1, 0.08), "elevation": (0.5, 0.3)},
    "stir": {"x": (0.0, 0.05, _QUARTER), "y": (0.0, 0.05), "z": -0.1, "modulation_frequency": 1.5},
}  # fmt: skip
# By joints: [turn, lift, elbow, then the wrists], in rad from home.
_JOINTS: dict[str, Sequence[Any]] = {
    "turn left": [1.0],
    "turn right": [-1.0],
    "stand upright": [0.0, -0.1, -1.0, 0.5],
    "fold": [0.0, -0.4, 0.6, -0.4],
    "wave with the hand": [0.0, -0.1, -0.6, 0.3, (0.0, 0.5)],
    "wave with the whole arm": [(0.0, 0.5), -0.1, -0.6],
    "turn to and fro": [(0.0, 0.5)],
    "turn the wrists": [0.0, 0.0, 0.0, (0.0, 0.4), (0.0, 0.4, _QUARTER), (0.0, 0.5)],
    "nod with the elbow": [0.0, 0.0, (0.0, 0.3)],
}
_CORNER = 0.1  # m, half of a drawn square
# Corners that a pen goes to in straight lines, m from home.
_FIGURES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "draw a square": (
        (_CORNER, _CORNER, -0.15), (_CORNER, -_CORNER, -0.15), (-_CORNER, -_CORNER, -0.15),
        (-_CORNER, _CORNER, -0.15), (_CORNER, _CORNER, -0.15),
    ),
    "draw a triangle": ((0.1, 0.0, -0.15), (-0.08, 0.12, -0.15), (-0.08, -0.12, -0.15),
                        (0.1, 0.0, -0.15)),
    "draw a line": ((0.0, 0.25, -0.15), (0.0, -0.25, -0.15), (0.0, 0.25, -0.15)),
    "draw a zigzag": tuple(
        ((-1) ** k * 0.06, 0.2 - 0.08 * k, -0.15) for k in (0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0)
    ),
}  # fmt: skip
_PEN_SPEED, _PAUSE_S = 0.15, 0.2  # m/s, and at every corner


def recipes(robot: Robot, space: CommandSpace) -> Mapping[str, CommandSchedule]:
    """All recipes that the robot can follow, by name."""
    scale = robot.characteristic_length / REFERENCE_REACH
    known = {*space.names, *(one.name for one in space.settings), "modulation_frequency"}
    plain = {**_PLACES, **_POINTING, **_RHYTHMS, **_elbows(), **_by_joints(robot)}
    found = {
        name: CommandSchedule.asking(space, **{k: _scaled(k, v, scale) for k, v in asked.items()})
        for name, asked in plain.items()
        if asked.keys() <= known
    }
    if space.on_path:
        found |= {
            name: CommandSchedule.neutral(space).along(_drawn(corners, scale))
            for name, corners in _FIGURES.items()
        }
    return found


def _elbows() -> Asked:
    return {
        "hold the elbow down": {ELBOW: DOWN, "z": 0.3},
        "reach forward with the elbow down": {ELBOW: DOWN, "z": 0.3, "x": 0.15},
    }


def _by_joints(robot: Robot) -> Asked:
    channels = [joint_channel(name) for name in robot.limbs[0].joints]
    return {
        name: {BLEND: 1.0, **dict(zip(channels, waves, strict=False))}
        for name, waves in _JOINTS.items()
        if len(waves) <= len(channels)
    }


def _drawn(corners: Sequence[tuple[float, float, float]], scale: float) -> Path:
    """A path round the corners, with a short stop at each so that lines are straight."""
    return Path(tuple(_stops([tuple(scale * v for v in corner) for corner in corners])), True)


def _stops(corners: Sequence[tuple[float, ...]]) -> Iterator[tuple[float, ...]]:
    time, last = 1.5, corners[0]
    for corner in corners:
        time += float(np.linalg.norm(np.subtract(corner, last))) / _PEN_SPEED
        yield (round(time, 3), *corner)
        time += _PAUSE_S
        yield (round(time, 3), *corner)
        last = corner


def _scaled(name: str, asked: Any, scale: float) -> Any:
    """A constant or a wave of the reference arm, for this one; phases and harmonics stay."""
    if name not in (*PLACE, TEMPO):
        return asked
    if isinstance(asked, tuple):
        return (*(value * scale for value in asked[:2]), *asked[2:])
    return asked * scale
