"""What is asked for at the same time, while it is read, changed and written for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tabrl.contracts.motion import Constant, Hold, Importance, Reached, Target, Until
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.targets import Held, Offset, TargetSet

HOPS = (Askable.HOP_HEIGHT, Askable.HOP_RATE)
LIMP_LOAD = 0.3  # of the time, for the foot that is spared
_LOW_STEPS = 0.055  # m, of the reference robot: up to here it lifts its feet no higher than this
_OF_FEET = (
    *HOPS, Askable.STEP_HEIGHT, Askable.STEP_RATE, Askable.FOOT_HEIGHT, Askable.FOOT_LOAD,
    Askable.REARING,
)  # fmt: skip


class Hop(NamedTuple):
    """Hops with all feet at once: how far the trunk rises in flight, m, and how often, Hz."""

    height: float
    hz: float
    named: bool  # how often, by the sentence


@dataclass
class Goal(TargetSet):
    """A phase of a specification in the making.

    `until` says when it is done: never (`Hold`), after so many s, or once it has turned or gone so
    far.
    """

    gait: str = ""  # trot, pace or bound
    until: Until = field(default_factory=Hold)
    lasts: tuple[str, float] | None = None  # the words that say how long, and s
    lift_named: bool = False  # the sentence says which foot
    understood: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)

    vx = Held(Askable.FORWARD_SPEED)
    vy = Held(Askable.LATERAL_SPEED)
    yaw = Held(Askable.YAW_RATE)
    height = Offset(Askable.HEIGHT)
    pitch = Held(Askable.PITCH)
    roll = Held(Askable.ROLL)
    steps = Held(Askable.STEP_HEIGHT)  # without a speed: on the spot
    cadence = Held(Askable.STEP_RATE)
    lift = Held(Askable.FOOT_HEIGHT)  # of one foot, which waves around it if it swings
    rear = Held(Askable.REARING)

    def copy(self) -> Goal:
        """Another goal with the same targets, of which nothing was said yet."""
        return replace(self, targets=dict(self.targets), understood=[], not_understood=[])

    def say(self, words: str, meaning: str) -> None:
        """What was understood of some words."""
        self.understood.append(f"“{words}” → {meaning}" if words else meaning)

    @property
    def bobs_as_usual(self) -> bool:
        """Whether it bobs about a middle of which nothing was said."""
        usual = self.held(Askable.HEIGHT) == self.middle(Askable.HEIGHT)
        return usual and "height" in self.swings

    @property
    def rates(self) -> list[float]:
        """How often it swings and hops, Hz."""
        hops = [self.hop.hz] if self.hop is not None else []
        return [*(swing.hz for swing in self.swings.values()), *hops]

    @property
    def hop(self) -> Hop | None:
        """How it hops."""
        height, rate = self.held(Askable.HOP_HEIGHT), self.find(Askable.HOP_RATE)
        hz = self.held(Askable.HOP_RATE) or self.tempo_hz
        named = rate is None or rate.importance is Importance.ASKED
        return None if height is None or hz is None else Hop(height, hz, named)

    @hop.setter
    def hop(self, hop: Hop | None) -> None:
        self.hold(Askable.HOP_HEIGHT, hop and hop.height)
        self.hold(Askable.HOP_RATE, hop and hop.hz)
        named = Importance.ASKED if hop is None or hop.named else Importance.STYLE
        self.change(Askable.HOP_RATE, importance=named)

    @property
    def still(self) -> bool:
        """Whether it is to stand."""
        return self.find(Askable.PLANAR_SPEED) is not None

    @still.setter
    def still(self, still: bool) -> None:
        self.hold(Askable.PLANAR_SPEED, 0.0 if still else None)

    def ends_by(self, quantity: Askable) -> float | None:
        """How far it turns (rad) or goes (m) before it is done, if it ends by that."""
        until = self.until
        return until.by if isinstance(until, Reached) and until.quantity == quantity else None

    @property
    def ends(self) -> bool:
        """Whether it is done once it has turned or gone so far."""
        return isinstance(self.until, Reached)

    @property
    def moves(self) -> bool:
        """Whether it is to leave its place."""
        return bool(self.vx) or bool(self.vy)

    @property
    def speed(self) -> float:
        """How fast it leaves its place, m/s."""
        return math.hypot(self.vx or 0.0, self.vy or 0.0)

    @property
    def paired(self) -> bool:
        """Whether the feet of a side or of an end step together."""
        return self.gait in ("pace", "bound")

    @property
    def feet(self) -> bool:
        """Whether it asks something of the feet beyond carrying the robot."""
        return self.paired or any(self.find(quantity) for quantity in _OF_FEET)

    @property
    def beside_standing(self) -> list[Target]:
        """What is asked for that whoever stands level and still does not do."""
        level, stands = Constant(value=self.amounts.level(0.0)), Constant(value=0.0)
        return [
            one
            for one in self.targets.values()
            if one.shape != (level if one.quantity == Askable.HEIGHT else stands)
        ]

    @property
    def only_still(self) -> bool:
        """Whether standing still is all that is asked for."""
        return self.still and not (self.beside_standing or self.feet)

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.targets or self.paired)

    @property
    def low_steps(self) -> bool:
        """Whether it is to lift its feet no higher than it says, instead of so high."""
        return self.steps is not None and self.steps <= self.amounts.length(_LOW_STEPS)
