"""What the engine asks of a kind of robot.

A kind says what a robot can be told, what its policy observes, what a rollout of it holds, how its
episodes begin, are disturbed and fail. Control, simulators, trainer and inference know no more of a
robot than this; nothing outside `robots/` and `embodiments/` names a limb, a joint or a body, or
assumes that the robot floats.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

import mujoco
import numpy as np
from jaxtyping import Bool, Float, Int

from tabrl.contracts.motion import MotionSpec
from tabrl.contracts.quantities import Catalogue
from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import CommandSpace
from tabrl.control.joints import Joints
from tabrl.control.kinematics import Skeleton
from tabrl.control.looks import Look
from tabrl.control.measures import Measures
from tabrl.control.mirror import Mirror
from tabrl.control.physics import SUBSTEPS
from tabrl.control.rollout import CONTROL_DT, Fields, RawSteps, Rollout
from tabrl.control.segments import Segments, Unsensed
from tabrl.control.staged_commands import Commands
from tabrl.robots import Robot

if TYPE_CHECKING:
    from tabrl.rewards.state import RewardState

Shapes = dict[str, tuple[int, ...]]
LOOK_AHEAD_S = 0.1  # policies also see the command to come, or modulation lags behind


@dataclass(frozen=True)
class Noise:
    """Random numbers of a robot: `size` of them (None: a single number), normal with standard
    deviation `high`, or uniform between `low` and `high`."""

    name: str
    size: int | None
    distribution: Literal["normal", "uniform"]
    high: float
    low: float = 0.0

    def shape(self, count: int) -> tuple[int, ...]:
        """The shape of the numbers of `count` robots."""
        return (count,) if self.size is None else (count, self.size)


Range = tuple[float, float]
Offsets = tuple[Range, Range, Range]


@dataclass(frozen=True)
class Unknown:
    """Segments of the observation that a share of the robots does not know: they read zero."""

    segments: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Randomisation:
    """How robots differ from their scene, each number uniform in a range.

    Factors of the sliding friction and of the motors' stiffness and damping, and, where there is
    one, a factor of a body's mass and how far its centre of mass is from where the scene puts it
    (m, along each axis). A share of the robots acts a control step late; of those a share knows as
    its last action what it decided, the others what was in force. What they sense is noisy:
    normal, with a standard deviation by segment of the observation; and of each `unknown` one share
    has none.
    """

    friction: Range = (1.0, 1.0)
    stiffness: Range = (1.0, 1.0)
    damping: Range = (1.0, 1.0)
    body: str | None = None
    body_mass: Range = (1.0, 1.0)
    body_offset: Offsets = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0))
    late: float = 0.0
    sees_decision: float = 0.5
    noise: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True)
class Disturbance:
    """A way in which a robot may be other than its scene; `substeps` are of a control step."""

    name: str
    words: str
    randomisation: Randomisation = Randomisation()
    substeps: int = SUBSTEPS
    most_error: float = 0.15  # of the speed, by a pretrained policy
    most_failures: float = 0.01


class Led(NamedTuple):
    """Where schedules have led: turned left by so many rad, and moved by so many m."""

    turned: Float[np.ndarray, "*B"]
    moved: Float[np.ndarray, "*B 2"]

    @classmethod
    def nowhere(cls, *shape: int) -> Self:
        """What does not lead anywhere."""
        return cls(np.zeros(shape, np.float32), np.zeros((*shape, 2), np.float32))


NOWHERE = Led.nowhere()


class Embodiment(ABC):
    """One robot as its kind sees it. Compared by identity, so that graphs may be kept for it."""

    measures: ClassVar[type[Measures]]  # computes the catalogue's quantities, for checks
    reward_state: ClassVar[type[RewardState]]  # what a reward's `state` is
    commands: CommandSpace
    features: Segments  # what `command_features` gives; the first `recorded` are kept
    recorded: slice
    observation: Segments
    hidden: Segments = Segments(())  # of the state, what only a critic sees
    mirror: Mirror | None = None  # None: left and right are not alike
    schema: Shapes  # fields of a rollout and their shape in one step of one robot
    looked_back: tuple[str, ...]  # fields that the next step looks back at
    reset_noise: tuple[Noise, ...]
    push_noise: tuple[Noise, ...] = ()  # none: such a robot cannot be pushed over
    randomisation: Randomisation  # of trainings
    unsensed: Unsensed | None = None  # None: real robots sense all that the policy sees
    disturbances: tuple[Disturbance, ...] = ()  # what robustness is measured under
    looked_at: tuple[Look, ...] = ()  # what is ugly in a motion of this kind
    certified: Mapping[str, float] = MappingProxyType({})  # and commands of a policy without any
    origin_size: int = 0  # numbers that the start of an episode fixes for all of it
    failure: str | None = None  # the field that is 1 where an episode ends early (termination)
    tool: str | None = None  # the site whose pose recordings keep, of a kind that has a tool

    def __init__(self, robot: Robot, model: mujoco.MjModel) -> None:
        self.robot = robot
        self.joints = Joints.of(robot, model)
        self.skeleton = Skeleton.of(robot, model)
        self.home_qpos: Floats = model.keyframe("home").qpos.astype(np.float32)

    @property
    def nq(self) -> int:
        """Generalised positions."""
        return self.skeleton.root[0] + self.robot.nu

    @property
    def nv(self) -> int:
        """Generalised velocities."""
        return self.skeleton.root[1] + self.robot.nu

    # What the policy is told and sees

    @abstractmethod
    def command_features(
        self, time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B F"]:
        """What depends on the schedule and the time alone: commands, clocks."""

    def origin(
        self, qpos: Float[Array, "*B nq"], time: Float[Array, "*B"], commands: Commands, xp: Xp = np
    ) -> Float[Array, "*B O"]:
        """What a robot in `qpos` at `time` of its schedule fixes for the rest of its episode."""
        return xp.zeros((*qpos.shape[:-1], 0), xp.float32)

    @abstractmethod
    def complete_observation(
        self,
        features: Float[Array, "*B F"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        origin: Float[Array, "*B O"],
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        """What the policy sees, float32, when the command features are known already."""

    def observe(
        self,
        time: Float[Array, "*B"],
        qpos: Float[Array, "*B nq"],
        qvel: Float[Array, "*B nv"],
        ctrl: Float[Array, "*B nu"],
        commands: Commands,
        origin: Float[Array, "*B O"] | None = None,
        xp: Xp = np,
    ) -> Float[Array, "*B no"]:
        """What the policy sees of MuJoCo's raw state; `time` is in s since the reset.

        The one observation: trainer, inference and tests all come through here or through its two
        halves. Without an `origin`, that of an episode that began at zero.
        """
        features = self.command_features(time, commands, xp)
        if origin is None:
            origin = xp.zeros((*qpos.shape[:-1], self.origin_size), xp.float32)
        return self.complete_observation(features, qpos, qvel, ctrl, origin, xp)

    def privileged(
        self,
        clean: Float[Array, "*B no"],
        seen: Float[Array, "*B no"],
        qpos: Float[Array, "*B nq"],
        xp: Xp = np,
    ) -> Float[Array, "*B H"]:
        """The segments of `hidden`, float32.

        Args:
            clean: the observation as it would be of a robot that knows all.
            seen: without what the robot does not know, before noise.
            qpos: generalised positions.
            xp: numpy or jax.numpy.
        """
        return clean[..., :0]

    # What a rollout holds

    @abstractmethod
    def instant(self, raw: RawSteps, xp: Xp = np) -> dict[str, Array]:
        """The rollout fields that depend on their own step alone."""

    @abstractmethod
    def carry(self, size: int) -> dict[str, Floats]:
        """What `advance` remembers of robots that were just reset, `[B, …]` each."""

    @abstractmethod
    def advance(
        self, carry: Fields, now: Fields, just_reset: Float[Array, " B"], xp: Xp = np
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """One step on: the next carry, and the fields that look back.

        Args:
            carry: what was remembered, as of `self.carry`.
            now: the step's own `looked_back` fields `[B, …]`.
            just_reset: 1 just after a reset.
        """

    @abstractmethod
    def qpos_of(self, rollout: Rollout) -> Float[np.ndarray, "T B nq"]:
        """The generalised positions behind a rollout, for playing it."""

    def completed(self, recorded: dict[str, Floats]) -> dict[str, Floats]:
        """The fields of a recording `[T, B, …]`, with those that its kind had not by then."""
        return recorded

    def led(self, commands: Commands, time: Float[np.ndarray, " B"]) -> Led:
        """Where schedules have led by `time` s, if they lead anywhere."""
        return Led.nowhere(*time.shape)

    def begun_at(self, rollout: Rollout, begins: Int[np.ndarray, "T B"], led: Led) -> Rollout:
        """The motion as if each of its parts had begun where something before it `led`.

        `begins` holds the step in which the part of each step began; -1 with the episode. `led` is
        one for all, or `[T, B]`.
        """
        return rollout

    def derive(self, raw: RawSteps, carry: dict[str, Floats]) -> Rollout:
        """The rollout `[T, B]` of a chunk; `carry` is moved on to the chunk's end."""
        return self.look_back(self.instant(raw), raw.just_reset, carry)

    def look_back(
        self, fields: dict[str, Floats], just_reset: Floats, carry: dict[str, Floats]
    ) -> Rollout:
        """The rollout of the `instant` fields: adds those that look back, and moves `carry` on."""
        rows: list[dict[str, Floats]] = []
        moved: Fields = carry
        for t in range(len(just_reset)):
            now = {name: fields[name][t] for name in self.looked_back}
            moved, row = self.advance(moved, now, just_reset[t])
            rows.append(row)
        # Copies, or the carry would hold on to all of the chunk.
        carry.update({name: np.array(field) for name, field in moved.items()})
        return Rollout(fields | {name: np.stack([row[name] for row in rows]) for name in rows[0]})

    # How episodes begin, are disturbed and fail

    @abstractmethod
    def reset_offset(
        self, noise: Mapping[str, Array], xp: Xp = np
    ) -> tuple[Float[Array, "n nq"], Float[Array, "n nv"]]:
        """What `reset_noise` adds to the home state: positions and velocities."""

    def push(
        self, noise: Mapping[str, Array], speed: float | Array, xp: Xp = np
    ) -> Float[Array, "n nv"]:
        """What a push of `speed` m/s adds to the velocities. Raises `KeyError` without noise."""
        raise KeyError(f"a {self.robot.embodiment} robot cannot be pushed")

    def above_ground(self, points: Float[Array, "*B 3"]) -> Float[Array, "*B"]:
        """How far points of the world are from what the robot stands on, m."""
        return points[..., 2]

    def failed(self, qpos: Float[Array, "*B nq"], xp: Xp = np) -> Bool[Array, "*B"]:
        """Which robots have failed (a legged one: fallen); such an episode ends."""
        return xp.zeros(qpos.shape[:-1], bool)

    def failures(self, rollout: Rollout) -> Floats:
        """1 where an episode has failed, `[T, B]`."""
        if self.failure is None:
            return np.zeros(rollout.shape, np.float32)
        return rollout.fields[self.failure]

    def speed_error(self, rollout: Rollout) -> Floats:
        """How far mean speeds are from those asked, as a share, `[B]`; NaN without any speed."""
        return np.full(rollout.shape[1], np.nan, np.float32)

    def looks(self, rollout: Rollout) -> Mapping[str, float]:
        """How a rollout looks, by the names of `looked_at`."""
        return {}

    # How it is judged, searched with and shown to rewards

    @property
    @abstractmethod
    def catalogue(self) -> Catalogue:
        """Everything that a check can measure."""

    def measured(self, rollout: Mapping[str, Array]) -> Measures:
        """The catalogue's quantities of a rollout."""
        return self.measures(rollout, self.robot, self.catalogue)

    @property
    @abstractmethod
    def recipes(self) -> Mapping[str, CommandSchedule]:
        """What the motion library shows: schedules by name, over all that the kind can do."""

    @property
    @abstractmethod
    def failing_action(self) -> Floats | None:
        """An action `[nu]` that makes the robot fail, for the motion library; None if none does."""

    @property
    def exported(self) -> Mapping[str, object]:
        """What the kind's `export/observe.py` reads of robot.json, beside what every robot has."""
        return {}

    def schedules_of(self, motion: MotionSpec) -> tuple[CommandSchedule, ...]:
        """Schedules that ask for just what a specification says, one a phase, for a search to begin
        with; none where commands of this kind cannot say it."""
        return ()

    def setting_variants(self) -> list[CommandSchedule]:
        """Schedules with every setting that a search begins with; none without settings."""
        return []

    def mutate_settings(
        self, commands: CommandBatch, row: int, step: float, rng: np.random.Generator
    ) -> None:
        """Change the settings of a schedule a little, in place. Raises `KeyError` without any."""
        raise KeyError(f"a {self.robot.embodiment} robot has no settings")


def action_fields(raw: RawSteps) -> dict[str, Array]:
    """Rollout fields of every kind of robot that depend on their own step alone."""
    return {
        "time": raw.time,
        "joint_torque": raw.joint_torque,
        "action": raw.action,
        "body_position": raw.body_position,
    }


def looking_back(carry: Fields, now: Fields) -> tuple[dict[str, Array], dict[str, Array]]:
    """Carry and fields of every kind of robot: actions before, joint accelerations."""
    velocity = now["joint_velocity"]
    following = {
        "previous_action": now["action"],
        "previous_previous_action": carry["previous_action"],
        "previous_joint_velocity": velocity,
    }
    fields = {
        "previous_action": carry["previous_action"],
        "previous_previous_action": carry["previous_previous_action"],
        "joint_acceleration": (velocity - carry["previous_joint_velocity"]) / CONTROL_DT,
    }
    return following, fields


def after_reset(
    carry: Fields, just_reset: Bool[Array, " B"], first: Mapping[str, Array | float], xp: Xp = np
) -> dict[str, Array]:
    """The carry with robots that were reset begun anew: `first` where it says so, else zero."""
    begun = {
        name: xp.where(just_reset[:, None], xp.float32(0.0), field) for name, field in carry.items()
    }
    return begun | {
        name: xp.where(just_reset[:, None], value, begun[name]) for name, value in first.items()
    }
