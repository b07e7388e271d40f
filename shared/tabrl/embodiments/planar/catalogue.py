"""What a planar robot can be checked for, what a reward may read of it, and what a page shows.

Data only: the gateway imports this. Names are those of legged robots where they mean the same.
"""

from __future__ import annotations

from enum import StrEnum

from tabrl.contracts.page import KindPage, Readout
from tabrl.contracts.quantities import (
    WORLD_AXES,
    Catalogue,
    Entry,
    Whole,
    body_entries,
    episode_time,
    in_space,
    joint_entries,
    joint_speed,
    named,
)
from tabrl.embodiments.feet import FALL, FEET_METHODS, FOOT, feet_entries
from tabrl.embodiments.planar.names import channel_names
from tabrl.rewards.vocabulary import methods_of
from tabrl.robots import Robot


class Quantity(StrEnum):
    """What only planar robots have; a scalar per control step, SI units."""

    FORWARD_SPEED = "forward_speed"
    VERTICAL_SPEED = "vertical_speed"
    DISPLACEMENT = "displacement"
    HEIGHT = "height"
    PITCH = "pitch"
    PITCH_RATE = "pitch_rate"
    UPRIGHTNESS = "uprightness"
    FEET_IN_AIR = "feet_in_air"
    FOOT_HEIGHT = "foot_height"
    FOOT_CONTACT = "foot_contact"
    FOOT_AIR_TIME = "foot_air_time"
    FOOT_POSITION = "foot_position"
    FOOT_VELOCITY = "foot_velocity"
    BODY_CONTACT = "body_contact"
    ON_FEET = "on_feet"
    BASE_POSITION = "base_position"
    FALLEN = "fallen"


def catalogue(robot: Robot) -> Catalogue:
    """Everything that a check of this robot can measure."""
    entries = {
        **_motion(),
        **_feet(robot.end_effectors),
        Quantity.BODY_CONTACT: Entry(
            "", "1 while a body touches the ground",
            named(robot.body_names, "a body's name", Whole.SUM),
        ),
        Quantity.ON_FEET: Entry(
            "", "1 while nothing but feet touches the ground, in the air as well",
            title="time on its feet alone",
        ),
        Quantity.FALLEN: Entry(
            "of episodes", "1 once the trunk touches the floor", title="falls", per_episode=True
        ),
        "joint_speed": joint_speed(),
        "time": episode_time(),
        **joint_entries(robot.joint_names),
        **body_entries(robot.body_names, channel_names(robot)),
    }  # fmt: skip
    return Catalogue({str(name): entry for name, entry in entries.items()})


def _motion() -> dict[str, Entry]:
    """How the trunk moves and is held."""
    return {
        Quantity.FORWARD_SPEED: Entry("m/s", "speed ahead; backwards is negative"),
        Quantity.VERTICAL_SPEED: Entry("m/s", "speed upwards"),
        Quantity.DISPLACEMENT: Entry("m", "way ahead since the episode began"),
        Quantity.HEIGHT: Entry("m", "height of the trunk above the floor"),
        Quantity.PITCH: Entry(
            "rad", "tilt to the front; nose down is positive, and counts on over full turns"
        ),
        Quantity.PITCH_RATE: Entry("rad/s", "rate of tilting to the front"),
        Quantity.UPRIGHTNESS: Entry("", "1 upright, 0 on its nose or tail, -1 upside down"),
        Quantity.BASE_POSITION: Entry(
            "m", "position of the trunk in the world", named(WORLD_AXES, "x, y or z")
        ),
    }


def _feet(feet: tuple[str, ...]) -> dict[str, Entry]:
    """What the feet do."""
    return {
        **feet_entries(feet),
        Quantity.FOOT_HEIGHT: Entry("m", "height of a foot above the floor", named(feet, FOOT)),
        Quantity.FOOT_POSITION: Entry("m", "position of a foot in the world", in_space(feet, FOOT)),
    }


def state_methods(robot: Robot) -> dict[str, str]:
    """What a reward may read of `state`, with arguments and units."""
    return methods_of(FEET_METHODS | _OWN_METHODS, channel_names(robot))


def page(robot: Robot) -> KindPage:
    """What the page shows of the robot while it moves, and when it says that it fell."""
    return KindPage(
        readouts=(
            Readout(quantity=Quantity.FORWARD_SPEED, label="forward", unit="m/s"),
            Readout(quantity=Quantity.HEIGHT, label="height", unit="m"),
            Readout(quantity=Quantity.PITCH, label="pitch", unit="rad"),
        ),
        fall=FALL,
        abilities=("moves in one plane",),
    )


_OWN_METHODS = {
    "forward_speed": "() speed ahead, m/s",
    "vertical_speed": "() speed upwards, m/s",
    "displacement": "() way ahead since the reset, m",
    "height": "() height of the trunk's frame above the ground, m",
    "pitch": "() rad, positive: nose down; counts on over full turns",
    "pitch_rate": "() rad/s",
    "uprightness": "() 1 upright, 0 on its nose or tail, -1 upside down",
    "base_position": "() [x, y, z] of the trunk in the world, m",
    "foot_height": "(foot=None) clearance of the foot's shapes, m",
    "on_feet": "() 1 while nothing but feet touches the ground, in the air as well, else 0",
}
