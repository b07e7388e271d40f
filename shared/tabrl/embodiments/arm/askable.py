"""What an arm can be asked for, and in which units and words. Data only.

Each has the same name among what success checks measure (`catalogue`).
"""

from __future__ import annotations

from enum import StrEnum

from tabrl.contracts.motion import AskableInfo
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.names import PLACE, POINTING, channel_names
from tabrl.robots import Robot


class Askable(StrEnum):
    """A quantity by name; places from the base, x ahead, y left, z above the table."""

    TOOL_POSITION = "tool_position"
    TOOL_SPEED = "tool_speed"
    TOOL_AZIMUTH = "tool_azimuth"
    TOOL_ELEVATION = "tool_elevation"
    TOOL_TWIST = "tool_twist"
    JOINT_OFFSET = "joint_offset"


_DOES = (
    (PLACE, "draws circles, figures and words"),
    (POINTING[:2], "points"),
    (("elevation",), "nods"),
    (("azimuth",), "waves"),
)  # channels that it takes, and what they are good for
_HELD, _EITHER = ("constant", "extreme"), ("constant", "sinusoid")


def askables(robot: Robot) -> tuple[AskableInfo, ...]:
    """Everything that this robot can be asked for."""
    every = (
        AskableInfo.of(
            Askable.TOOL_POSITION, "m", "tool at", "tool at", parts=WORLD_AXES,
            shapes=("constant", "sinusoid", "extreme", "path"),
        ),
        AskableInfo.of(Askable.TOOL_SPEED, "m/s", "tool moving", shapes=_HELD),
        AskableInfo.of(
            Askable.TOOL_AZIMUTH, "rad", "tool pointing left", "tool pointing right",
            shapes=_EITHER,
        ),
        AskableInfo.of(
            Askable.TOOL_ELEVATION, "rad", "tool tipped up from straight down", shapes=_EITHER
        ),
        AskableInfo.of(
            Askable.TOOL_TWIST, "rad", "tool turned left", "tool turned right", shapes=_EITHER
        ),
        AskableInfo.of(
            Askable.JOINT_OFFSET, "rad", "from home, forth", "from home, back",
            parts=robot.joint_names, shapes=_EITHER,
        ),
    )  # fmt: skip
    return tuple(one for one in every if one.name not in robot.without)


def ability_words(robot: Robot) -> tuple[str, ...]:
    """What the robot's commands do, for its card on the page."""
    channels = channel_names(robot)
    words = (words for needed, words in _DOES if set(needed) <= set(channels))
    return (f"reaches {robot.characteristic_length:.2g} m", *words)
