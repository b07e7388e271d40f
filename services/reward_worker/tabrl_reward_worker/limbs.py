"""Where a robot's feet are, and what its command channels are called."""

from __future__ import annotations

from collections.abc import Mapping

from tabrl.contracts.quantities import CHANNELS
from tabrl.robots import Robot

_PLACES = (("front", "right"), ("front", "left"), ("rear", "right"), ("rear", "left"))
_LIFTS = tuple(channel for channel in CHANNELS if channel.startswith("lift_"))
_WORDS = {
    "vx": "speed forward, m/s (negative: backward)",
    "vy": "speed to the left, m/s (negative: to the right)",
    "yaw": "turning left, rad/s (negative: right)",
    "height": "height of the trunk, m from standing",
    "pitch": "pitch, rad (positive: nose down)",
    "roll": "roll, rad (positive: right side down)",
    "swing": "height of stepping feet, m above the usual 0.07 m",
    "jump": "rise of the trunk in a hop, m",
    "rear": "rearing up: 1 is nose up by 1 rad on the hind legs",
}
_ENDS = {"front": "front", "rear": "hind"}


def feet_of(robot: Robot) -> Mapping[tuple[str, str], str]:
    """The robot's foot at each end ("front", "rear") and side ("left", "right"), in its order."""
    return dict(zip(_PLACES, robot.foot_names, strict=True))


def knee_of(robot: Robot, foot: str) -> str:
    """The last joint of the leg that ends in a foot."""
    joints = robot.nu // len(robot.foot_names)
    return robot.joint_names[joints * (robot.foot_names.index(foot) + 1) - 1]


def lift_channel(robot: Robot, foot: str) -> str:
    """The command channel that lifts a foot."""
    return _LIFTS[robot.foot_names.index(foot)]


def channel_words(robot: Robot) -> Mapping[str, str]:
    """What each command channel asks for, with its unit and sign, in words."""
    lifts = {
        lift_channel(robot, foot): f"lift of the {side} {_ENDS[end]} foot, m"
        for (end, side), foot in feet_of(robot).items()
    }
    return {**_WORDS, **lifts}
