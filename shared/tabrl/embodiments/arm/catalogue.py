"""What an arm can be checked for, what a reward may read of it, and what a page shows.

Data only: the gateway imports this. `measures` computes the quantities, `reward_state` the methods.
"""

from __future__ import annotations

from enum import StrEnum

from tabrl.contracts.page import Framing, KindPage, Readout, Trouble
from tabrl.contracts.quantities import (
    WORLD_AXES,
    Catalogue,
    Entry,
    Whole,
    body_entries,
    episode_time,
    joint_entries,
    joint_speed,
    named,
)
from tabrl.embodiments.arm.askable import ability_words
from tabrl.embodiments.arm.names import channel_names
from tabrl.rewards.vocabulary import methods_of
from tabrl.robots import Robot


class Quantity(StrEnum):
    """What only arms have; a scalar per control step, SI units."""

    TOOL_POSITION = "tool_position"
    TOOL_TRAVEL = "tool_travel"
    TOOL_HEIGHT = "tool_height"
    TOOL_VELOCITY = "tool_velocity"
    TOOL_SPEED = "tool_speed"
    TOOL_AXIS = "tool_axis"
    TOOL_QUATERNION = "tool_quaternion"
    TOOL_AZIMUTH = "tool_azimuth"
    TOOL_ELEVATION = "tool_elevation"
    TOOL_TWIST = "tool_twist"
    TABLE_GAP = "table_gap"
    SELF_GAP = "self_gap"
    TABLE_CONTACT = "table_contact"
    SELF_CONTACT = "self_contact"
    COLLIDED = "collided"


_AXES = "x, y or z"
# Of the reach, which is most of what is seen of an arm; a legged robot is much longer than high.
FRAMING = Framing(distance=3.1, height=0.38)
LOAD_KG = 2.0  # that a tool is certified with


def catalogue(robot: Robot) -> Catalogue:
    """Everything that a check of this robot can measure."""
    entries = {
        **_tool(),
        **_contacts(),
        "joint_speed": joint_speed(),
        "time": episode_time(),
        **joint_entries(robot.joint_names),
        **body_entries(robot.body_names, channel_names(robot)),
    }
    return Catalogue({str(name): entry for name, entry in entries.items()})


def _tool() -> dict[str, Entry]:
    """Where the tool is, how it moves and points."""
    return {
        Quantity.TOOL_POSITION: Entry(
            "m", "position of the tool's tip; x ahead, y left, z up from the table",
            named(WORLD_AXES, _AXES),
        ),
        Quantity.TOOL_TRAVEL: Entry(
            "m", "way of the tool's tip since the episode began",
            named(WORLD_AXES, _AXES, Whole.LENGTH),
        ),
        Quantity.TOOL_HEIGHT: Entry("m", "height of the tool's tip above the table"),
        Quantity.TOOL_VELOCITY: Entry(
            "m/s", "velocity of the tool's tip", named(WORLD_AXES, _AXES, Whole.LENGTH)
        ),
        Quantity.TOOL_SPEED: Entry("m/s", "speed of the tool's tip, in whatever direction"),
        Quantity.TOOL_AXIS: Entry(
            "", "direction that the tool points in, length 1", named(WORLD_AXES, _AXES)
        ),
        Quantity.TOOL_QUATERNION: Entry(
            "", "attitude of the tool as a quaternion", named(("w", *WORLD_AXES), "w, x, y or z")
        ),
        Quantity.TOOL_AZIMUTH: Entry(
            "rad", "direction over the table that the tool points in; left of ahead is positive"
        ),
        Quantity.TOOL_ELEVATION: Entry(
            "rad", "angle of the tool from straight down: level is 1.57, straight up 3.14"
        ),
        Quantity.TOOL_TWIST: Entry("rad", "turn of the tool about its own axis from home"),
    }  # fmt: skip


def _contacts() -> dict[str, Entry]:
    """How far the arm is from the table and from itself, and whether it touches."""
    return {
        Quantity.TABLE_GAP: Entry("m", "gap between the table and the lowest part that moves"),
        Quantity.SELF_GAP: Entry("m", "smallest gap between parts of the arm that may touch"),
        Quantity.TABLE_CONTACT: Entry("", "1 while anything touches the table, the tip as well"),
        Quantity.SELF_CONTACT: Entry("", "1 while parts of the arm touch each other"),
        Quantity.COLLIDED: Entry(
            "of episodes", "1 once the arm touches itself, or the table other than with the tip",
            title="collisions", per_episode=True,
        ),
    }  # fmt: skip


def state_methods(robot: Robot) -> dict[str, str]:
    """What a reward may read of `state`, with arguments and units."""
    return methods_of(_OWN_METHODS, channel_names(robot))


def page(robot: Robot) -> KindPage:
    """Where the tool is and how fast; where it has been, the page draws."""
    return KindPage(
        readouts=(
            Readout(quantity=Quantity.TOOL_SPEED, label="tool", unit="m/s"),
            *(
                Readout(quantity=Quantity.TOOL_POSITION, part=axis, label=axis, unit="m")
                for axis in WORLD_AXES
            ),
        ),
        ink=robot.end_effectors[0],
        abilities=ability_words(robot),
        troubles=(Trouble(name="load", label=f"{LOAD_KG:g} kg in the tool", load_kg=LOAD_KG),),
    )


_OWN_METHODS = {
    "tool_position": "() [x, y, z] of the tool's tip: ahead, left, above the table, m",
    "tool_travel": "() [x, y, z] of the tip since the reset, m",
    "tool_height": "() of the tip above the table, m",
    "tool_velocity": "() [x, y, z] of the tip, m/s",
    "tool_speed": "() of the tip, m/s",
    "tool_distance": "(point) from the tip to [x, y, z], m",
    "tool_axis": "() unit vector that the tool points along",
    "tool_quaternion": "() [w, x, y, z] of the tool",
    "tool_azimuth": "() rad over the table, positive: pointing left of ahead",
    "tool_elevation": "() rad from straight down; level 1.57, straight up 3.14",
    "tool_twist": "() rad about its own axis from home, within ±π",
    "table_gap": "() m between the table and the lowest part that moves",
    "self_gap": "() m between parts of the arm that may touch",
    "table_contact": "() 1 while anything touches the table",
    "self_contact": "() 1 while the arm touches itself",
    "collided": "() 1 after a collision, else 0: with itself, or with the table but for the tip",
}
