"""What a legged robot can be checked for, what a reward may read of it, and what a page shows.

Data only: the gateway imports this. `measures` computes the quantities, `reward_state` the methods.
"""

from __future__ import annotations

from enum import StrEnum

from tabrl.contracts.page import KindPage, Readout, Trouble
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
from tabrl.embodiments.legged.askable import ability_words
from tabrl.embodiments.legged.limbs import channel_names, has_pairs
from tabrl.rewards.vocabulary import methods_of
from tabrl.robots import Robot

BODY_AXES = ("forward", "left", "up")
RATES = ("roll", "pitch", "yaw")
QUATERNION = ("w", *WORLD_AXES)


class Quantity(StrEnum):
    """A scalar per control step, SI units; speeds in the heading frame (yaw only, no tilt)."""

    FORWARD_SPEED = "forward_speed"
    LATERAL_SPEED = "lateral_speed"
    PLANAR_SPEED = "planar_speed"
    VERTICAL_SPEED = "vertical_speed"
    YAW_RATE = "yaw_rate"
    HEADING = "heading"
    DRIFT = "drift"
    HEIGHT = "height"
    ROLL = "roll"
    PITCH = "pitch"
    TILT = "tilt"
    UPRIGHTNESS = "uprightness"
    FEET_IN_AIR = "feet_in_air"
    FOOT_HEIGHT = "foot_height"
    # How far two pairs of feet are apart: 1 where one pair is down and the other in the air.
    DIAGONALS_APART = "diagonals_apart"
    SIDES_APART = "sides_apart"
    ENDS_APART = "ends_apart"
    JOINT_SPEED = "joint_speed"
    FALLEN = "fallen"
    TIME = "time"
    BASE_POSITION = "base_position"
    BASE_DISPLACEMENT = "base_displacement"
    BASE_QUATERNION = "base_quaternion"
    BASE_LINEAR_VELOCITY = "base_linear_velocity"
    BASE_LINEAR_VELOCITY_WORLD = "base_linear_velocity_world"
    BASE_LINEAR_VELOCITY_FILTERED = "base_linear_velocity_filtered"
    BASE_ANGULAR_VELOCITY = "base_angular_velocity"
    BASE_ACCELERATION = "base_acceleration"
    GRAVITY = "gravity"
    JOINT_POSITION = "joint_position"
    JOINT_OFFSET = "joint_offset"
    JOINT_LIMIT_GAP = "joint_limit_gap"
    JOINT_VELOCITY = "joint_velocity"
    JOINT_ACCELERATION = "joint_acceleration"
    JOINT_TORQUE = "joint_torque"
    POWER = "power"
    ACTION = "action"
    PREVIOUS_ACTION = "previous_action"
    PREVIOUS_PREVIOUS_ACTION = "previous_previous_action"
    ACTION_CHANGE = "action_change"
    FOOT_POSITION = "foot_position"
    FOOT_VELOCITY = "foot_velocity"
    FOOT_FORCE = "foot_force"
    FOOT_PEAK_HEIGHT = "foot_peak_height"
    FOOT_CONTACT = "foot_contact"
    FOOT_TOUCHDOWN = "foot_touchdown"
    FOOT_LIFTOFF = "foot_liftoff"
    FOOT_AIR_TIME = "foot_air_time"
    FOOT_CONTACT_TIME = "foot_contact_time"
    FOOT_LAST_AIR_TIME = "foot_last_air_time"
    GAIT_PHASE = "gait_phase"
    BODY_POSITION = "body_position"
    BODY_CONTACT = "body_contact"
    SELF_COLLISION = "self_collision"
    COMMAND = "command"


SLIPPERY_FRICTION, HEAVY_MASS = 0.5, 1.25  # factors of a disturbed floor and trunk
ALIASES = {  # the reward contract's names for what has another name here
    "base_height": Quantity.HEIGHT,
    "yaw": Quantity.HEADING,
}


def catalogue(robot: Robot) -> Catalogue:
    """Everything that a check of this robot can measure."""
    entries = {
        **_motion(),
        **_footfall(robot),
        Quantity.JOINT_SPEED: joint_speed(),
        Quantity.FALLEN: Entry(
            "of episodes", "1 once the trunk touches the floor, lies on its side or is upside down",
            title="falls", per_episode=True,
        ),
        Quantity.TIME: episode_time(),
        **_base(),
        **joint_entries(robot.joint_names),
        **_feet(robot.end_effectors),
        **_contacts(robot),
    }  # fmt: skip
    return Catalogue({str(name): entry for name, entry in entries.items()}, ALIASES)


def _motion() -> dict[str, Entry]:
    """How the trunk moves and is held."""
    return {
        Quantity.FORWARD_SPEED: Entry(
            "m/s", "speed forward along the heading, however the trunk is tilted"
        ),
        Quantity.LATERAL_SPEED: Entry(
            "m/s", "speed to the left of the heading; to the right is negative"
        ),
        Quantity.PLANAR_SPEED: Entry("m/s", "speed over the floor, in whatever direction"),
        Quantity.VERTICAL_SPEED: Entry("m/s", "speed upwards"),
        Quantity.YAW_RATE: Entry("rad/s", "rate of turning to the left; to the right is negative"),
        Quantity.HEADING: Entry(
            "rad", "direction the robot faces; counts on over full turns, left positive"
        ),
        Quantity.DRIFT: Entry("m", "distance over the floor from where the episode began"),
        Quantity.HEIGHT: Entry("m", "height of the trunk above the floor"),
        Quantity.ROLL: Entry("rad", "sideways tilt; right side down is positive"),
        Quantity.PITCH: Entry("rad", "tilt to the front; nose down is positive"),
        Quantity.TILT: Entry(
            "rad", "angle between the trunk's up and the vertical, in any direction"
        ),
        Quantity.UPRIGHTNESS: Entry("", "1 upright, 0 on its side, -1 upside down"),
    }


def _footfall(robot: Robot) -> dict[str, Entry]:
    """Which feet step together."""
    pairs = {
        Quantity.DIAGONALS_APART: Entry(
            "", "1 where diagonal pairs of feet alternate, as in a trot"
        ),
        Quantity.SIDES_APART: Entry(
            "", "1 where the feet of the two sides alternate, as in a pace"
        ),
        Quantity.ENDS_APART: Entry("", "1 where front and hind feet alternate, as in a bound"),
    }
    return {
        Quantity.FEET_IN_AIR: feet_entries(robot.end_effectors)["feet_in_air"],
        Quantity.FOOT_HEIGHT: Entry(
            "m", "height of a foot's sole above the floor", named(robot.end_effectors, FOOT)
        ),
        **{name: entry for name, entry in pairs.items() if has_pairs(robot, name)},
    }


def _base() -> dict[str, Entry]:
    """The trunk's state, as a reward reads it."""
    return {
        Quantity.BASE_POSITION: Entry(
            "m", "position of the trunk in the world", named(WORLD_AXES, "x, y or z")
        ),
        Quantity.BASE_DISPLACEMENT: Entry(
            "m",
            "way of the trunk since the episode began",
            named(WORLD_AXES, "x, y or z", Whole.LENGTH),
        ),
        Quantity.BASE_QUATERNION: Entry(
            "", "attitude of the trunk as a quaternion", named(QUATERNION, "w, x, y or z")
        ),
        Quantity.BASE_LINEAR_VELOCITY: Entry(
            "m/s",
            "velocity in the trunk's own frame, tilted with it",
            named(BODY_AXES, "forward, left or up", Whole.LENGTH),
        ),
        Quantity.BASE_LINEAR_VELOCITY_WORLD: Entry(
            "m/s",
            "velocity in the world, whichever way the robot faces",
            named(WORLD_AXES, "x, y or z", Whole.LENGTH),
        ),
        Quantity.BASE_LINEAR_VELOCITY_FILTERED: Entry(
            "m/s",
            "velocity in the trunk's frame, smoothed over 0.2 s",
            named(BODY_AXES, "forward, left or up", Whole.LENGTH),
        ),
        Quantity.BASE_ANGULAR_VELOCITY: Entry(
            "rad/s",
            "rates of rotation about the trunk's own axes",
            named(RATES, "roll, pitch or yaw", Whole.LENGTH),
        ),
        Quantity.BASE_ACCELERATION: Entry(
            "m/s²",
            "acceleration of the trunk in its own frame",
            named(BODY_AXES, "forward, left or up", Whole.LENGTH),
        ),
        Quantity.GRAVITY: Entry(
            "",
            "direction of gravity in the trunk's frame, length 1",
            named(BODY_AXES, "forward, left or up"),
        ),
    }


def _feet(feet: tuple[str, ...]) -> dict[str, Entry]:
    """The feet's state, as a reward reads it."""
    general = feet_entries(feet)
    return {
        Quantity.FOOT_POSITION: Entry(
            "m", "position of a foot's centre in the world", in_space(feet, FOOT)
        ),
        Quantity.FOOT_VELOCITY: general["foot_velocity"],
        Quantity.FOOT_FORCE: Entry(
            "N",
            "force of the ground on a foot; its size, or along an axis of the world",
            in_space(feet, FOOT, Whole.SUM),
        ),
        Quantity.FOOT_PEAK_HEIGHT: Entry(
            "m",
            "highest point of a foot in its present or last swing",
            named(feet, FOOT, Whole.MEAN),
        ),
        Quantity.FOOT_CONTACT: general["foot_contact"],
        Quantity.FOOT_TOUCHDOWN: Entry(
            "", "1 in the step a foot touches down", named(feet, FOOT, Whole.SUM)
        ),
        Quantity.FOOT_LIFTOFF: Entry(
            "", "1 in the step a foot lifts off", named(feet, FOOT, Whole.SUM)
        ),
        Quantity.FOOT_AIR_TIME: general["foot_air_time"],
        Quantity.FOOT_CONTACT_TIME: Entry(
            "s", "how long a foot has been on the ground", named(feet, FOOT, Whole.MEAN)
        ),
        Quantity.FOOT_LAST_AIR_TIME: Entry(
            "s", "length of a foot's last swing", named(feet, FOOT, Whole.MEAN)
        ),
        Quantity.GAIT_PHASE: Entry(
            "cycles", "gait clock of a foot, 0 to 1; 0 at rest", named(feet, FOOT)
        ),
    }


def _contacts(robot: Robot) -> dict[str, Entry]:
    """Bodies, what touches what, and commands."""
    general = body_entries(robot.body_names, channel_names(robot))
    return {
        Quantity.BODY_POSITION: general["body_position"],
        Quantity.BODY_CONTACT: Entry(
            "",
            "1 while a body touches the ground; a shank counts with its foot",
            named(robot.body_names, "a body's name", Whole.SUM),
        ),
        Quantity.SELF_COLLISION: Entry("", "1 while parts of the robot touch each other"),
        Quantity.COMMAND: general["command"],
    }


def state_methods(robot: Robot) -> dict[str, str]:
    """What a reward may read of `state`, with arguments and units."""
    return methods_of(FEET_METHODS | _OWN_METHODS, channel_names(robot))


def page(robot: Robot) -> KindPage:
    """What the page shows of the robot while it moves, and when it says that it fell."""
    return KindPage(
        readouts=(
            Readout(quantity=Quantity.FORWARD_SPEED, label="forward", unit="m/s"),
            Readout(quantity=Quantity.YAW_RATE, label="turn", unit="rad/s"),
            Readout(quantity=Quantity.HEIGHT, label="height", unit="m"),
        ),
        fall=FALL,
        abilities=ability_words(robot),
        troubles=(
            Trouble(name="slippery", label="Slippery floor", friction=SLIPPERY_FRICTION),
            Trouble(name="heavy", label="Heavier", mass=HEAVY_MASS),
        ),
    )


_OWN_METHODS = {
    "gait_phase": "(foot=None) gait clock of each foot in cycles; 0 at rest, swing from 0.55",
    "base_position": "() [x, y, z] in the world, m",
    "base_displacement": "() [x, y, z] since the reset in the world, m",
    "base_height": "() height of the trunk's frame above the ground, m",
    "base_quaternion": "() [w, x, y, z]",
    "base_euler": "() [roll, pitch, yaw], rad",
    "roll": "() rad, positive: right side down",
    "pitch": "() rad, positive: nose down",
    "yaw": "() rad, positive: turned left, within ±π",
    "heading": "() rad, as yaw, but counting on over full turns: one to the left is 6.28",
    "base_linear_velocity": "() [forward, left, up] in the body frame, m/s",
    "base_linear_velocity_world": "() [x, y, z] in the world, m/s",
    "base_linear_velocity_filtered": "() body frame, low-pass filtered, m/s",
    "base_angular_velocity": "() [roll, pitch, yaw] rates in the body frame, rad/s",
    "base_acceleration": "() body frame, m/s²",
    "gravity": "() unit vector in the body frame, (0, 0, -1) upright",
    "uprightness": "() 1 upright, 0 on its side, -1 upside down",
    "foot_force": "(foot=None) contact force, N",
    "foot_height": "(foot=None) clearance of the sole, m",
    "foot_peak_height": "(foot=None) highest point of the present or last swing, m",
    "foot_touchdown": "(foot=None) 1 in the step it touches down",
    "foot_liftoff": "(foot=None) 1 in the step it lifts off",
    "foot_contact_time": "(foot=None) s since touch-down, 0 in the air",
    "foot_last_air_time": "(foot=None) length of the last swing, s",
    "self_collision": "() 1 if parts of the robot touch each other",
}
