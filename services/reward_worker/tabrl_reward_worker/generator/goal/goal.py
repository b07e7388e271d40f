"""What a sentence asks for, in numbers: the goal that rewards and checks are written for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from tabrl_reward_worker.generator.goal.abilities import Amounts

# Of the reference robot.
_BASE_SPEED, _BASE_CADENCE = 0.5, 2.2  # m/s and Hz of each foot, in plain walking
_LOW_STEPS = 0.055  # m: up to here it is asked to lift its feet no higher than this
_BASE_STEPS = 0.09  # m, within tolerance of the 0.075 m by which plain walking lifts its feet


@dataclass(frozen=True)
class Rhythm:
    """A sinusoid of `channel` (roll, pitch, height, heading or paw): rad or m, Hz."""

    channel: str
    amplitude: float
    hz: float


class Foot(NamedTuple):
    """A foot by its place: at the `front` or the `rear`, on the `left` or the `right`."""

    end: str
    side: str

    @property
    def words(self) -> str:
        """The foot as people call it."""
        return f"{self.side} {'hind' if self.end == 'rear' else self.end} foot"

    @property
    def beside(self) -> Foot:
        """The foot at the same end, on the other side."""
        return Foot(self.end, "left" if self.side == "right" else "right")


@dataclass(frozen=True)
class Lift:
    """A foot held up; with a rhythm of the channel `paw` it waves around this height."""

    foot: Foot
    height: float  # clearance, m


@dataclass(frozen=True)
class Hop:
    """Hops with all feet at once: how far the trunk rises in flight, m, and how often, Hz."""

    height: float
    hz: float
    hz_named: bool = False  # by the sentence


@dataclass(frozen=True)
class Phase:
    """A part of a sequence: from when to when it is asked for, s, at first or within one round."""

    start: float
    end: float
    goal: Goal


class Begin(NamedTuple):
    """Where a part of a sequence begins: after so many s, facing and standing there.

    rad and m from where the robot began; None where the parts before it do not say.
    """

    time: float
    heading: float | None
    at: tuple[float, float] | None

    def after(self, goal: Goal, time: float) -> Begin:
        """Where what follows `goal` begins, at `time` s."""
        vx, vy, yaw, seconds = goal.vx or 0.0, goal.vy or 0.0, goal.yaw or 0.0, time - self.time
        known = goal.turn_by is not None or not goal.yaw
        heading = self.heading + yaw * seconds if self.heading is not None and known else None
        if not goal.moves:
            return Begin(time, heading, self.at)
        if goal.go_by is None or heading is None or self.heading is None or self.at is None:
            return Begin(time, heading, None)
        half = yaw * seconds / 2.0
        chord = seconds * (math.sin(half) / half if half else 1.0)
        cos, sin = math.cos(self.heading + half), math.sin(self.heading + half)
        x, y = self.at
        at = (x + chord * (cos * vx - sin * vy), y + chord * (sin * vx + cos * vy))
        return Begin(time, heading, at)


@dataclass
class Goal:
    """Targets; None where the sentence asks for nothing. SI units, the program's sign rules.

    `amounts` are those of the robot that it is for.
    """

    amounts: Amounts = field(repr=False)
    vx: float | None = None
    vy: float | None = None
    yaw: float | None = None
    height: float | None = None  # offset from standing
    pitch: float | None = None
    roll: float | None = None
    rhythms: tuple[Rhythm, ...] = ()
    gait: str = ""  # trot, pace or bound
    steps: float | None = None  # clearance of stepping feet; without a speed: on the spot
    cadence: float | None = None  # how often each foot steps, Hz
    lift: Lift | None = None
    lift_named: bool = False  # the sentence says which foot
    limp: Foot | None = None  # the foot that is spared in walking
    hop: Hop | None = None
    rear: float | None = None  # nose up on the hind legs, rad
    still: bool = False
    turned: bool = False  # another phase turns: the heading of the start is not kept
    displaced: bool = False  # another phase leaves the place of the start
    lasts: tuple[str, float] | None = None  # how long in s, and the words that say so
    turn_by: float | None = None  # rad after which it is done
    go_by: float | None = None  # m along its way, likewise
    begin: Begin | None = None  # of a part of a sequence
    phases: tuple[Phase, ...] = ()  # one thing after another, instead of all the above
    repeat: bool = False  # the phases, after the last one; else that one goes on
    understood: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)

    @property
    def ends(self) -> bool:
        """Whether it is done once it has turned or gone so far."""
        return self.turn_by is not None or self.go_by is not None

    @property
    def period(self) -> float:
        """The length of its phases together, s; 0 without phases."""
        return self.phases[-1].end if self.phases else 0.0

    @property
    def moves(self) -> bool:
        """Whether it is to leave its place."""
        return bool(self.vx) or bool(self.vy)

    @property
    def speed(self) -> float:
        """How fast it leaves its place, m/s."""
        return math.hypot(self.vx or 0.0, self.vy or 0.0)

    @property
    def feet(self) -> bool:
        """Whether it asks something of the feet beyond carrying the robot."""
        asked = (self.steps, self.cadence, self.lift, self.limp, self.hop, self.rear)
        return any(target is not None for target in asked) or self.gait in ("pace", "bound")

    @property
    def only_still(self) -> bool:
        """Whether standing still is all that is asked for."""
        targets = (self.vx, self.vy, self.yaw, self.height, self.pitch, self.roll)
        more = self.rhythms or self.feet or self.phases or any(targets)
        return self.still and not more

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        targets = (self.vx, self.vy, self.yaw, self.height, self.pitch, self.roll)
        asked = self.still or self.rhythms or self.feet or self.phases
        return not (asked or any(target is not None for target in targets))

    @property
    def low_steps(self) -> bool:
        """Whether it is to lift its feet no higher than it says, instead of so high."""
        return self.steps is not None and self.steps <= self.amounts.length(_LOW_STEPS)

    def walks_like_base(self) -> bool:
        """Whether plain walking meets what is asked for."""
        own = self.amounts
        usual = own.speed(_BASE_SPEED)
        only_forward = self.vx is not None and abs(self.vx - usual) <= 0.5 * usual
        posture = (self.vy, self.yaw, self.height, self.pitch, self.roll)
        others = (*posture, self.lift, self.limp, self.hop, self.rear)
        low = self.steps is None or (not self.low_steps and self.steps <= own.length(_BASE_STEPS))
        plain = low and not self.rhythms and self.gait in ("", "trot")
        in_step = self.cadence is None or abs(own.rate(_BASE_CADENCE) / self.cadence - 1.0) <= 0.15
        return only_forward and plain and in_step and all(target is None for target in others)


def parts_of(goal: Goal) -> list[Goal]:
    """What is asked for one after the other, or all at once."""
    return [phase.goal for phase in goal.phases] or [goal]
