"""Where a legged robot's feet are, and what a robot's command channels are called."""

from __future__ import annotations

from collections.abc import Mapping

from tabrl.embodiments.legged.limbs import is_left, is_rear
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot


def feet_of(robot: Robot) -> Mapping[tuple[str, str], str]:
    """The robot's foot at each end ("front", "rear") and side ("left", "right"), in its order.

    Of several at one place, the first.
    """
    feet: dict[tuple[str, str], str] = {}
    for limb in robot.limbs:
        place = "rear" if is_rear(limb) else "front", "left" if is_left(limb) else "right"
        feet.setdefault(place, limb.end_effector)
    return feet


def knee_of(robot: Robot, foot: str) -> str:
    """The last joint of the limb that ends in a foot, or in another end effector."""
    return robot.limbs[robot.end_effectors.index(foot)].joints[-1]


def folding(robot: Robot) -> str:
    """Which way the knees of a legged robot bend, in words."""
    ways: dict[str, list[str]] = {"negative": [], "positive": []}
    for limb in robot.limbs:
        mirrored = bool(limb.signs) and limb.signs[-1] < 0.0
        ways["positive" if mirrored else "negative"].append(limb.joints[-1])
    return " ".join(
        f"Knees: a more {way} angle of {', '.join(knees)} folds the leg, a less {way} one "
        "stretches it."
        for way, knees in ways.items()
        if knees
    )


def channel_words(robot: Robot) -> Mapping[str, str]:
    """What each command channel asks for, with its unit and sign, in words."""
    return {channel.name: channel.meaning for channel in embodiment_of(robot).commands.channels}
