"""What an arm can be told: where its tool is and points, how its joints are, how fast it may move.

Lengths are those of an arm with a reach of 0.85 m; others are scaled.
"""

from __future__ import annotations

from tabrl.control.command_space import Channel, CommandSpace, Setting
from tabrl.embodiments.arm.names import (
    BLEND,
    DOWN,
    ELBOW,
    PLACE,
    POINTING,
    TEMPO,
    UP,
    has_elbow,
    joint_channel,
)
from tabrl.robots import Robot

REFERENCE_REACH = 0.85  # m, of the arm for which lengths were found
HARMONICS = (0.5, 1.0, 2.0)  # of the beat
JOINT_RANGE, JOINT_SWING = 1.2, 0.6  # rad from home
SLOWEST, FASTEST = 0.05, 1.0  # m/s of the tool that may be asked for


def command_space(robot: Robot) -> CommandSpace:
    """All channels and settings of an arm, without what it cannot do."""
    length = robot.characteristic_length / REFERENCE_REACH
    every = (*_place(length), *_pointing(), *map(_joint, robot.joint_names), _blend())
    settings = [Setting(ELBOW, "on which side of the arm the elbow is", choices=(UP, DOWN))]
    tempo = Setting(
        TEMPO, "largest speed of the tool, m/s", range=(SLOWEST * length, FASTEST * length),
        words="at most {:.2f} m/s",
    )  # fmt: skip
    return CommandSpace(
        tuple(channel for channel in every if channel.name not in robot.without),
        (*settings, tempo) if has_elbow(robot) else (tempo,),
        rest="stay at home",
        harmonics=HARMONICS,
        on_path=0 if set(PLACE) & set(robot.without) else len(PLACE),
    )


def _place(length: float) -> tuple[Channel, ...]:
    x, y, z = PLACE
    return (
        Channel(
            x, "m", -0.25 * length, 0.25 * length, 0.15 * length, 0.005 * length,
            "tool forward from home, m (negative: back)", "forward", "back",
        ),
        Channel(
            y, "m", -0.45 * length, 0.45 * length, 0.2 * length, 0.005 * length,
            "tool to the left of home, m (negative: to the right)", "left", "right",
        ),
        Channel(
            z, "m", -0.22 * length, 0.4 * length, 0.15 * length, 0.005 * length,
            "tool above home, m (negative: below)", "up", "down",
        ),
    )  # fmt: skip


def _pointing() -> tuple[Channel, ...]:
    azimuth, elevation, roll = POINTING
    return (
        Channel(
            azimuth, "rad", -1.6, 1.6, 0.6, 0.02,
            "direction of a tool that is not straight down, rad left of ahead", "pointing left",
            "pointing right", weight=0.6,
        ),
        Channel(
            elevation, "rad", -0.5, 3.1, 0.5, 0.02,
            "angle of the tool from straight down over ahead to straight up, rad (negative: to the "
            "base)",
            "pointing ahead", "pointing back", weight=0.8,
        ),
        Channel(
            roll, "rad", -1.6, 1.6, 0.8, 0.02,
            "turn of the tool about its own axis, rad", "rolled left", "rolled right", weight=0.4,
        ),
    )  # fmt: skip


def _joint(joint: str) -> Channel:
    words = joint.removesuffix("_joint").replace("_", " ")
    return Channel(
        joint_channel(joint), "rad", -JOINT_RANGE, JOINT_RANGE, JOINT_SWING, 0.02,
        f"{words} from home, rad; counts as much as `{BLEND}` says", f"{words} forth",
        f"{words} back", weight=0.3, alone=False,
    )  # fmt: skip


def _blend() -> Channel:
    return Channel(
        BLEND, "of 1", 0.0, 1.0, 0.3, 0.2,
        "how much the joints' angles count instead of the tool's place", "by joints", "by joints",
        weight=0.3, upward=True, rhythmic=False, alone=False,
    )  # fmt: skip
