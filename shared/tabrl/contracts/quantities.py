"""What a success check can measure: a catalogue of scalars, each a number per control step.

Data only. It covers what a reward may read of the robot (under the same names) and a few readings
that people ask for, such as speeds in the heading frame. `tabrl.control.quantities` computes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict


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

    @classmethod
    def _missing_(cls, value: object) -> Quantity | None:
        """The reward contract's names for what has another name here."""
        return {
            "base_height": cls.HEIGHT,
            "yaw": cls.HEADING,
            "get_joint_angle": cls.JOINT_POSITION,
        }.get(str(value))


class Parts(StrEnum):
    """What the parts of a quantity are."""

    NONE = "none"
    BODY_AXES = "forward, left or up"
    RATES = "roll, pitch or yaw"
    WORLD_AXES = "x, y or z"
    QUATERNION = "w, x, y or z"
    JOINTS = "a joint's name"
    FEET = "a foot's name"
    FEET_IN_SPACE = "a foot's name and an axis, such as FR_z"
    FEET_VECTORS = "a foot's name, or with an axis, such as FR_z"
    BODIES = "a body's name"
    BODIES_IN_SPACE = "a body's name and an axis, such as trunk_z"
    CHANNELS = "the name of a command"


class Whole(StrEnum):
    """What is measured where a quantity with parts is asked for without one."""

    LENGTH = "the vector's length"
    MEAN = "the mean over all parts"
    MEAN_SIZE = "the mean size, without sign, over all parts"
    SUM = "the sum over all parts"
    LEAST = "the smallest of all parts"


BODY_AXES = ("forward", "left", "up")
RATES = ("roll", "pitch", "yaw")
WORLD_AXES = ("x", "y", "z")
QUATERNION = ("w", "x", "y", "z")
# Of command programs. Lifts in the robots' foot order: front right, front left, rear right, left.
CHANNELS = (
    "vx", "vy", "yaw", "height", "pitch", "roll", "swing", "jump", "rear",
    "lift_fr", "lift_fl", "lift_rr", "lift_rl",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A line of the catalogue. `whole` None: a part must be named, if there are any."""

    unit: str
    description: str
    parts: Parts = Parts.NONE
    whole: Whole | None = None

    @property
    def needs_part(self) -> bool:
        """Whether a check of it is incomplete without a part."""
        return self.parts is not Parts.NONE and self.whole is None


_Q, _P, _W = Quantity, Parts, Whole
CATALOGUE: dict[Quantity, Entry] = {
    _Q.FORWARD_SPEED: Entry("m/s", "speed forward along the heading, however the trunk is tilted"),
    _Q.LATERAL_SPEED: Entry("m/s", "speed to the left of the heading; to the right is negative"),
    _Q.PLANAR_SPEED: Entry("m/s", "speed over the floor, in whatever direction"),
    _Q.VERTICAL_SPEED: Entry("m/s", "speed upwards"),
    _Q.YAW_RATE: Entry("rad/s", "rate of turning to the left; to the right is negative"),
    _Q.HEADING: Entry("rad", "direction the robot faces; counts on over full turns, left positive"),
    _Q.DRIFT: Entry("m", "distance over the floor from where the episode began"),
    _Q.HEIGHT: Entry("m", "height of the trunk above the floor"),
    _Q.ROLL: Entry("rad", "sideways tilt; right side down is positive"),
    _Q.PITCH: Entry("rad", "tilt to the front; nose down is positive"),
    _Q.TILT: Entry("rad", "angle between the trunk's up and the vertical, in any direction"),
    _Q.UPRIGHTNESS: Entry("", "1 upright, 0 on its side, -1 upside down"),
    _Q.FEET_IN_AIR: Entry("feet", "number of feet off the ground"),
    _Q.FOOT_HEIGHT: Entry("m", "height of a foot's sole above the floor", _P.FEET),
    _Q.DIAGONALS_APART: Entry("", "1 where diagonal pairs of feet alternate, as in a trot"),
    _Q.SIDES_APART: Entry("", "1 where the feet of the two sides alternate, as in a pace"),
    _Q.ENDS_APART: Entry("", "1 where front and hind feet alternate, as in a bound"),
    _Q.JOINT_SPEED: Entry("rad/s", "mean speed of all joints, without sign: restlessness"),
    _Q.FALLEN: Entry("of episodes", "1 once the trunk touches the floor or is upside down"),
    _Q.TIME: Entry("s", "time since the episode began"),
    _Q.BASE_POSITION: Entry("m", "position of the trunk in the world", _P.WORLD_AXES),
    _Q.BASE_DISPLACEMENT: Entry(
        "m", "way of the trunk since the episode began", _P.WORLD_AXES, _W.LENGTH
    ),
    _Q.BASE_QUATERNION: Entry("", "attitude of the trunk as a quaternion", _P.QUATERNION),
    _Q.BASE_LINEAR_VELOCITY: Entry(
        "m/s", "velocity in the trunk's own frame, tilted with it", _P.BODY_AXES, _W.LENGTH
    ),
    _Q.BASE_LINEAR_VELOCITY_WORLD: Entry(
        "m/s", "velocity in the world, whichever way the robot faces", _P.WORLD_AXES, _W.LENGTH
    ),
    _Q.BASE_LINEAR_VELOCITY_FILTERED: Entry(
        "m/s", "velocity in the trunk's frame, smoothed over 0.2 s", _P.BODY_AXES, _W.LENGTH
    ),
    _Q.BASE_ANGULAR_VELOCITY: Entry(
        "rad/s", "rates of rotation about the trunk's own axes", _P.RATES, _W.LENGTH
    ),
    _Q.BASE_ACCELERATION: Entry(
        "m/s²", "acceleration of the trunk in its own frame", _P.BODY_AXES, _W.LENGTH
    ),
    _Q.GRAVITY: Entry("", "direction of gravity in the trunk's frame, length 1", _P.BODY_AXES),
    _Q.JOINT_POSITION: Entry("rad", "angle of a joint", _P.JOINTS),
    _Q.JOINT_OFFSET: Entry(
        "rad", "angle of a joint away from the home pose", _P.JOINTS, _W.MEAN_SIZE
    ),
    _Q.JOINT_LIMIT_GAP: Entry(
        "rad", "how far a joint is from its nearer limit", _P.JOINTS, _W.LEAST
    ),
    _Q.JOINT_VELOCITY: Entry("rad/s", "velocity of a joint", _P.JOINTS, _W.MEAN_SIZE),
    _Q.JOINT_ACCELERATION: Entry("rad/s²", "acceleration of a joint", _P.JOINTS, _W.MEAN_SIZE),
    _Q.JOINT_TORQUE: Entry("N·m", "torque of a motor", _P.JOINTS, _W.MEAN_SIZE),
    _Q.POWER: Entry("W", "mechanical power of a motor: torque times velocity", _P.JOINTS, _W.SUM),
    _Q.ACTION: Entry("", "what the policy commands a joint", _P.JOINTS, _W.MEAN_SIZE),
    _Q.PREVIOUS_ACTION: Entry("", "the action of the step before", _P.JOINTS, _W.MEAN_SIZE),
    _Q.PREVIOUS_PREVIOUS_ACTION: Entry(
        "", "the action two steps before", _P.JOINTS, _W.MEAN_SIZE
    ),
    _Q.ACTION_CHANGE: Entry(
        "", "change of the action since the step before: jerkiness", _P.JOINTS, _W.MEAN_SIZE
    ),
    _Q.FOOT_POSITION: Entry("m", "position of a foot's centre in the world", _P.FEET_IN_SPACE),
    _Q.FOOT_VELOCITY: Entry(
        "m/s", "velocity of a foot in the world; its speed, or along an axis",
        _P.FEET_VECTORS, _W.MEAN,
    ),
    _Q.FOOT_FORCE: Entry(
        "N", "force of the ground on a foot; its size, or along an axis of the world",
        _P.FEET_VECTORS, _W.SUM,
    ),
    _Q.FOOT_PEAK_HEIGHT: Entry(
        "m", "highest point of a foot in its present or last swing", _P.FEET, _W.MEAN
    ),
    _Q.FOOT_CONTACT: Entry("", "1 while a foot is on the ground", _P.FEET, _W.SUM),
    _Q.FOOT_TOUCHDOWN: Entry("", "1 in the step a foot touches down", _P.FEET, _W.SUM),
    _Q.FOOT_LIFTOFF: Entry("", "1 in the step a foot lifts off", _P.FEET, _W.SUM),
    _Q.FOOT_AIR_TIME: Entry("s", "how long a foot has been in the air", _P.FEET, _W.MEAN),
    _Q.FOOT_CONTACT_TIME: Entry("s", "how long a foot has been on the ground", _P.FEET, _W.MEAN),
    _Q.FOOT_LAST_AIR_TIME: Entry("s", "length of a foot's last swing", _P.FEET, _W.MEAN),
    _Q.GAIT_PHASE: Entry("cycles", "gait clock of a foot, 0 to 1; 0 at rest", _P.FEET),
    _Q.BODY_POSITION: Entry("m", "position of a body in the world", _P.BODIES_IN_SPACE),
    _Q.BODY_CONTACT: Entry(
        "", "1 while a body touches the ground; a shank counts with its foot", _P.BODIES, _W.SUM
    ),
    _Q.SELF_COLLISION: Entry("", "1 while parts of the robot touch each other"),
    _Q.COMMAND: Entry("", "what the found program asks the base policy for", _P.CHANNELS),
}  # fmt: skip

UNITS: dict[Quantity, str] = {quantity: entry.unit for quantity, entry in CATALOGUE.items()}


class Body(Protocol):
    """The names of a robot's parts."""

    @property
    def joint_names(self) -> tuple[str, ...]: ...
    @property
    def foot_names(self) -> tuple[str, ...]: ...
    @property
    def body_names(self) -> tuple[str, ...]: ...


class QuantityInfo(BaseModel):
    """One quantity of one robot, for a form or a prompt.

    `parts` are the values of a check's `part`; without one, `whole` says what is measured, and
    where `whole` is empty but `parts` is not, one must be named.
    """

    model_config = ConfigDict(frozen=True)

    name: Quantity
    label: str
    unit: str
    description: str
    parts: tuple[str, ...] = ()
    part_required: bool = False
    whole: str = ""


def quantities(robot: Body) -> list[QuantityInfo]:
    """Everything that a check of this robot can measure."""
    return [
        QuantityInfo(
            name=quantity,
            label=label(quantity),
            unit=entry.unit,
            description=entry.description,
            parts=parts_of(quantity, robot),
            part_required=entry.needs_part,
            whole=str(entry.whole or ""),
        )
        for quantity, entry in CATALOGUE.items()
    ]


def parts_of(quantity: Quantity, robot: Body) -> tuple[str, ...]:
    """Names of a quantity's parts, in the order of the rollout's columns; vectors also by axis."""
    kind = CATALOGUE[quantity].parts
    in_space = {
        Parts.FEET_IN_SPACE: robot.foot_names,
        Parts.FEET_VECTORS: robot.foot_names,
        Parts.BODIES_IN_SPACE: robot.body_names,
    }
    if kind in in_space:
        along = tuple(f"{owner}_{axis}" for owner in in_space[kind] for axis in WORLD_AXES)
        return (*in_space[kind], *along) if kind is Parts.FEET_VECTORS else along
    return {
        Parts.NONE: (),
        Parts.BODY_AXES: BODY_AXES,
        Parts.RATES: RATES,
        Parts.WORLD_AXES: WORLD_AXES,
        Parts.QUATERNION: QUATERNION,
        Parts.JOINTS: robot.joint_names,
        Parts.FEET: robot.foot_names,
        Parts.BODIES: robot.body_names,
        Parts.CHANNELS: CHANNELS,
    }[kind]


def label(quantity: Quantity, part: str | None = None) -> str:
    """The quantity in words: "FR_hip joint torque", "forward base linear velocity"."""
    words = quantity.replace("_", " ")
    if part is None:
        return words
    owner, _, axis = part.rpartition("_")
    if part in WORLD_AXES or part in QUATERNION:
        return f"{words} {part}"
    if axis in WORLD_AXES and CATALOGUE[quantity].parts in (
        Parts.FEET_IN_SPACE, Parts.FEET_VECTORS, Parts.BODIES_IN_SPACE,
    ):  # fmt: skip
        return f"{owner} {words} {axis}"
    return f"{part} {words}"
