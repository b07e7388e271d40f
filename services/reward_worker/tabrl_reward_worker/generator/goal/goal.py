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

CHANNELS = {  # of swings, by their names in tables of amounts and in words
    "roll": Askable.ROLL,
    "pitch": Askable.PITCH,
    "height": Askable.HEIGHT,
    "heading": Askable.HEADING,
    "paw": Askable.FOOT_HEIGHT,
}
HOPS = (Askable.HOP_HEIGHT, Askable.HOP_RATE)
LIMP_LOAD = 0.3  # of the time, for the foot that is spared
_LOW_STEPS = 0.055  # m, of the reference robot: up to here it lifts its feet no higher than this
_OF_FEET = (
    *HOPS, Askable.STEP_HEIGHT, Askable.STEP_RATE, Askable.FOOT_HEIGHT, Askable.FOOT_LOAD,
    Askable.REARING,
)  # fmt: skip


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
    """How a quantity swings about what it is held at: rad or m, Hz, and `phase` in rad."""

    amplitude: float
    hz: float
    phase: float


class Hop(NamedTuple):
    """Hops with all feet at once: how far the trunk rises in flight, m, and how often, Hz."""

    height: float
    hz: float
    named: bool  # how often, by the sentence


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
    lift = Held(Askable.FOOT_HEIGHT)  # of one foot, which waves around it if it swings
    rear = Held(Askable.REARING)

    def copy(self) -> Goal:
        """Another goal with the same targets, of which nothing was said yet."""
        return replace(self, targets=dict(self.targets), understood=[], not_understood=[])

    def say(self, words: str, meaning: str) -> None:
        """What was understood of some words."""
        self.understood.append(f"“{words}” → {meaning}")

    def find(self, quantity: str) -> Target | None:
        """The target of a quantity, of whichever part."""
        return next((one for one in self.targets.values() if one.quantity == quantity), None)

    def drop(self, *quantities: str) -> None:
        """Ask for nothing of them any more."""
        for key in [key for key in self.targets if key[0] in quantities]:
            del self.targets[key]

    def ask(self, quantity: Askable, shape: Shape) -> None:
        """Ask for a shape of a quantity; what else was said of it stays."""
        before = self.find(quantity) or Target(quantity=quantity, shape=shape)
        if before.shape.kind != shape.kind:
            self.drop(quantity)  # swings stand in the order in which they came
        self.targets[before.key] = before.model_copy(update={"shape": shape})

    def held(self, quantity: Askable) -> float | None:
        """What it is held at or swings about; a tilt that swings about nothing is not held."""
        target = self.find(quantity)
        if target is not None and isinstance(target.shape, Sinusoid):
            return target.shape.mean or None
        return target.shape.value if target and isinstance(target.shape, Constant) else None

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

    def take(self, other: Goal, *quantities: Askable) -> None:
        """Hold quantities as another goal does, where it does."""
        for quantity in quantities:
            target, value = other.find(quantity), other.held(quantity)
            if target is not None and value is not None:
                self.hold(quantity, value)
                self._change(quantity, part=target.part, importance=target.importance)

    def place(self, quantity: Askable, foot: Foot) -> None:
        """Ask of one foot what is asked of another."""
        self._change(quantity, part=feet_of(self.amounts.robot)[foot])

    def _change(self, quantity: Askable, **changes: str | None) -> None:
        """Say something else of a target."""
        target = self.find(quantity)
        changed = target and target.model_copy(update=changes)
        if target and changed and changed != target:
            del self.targets[target.key]
            self.targets[changed.key] = changed

    def foot(self, quantity: Askable) -> Foot | None:
        """The foot of which something is asked."""
        target, feet = self.find(quantity), feet_of(self.amounts.robot)
        return next(
            (Foot(*at) for at, name in feet.items() if target and name == target.part), None
        )

    def tolerance(self, quantity: Askable) -> float | None:
        """How far off still counts, where that is said; of a swing, in its amplitude."""
        target = self.find(quantity)
        return target.tolerance if target else None

    @property
    def swings(self) -> dict[str, Swing]:
        """What swings, by its channel; the first leads."""
        shapes = {one.quantity: one.shape for one in self.targets.values()}
        names = {quantity: channel for channel, quantity in CHANNELS.items()}
        return {
            names[Askable(quantity)]: Swing(shape.amplitude, hz, shape.phase)
            for quantity, shape in shapes.items()
            if isinstance(shape, Sinusoid) and (hz := shape.hz or self.tempo_hz)
        }

    def swing(
        self, channel: str, amplitude: float, hz: float | None = None, *, leads: bool = False
    ) -> None:
        """Let a channel swing about what it is held at; without `hz` as often as it does."""
        quantity = CHANNELS[channel]
        target, middle = self.find(quantity), self.held(quantity)
        middle = self._middle(quantity) if middle is None else middle
        shape: Shape = Sinusoid(mean=middle, amplitude=amplitude, hz=hz)
        if target is not None and isinstance(target.shape, Sinusoid):
            changed = {"amplitude": amplitude, "hz": hz or target.shape.hz}
            shape = target.shape.model_copy(update=changed)
        self.ask(quantity, shape)
        if leads:
            self.targets = dict(sorted(self.targets.items(), key=lambda one: one[0][0] != quantity))

    def rest(self, *channels: str) -> None:
        """Let nothing swing in these channels, but be held where it swung about."""
        for quantity in (CHANNELS[channel] for channel in self.swings if channel in channels):
            middle = self.held(quantity)
            if middle is None:
                self.drop(quantity)
            else:
                self.ask(quantity, Constant(value=middle))

    def beat(self, hz: float) -> None:
        """One frequency for all swings; with a tempo for the first, and the others in time."""
        swings = self.swings
        times = hz / next(iter(swings.values())).hz
        for channel, swing in swings.items():
            own = hz if self.tempo_hz is None else round(swing.hz * times, 4)
            self.swing(channel, swing.amplitude, own)
        self.tempo_hz = self.tempo_hz and round(self.tempo_hz * times, 4)

    def _middle(self, quantity: Askable) -> float:
        """What a quantity swings about where nothing is said of it."""
        bob = self.amounts["height_rhythm"]["centre"]
        return self.amounts.level(bob) if quantity is Askable.HEIGHT else 0.0

    @property
    def bobs_as_usual(self) -> bool:
        """Whether it bobs about a middle of which nothing was said."""
        usual = self.held(Askable.HEIGHT) == self._middle(Askable.HEIGHT)
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
        self._change(Askable.HOP_RATE, importance=named)

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
