"""What a tabletop robot can be checked for, what a reward may read, and what a page shows."""

from __future__ import annotations

from tabrl.contracts.page import KindPage, Readout
from tabrl.contracts.quantities import (
    Catalogue,
    Entry,
    Whole,
    body_entries,
    episode_time,
    in_space,
    joint_entries,
    joint_speed,
)
from tabrl.rewards.vocabulary import STATE_METHODS
from tabrl.robots import Robot


def channel(joint: str) -> str:
    """The command channel of a joint."""
    return f"{joint}_offset"


def catalogue(robot: Robot) -> Catalogue:
    """Everything that a check of this robot can measure."""
    channels = tuple(map(channel, robot.joint_names))
    tips = in_space(robot.end_effectors, "a tip's name", Whole.MEAN)
    return Catalogue(
        {
            "time": episode_time(),
            "joint_speed": joint_speed(),
            **joint_entries(robot.joint_names),
            **body_entries(robot.body_names, channels),
            "tip_position": Entry("m", "position of a tip in the world", tips),
        }
    )


def state_methods(robot: Robot) -> dict[str, str]:
    """What a reward may read of `state`."""
    return {**STATE_METHODS, "tip_position": "(name=None) [x, y, z] in the world, m"}


def page(robot: Robot) -> KindPage:
    """The angles of all joints."""
    return KindPage(
        readouts=tuple(
            Readout(quantity="joint_position", part=name, label=name, unit="rad")
            for name in robot.joint_names
        )
    )
