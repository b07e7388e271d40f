"""What is asked for while it is read, changed and written for: a specification in the making."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tabrl.contracts.motion import (
    Constant,
    Hold,
    Importance,
    Reached,
    Shape,
    Sinusoid,
    Target,
    Until,
)
from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.goal.abilities import DIGITS, Amounts
from tabrl_reward_worker.limbs import feet_of

LIMP_LOAD = 0.3  # of the time, for the foot that is spared
_LOW_STEPS = 0.055  # m, of the reference robot: up to here it lifts its feet no higher than this
_PAW = "paw"  # the channel of a lifted foot; others are called as their quantities
_PAIRED = ("pace", "bound")


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


class Swing(NamedTuple):
    """A quantity that swings about what it is held at: rad or m, Hz, and `phase` in rad."""

    quantity: Askable
    amplitude: float
    hz: float
    phase: float

    @property
    def channel(self) -> str:
        """Its name in tables of amounts and in words: roll, pitch, height, heading or paw."""
        return _PAW if self.quantity is Askable.FOOT_HEIGHT else str(self.quantity)


class Lift(NamedTuple):
    """A foot held up, m; where it swings, it waves around this height."""

    foot: Foot
    height: float


class Hop(NamedTuple):
    """Hops with all feet at once: how far the trunk rises in flight, m, and how often, Hz."""

    height: float
    hz: float
    named: bool = False  # how often, by the sentence


def swung(channel: str) -> Askable:
    """The quantity that swings in a channel."""
    return Askable.FOOT_HEIGHT if channel == _PAW else Askable(channel)


class Held:
    """What a quantity is held at or swings about; None where it is asked for neither."""

    def __init__(self, quantity: Askable) -> None:
        self._quantity = quantity

    def __get__(self, goal: Goal, owner: type[Goal]) -> float | None:
        return goal.held(self._quantity)

    def __set__(self, goal: Goal, value: float | None) -> None:
        goal.hold(self._quantity, value)


class Offset(Held):
    """The same of the trunk's height, as m above standing."""

    def __get__(self, goal: Goal, owner: type[Goal]) -> float | None:
        level = goal.held(self._quantity)
        return None if level is None else round(level - goal.amounts.standing, DIGITS)

    def __set__(self, goal: Goal, value: float | None) -> None:
        goal.hold(self._quantity, None if value is None else goal.amounts.level(value))


@dataclass
class Goal:
    """What is asked for at the same time: targets in SI units, by quantity and part.

    `amounts` are those of the robot that it is for. Of several swings the first leads, unless a
    tempo does. `until` says when it is done: never (`Hold`), or once it has turned or gone so far.
    """

    amounts: Amounts = field(repr=False)
    targets: dict[tuple[str, str], Target] = field(default_factory=dict)
    gait: str = ""  # trot, pace or bound
    until: Until = field(default_factory=Hold)
    tempo_hz: float | None = None
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
    rear = Held(Askable.REARING)

    def copy(self) -> Goal:
        """Another goal with the same targets, of which nothing was said yet."""
        return replace(self, targets=dict(self.targets), understood=[], not_understood=[])

    def find(self, quantity: str) -> Target | None:
        """The target of a quantity, of whichever part."""
        return next((one for one in self.targets.values() if one.quantity == quantity), None)

    def drop(self, *quantities: str) -> None:
        """Ask for nothing of them any more."""
        for key in [key for key in self.targets if key[0] in quantities]:
            del self.targets[key]

    def ask(self, quantity: Askable, shape: Shape, part: str | None = None) -> None:
        """Ask for a shape of a quantity, of one part; what else was said of it stays."""
        before = self.find(quantity) or Target(quantity=quantity, shape=shape)
        target = before.model_copy(update={"shape": shape, "part": part or before.part})
        if target.key not in self.targets or before.shape.kind != shape.kind:
            self.drop(quantity)  # swings stand in the order in which they came
        self.targets[target.key] = target

    def held(self, quantity: Askable) -> float | None:
        """What it is held at or swings about; a tilt that swings about nothing is not held."""
        target = self.find(quantity)
        if target is None:
            return None
        if isinstance(target.shape, Sinusoid):
            return target.shape.mean or None
        return target.shape.value if isinstance(target.shape, Constant) else None

    def hold(self, quantity: Askable, value: float | None) -> None:
        """Hold a quantity at a value, or let it swing about it as it does."""
        target = self.find(quantity)
        if target is not None and isinstance(target.shape, Sinusoid):
            mean = self._middle(quantity) if value is None else value
            self.ask(quantity, target.shape.model_copy(update={"mean": mean}))
        elif value is None:
            self.drop(quantity)
        else:
            self.ask(quantity, Constant(value=value))

    def tolerance(self, quantity: Askable) -> float | None:
        """How far off still counts, where that is said; of a swing, in its amplitude."""
        target = self.find(quantity)
        return None if target is None else target.tolerance

    @property
    def swings(self) -> list[Swing]:
        """What swings, the first to lead."""
        return [
            Swing(Askable(one.quantity), shape.amplitude, hz, shape.phase)
            for one in self.targets.values()
            if isinstance(shape := one.shape, Sinusoid) and (hz := shape.hz or self.tempo_hz)
        ]

    def swing_of(self, quantity: Askable) -> Swing | None:
        """How a quantity swings, if it does."""
        return next((swing for swing in self.swings if swing.quantity is quantity), None)

    def swing(
        self, quantity: Askable, amplitude: float, hz: float | None = None, *, leads: bool = False
    ) -> None:
        """Let a quantity swing about what it is held at; without `hz` as often as it does."""
        target, mean = self.find(quantity), self.held(quantity)
        if target is not None and isinstance(target.shape, Sinusoid):
            changed = {"amplitude": amplitude, "hz": hz or target.shape.hz}
            shape = target.shape.model_copy(update=changed)
        else:
            mean = self._middle(quantity) if mean is None else mean
            shape = Sinusoid(mean=mean, amplitude=amplitude, hz=hz)
        self.ask(quantity, shape)
        if leads:
            self.targets = dict(sorted(self.targets.items(), key=lambda one: one[0][0] != quantity))

    def rest(self, *channels: str) -> None:
        """Let nothing swing in these channels, but be held where it swung about."""
        for swing in self.swings:
            if swing.channel in channels:
                middle = self.held(swing.quantity)
                self.drop(swing.quantity) if middle is None else self.ask(
                    swing.quantity, Constant(value=middle)
                )

    def beat(self, hz: float) -> None:
        """One frequency for all swings; with a tempo for the first, and the others in time."""
        times = hz / self.swings[0].hz
        for swing in self.swings:
            own = hz if self.tempo_hz is None else round(swing.hz * times, 4)
            self.swing(swing.quantity, swing.amplitude, own)
        self.tempo_hz = self.tempo_hz and round(self.tempo_hz * times, 4)

    @property
    def rates(self) -> list[float]:
        """How often it swings and hops, Hz."""
        hops = [self.hop.hz] if self.hop is not None else []
        return [*(swing.hz for swing in self.swings), *hops]

    def _middle(self, quantity: Askable) -> float:
        """What a quantity swings about where nothing is said of it."""
        if quantity is not Askable.HEIGHT:
            return 0.0
        return self.amounts.level(self.amounts["height_rhythm"]["centre"])

    @property
    def bobs_as_usual(self) -> bool:
        """Whether it bobs about a middle of which nothing was said."""
        swings = self.swing_of(Askable.HEIGHT) is not None
        return swings and self.held(Askable.HEIGHT) == self._middle(Askable.HEIGHT)

    @property
    def still(self) -> bool:
        """Whether it is to stand."""
        return self.find(Askable.PLANAR_SPEED) is not None

    @still.setter
    def still(self, still: bool) -> None:
        self.hold(Askable.PLANAR_SPEED, 0.0 if still else None)

    @property
    def lift(self) -> Lift | None:
        """The foot that is held up."""
        target = self.find(Askable.FOOT_HEIGHT)
        if target is None:
            return None
        return Lift(self._foot(target), self.held(Askable.FOOT_HEIGHT) or 0.0)

    @lift.setter
    def lift(self, lift: Lift | None) -> None:
        if lift is None:
            self.drop(Askable.FOOT_HEIGHT)
            return
        swing, part = self.swing_of(Askable.FOOT_HEIGHT), feet_of(self.amounts.robot)[lift.foot]
        shape: Shape = Constant(value=lift.height)
        if swing is not None:
            shape = Sinusoid(
                mean=lift.height, amplitude=swing.amplitude, hz=swing.hz, phase=swing.phase
            )
        self.ask(Askable.FOOT_HEIGHT, shape, part)

    @property
    def limp(self) -> Foot | None:
        """The foot that is spared in walking."""
        target = self.find(Askable.FOOT_LOAD)
        return None if target is None else self._foot(target)

    @limp.setter
    def limp(self, foot: Foot | None) -> None:
        self.drop(Askable.FOOT_LOAD)
        if foot is not None:
            part = feet_of(self.amounts.robot)[foot]
            self.ask(Askable.FOOT_LOAD, Constant(value=LIMP_LOAD), part)

    def _foot(self, target: Target) -> Foot:
        """Where the part of a target is."""
        feet = feet_of(self.amounts.robot)
        return next(Foot(*place) for place, name in feet.items() if name == target.part)

    @property
    def hop(self) -> Hop | None:
        """How it hops."""
        height, rate = self.held(Askable.HOP_HEIGHT), self.find(Askable.HOP_RATE)
        hz = self.held(Askable.HOP_RATE) or self.tempo_hz
        if height is None or hz is None:
            return None
        return Hop(height, hz, rate is None or rate.importance is Importance.ASKED)

    @hop.setter
    def hop(self, hop: Hop | None) -> None:
        self.hold(Askable.HOP_HEIGHT, hop and hop.height)
        self.hold(Askable.HOP_RATE, hop and hop.hz)
        rate = self.find(Askable.HOP_RATE)
        if hop is not None and rate is not None:
            named = Importance.ASKED if hop.named else Importance.STYLE
            self.targets[rate.key] = rate.model_copy(update={"importance": named})

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
        return self.gait in _PAIRED

    @property
    def feet(self) -> bool:
        """Whether it asks something of the feet beyond carrying the robot."""
        return self.paired or any(self.find(quantity) for quantity in _OF_FEET)

    @property
    def beside_standing(self) -> list[Target]:
        """What is asked for that whoever stands level and still does not do."""
        level = {Askable.HEIGHT: Constant(value=self.amounts.level(0.0))}
        stands = Constant(value=0.0)
        return [
            one
            for one in self.targets.values()
            if one.shape != level.get(Askable(one.quantity), stands)
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


_OF_FEET = (
    Askable.STEP_HEIGHT, Askable.STEP_RATE, Askable.FOOT_HEIGHT, Askable.FOOT_LOAD,
    Askable.HOP_HEIGHT, Askable.HOP_RATE, Askable.REARING,
)  # fmt: skip
