"""What a legged robot can be asked for, and in which units and words. Data only.

A quantity that success checks measure has the same name there (`catalogue`); the others are said
of gaits and jumps, which are judged by several quantities.
"""

from __future__ import annotations

from enum import StrEnum

from tabrl.contracts.motion import AskableInfo
from tabrl.embodiments.legged.limbs import channel_names
from tabrl.robots import Robot
from tabrl.robots.abilities import abilities_of


class Askable(StrEnum):
    """A quantity by name; speeds in the heading frame, angles as `catalogue` has them."""

    FORWARD_SPEED = "forward_speed"
    LATERAL_SPEED = "lateral_speed"
    PLANAR_SPEED = "planar_speed"
    YAW_RATE = "yaw_rate"
    HEADING = "heading"
    WAY = "way"
    HEIGHT = "height"
    ROLL = "roll"
    PITCH = "pitch"
    FOOT_HEIGHT = "foot_height"
    FOOT_LOAD = "foot_load"
    STEP_HEIGHT = "step_height"
    STEP_RATE = "step_rate"
    HOP_HEIGHT = "hop_height"
    HOP_RATE = "hop_rate"
    REARING = "rearing"


ENDINGS = (Askable.HEADING, Askable.WAY)  # what a phase can end by reaching
_SWUNG, _EITHER = ("sinusoid",), ("constant", "sinusoid")
_FASTEST = ("constant", "extreme")
_NEEDS = {Askable.HOP_HEIGHT: "jump", Askable.HOP_RATE: "jump", Askable.REARING: "rear"}
_WALKS, _SPEED = "walks", 0.05  # m/s: slower is no speed to name
_DOES = {  # by command channel
    "vy": "steps sideways",
    "yaw": "turns",
    "height": "crouches",
    "roll": "leans",
    "pitch": "nods",
    "jump": "hops",
    "rear": "rears up",
}


def askables(robot: Robot) -> tuple[AskableInfo, ...]:
    """Everything that this robot can be asked for."""
    feet = robot.end_effectors
    every = (
        AskableInfo.of(Askable.FORWARD_SPEED, "m/s", "forward", "backward", shapes=_FASTEST),
        AskableInfo.of(
            Askable.LATERAL_SPEED, "m/s", "to the left", "to the right", shapes=_FASTEST
        ),
        AskableInfo.of(Askable.PLANAR_SPEED, "m/s", "moving over the floor"),
        AskableInfo.of(Askable.YAW_RATE, "rad/s", "turning left", "turning right", shapes=_FASTEST),
        AskableInfo.of(Askable.HEADING, "rad", "heading left", "heading right", shapes=_SWUNG),
        AskableInfo.of(Askable.WAY, "m", "way along the path", shapes=()),
        AskableInfo.of(Askable.HEIGHT, "m", "trunk above the floor", shapes=_EITHER),
        AskableInfo.of(Askable.ROLL, "rad", "leaning right", "leaning left", shapes=_EITHER),
        AskableInfo.of(Askable.PITCH, "rad", "nose down", "nose up", shapes=_EITHER),
        AskableInfo.of(Askable.FOOT_HEIGHT, "m", "off the floor", parts=feet, shapes=_EITHER),
        AskableInfo.of(Askable.FOOT_LOAD, "of the time", "on the floor", parts=feet),
        AskableInfo.of(Askable.STEP_HEIGHT, "m", "steps high", shapes=_FASTEST),
        AskableInfo.of(Askable.STEP_RATE, "Hz", "steps of each foot"),
        AskableInfo.of(Askable.HOP_HEIGHT, "m", "hops high", shapes=_FASTEST),
        AskableInfo.of(Askable.HOP_RATE, "Hz", "hops"),
        AskableInfo.of(Askable.REARING, "rad", "up on the hind legs"),
    )
    return tuple(one for one in every if _NEEDS.get(Askable(one.name)) not in robot.without)


def ability_words(robot: Robot) -> tuple[str, ...]:
    """What the robot's commands do, with how fast it was seen to walk.

    Raises `Invalid` (code `bad_robot`) for a wrong document of its abilities.
    """
    channels = channel_names(robot)
    words = (words for name, words in _DOES.items() if name in channels)
    return (_walking(robot), *words, "lifts a foot")


def _walking(robot: Robot) -> str:
    measured = abilities_of(robot.id)
    reach = None if measured is None else measured.reach("vx")
    if reach is None or reach[1] < _SPEED:
        return _WALKS
    return f"{_WALKS} up to {reach[1]:.1f} m/s"
