"""Targets by quantity and part, as they are read and changed: held, swinging, of a foot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from tabrl.contracts.motion import Constant, Shape, Sinusoid, Target
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


class Held:
    """What a quantity is held at or swings about; None where it is asked for neither."""

    def __init__(self, quantity: Askable) -> None:
        self._quantity = quantity

    def __get__(self, goal: TargetSet, owner: type[TargetSet]) -> float | None:
        return goal.held(self._quantity)

    def __set__(self, goal: TargetSet, value: float | None) -> None:
        goal.hold(self._quantity, value)


class Offset(Held):
    """The same of the trunk's height, as m above standing."""

    def __get__(self, goal: TargetSet, owner: type[TargetSet]) -> float | None:
        level = goal.held(self._quantity)
        return None if level is None else round(level - goal.amounts.standing, DIGITS)

    def __set__(self, goal: TargetSet, value: float | None) -> None:
        goal.hold(self._quantity, None if value is None else goal.amounts.level(value))


@dataclass
class TargetSet:
    """Targets in SI units, by quantity and part; of several swings the first leads.

    `amounts` are those of the robot that they are for; a tempo is the beat that all swings keep.
    """

    amounts: Amounts = field(repr=False)
    targets: dict[tuple[str, str], Target] = field(default_factory=dict)
    tempo_hz: float | None = None

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
            mean = self.middle(quantity) if value is None else value
            self.ask(quantity, target.shape.model_copy(update={"mean": mean}))
        elif value is None:
            self.drop(quantity)
        else:
            self.ask(quantity, Constant(value=value))

    def take(self, other: TargetSet, *quantities: Askable) -> None:
        """Hold quantities as another goal does, where it does."""
        for quantity in quantities:
            target, value = other.find(quantity), other.held(quantity)
            if target is not None and value is not None:
                self.hold(quantity, value)
                self.change(quantity, part=target.part, importance=target.importance)

    def place(self, quantity: Askable, foot: Foot) -> None:
        """Ask of one foot what is asked of another."""
        self.change(quantity, part=feet_of(self.amounts.robot)[foot])

    def change(self, quantity: Askable, **changes: str | None) -> None:
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
        middle = self.middle(quantity) if middle is None else middle
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

    def middle(self, quantity: Askable) -> float:
        """What a quantity swings about where nothing is said of it."""
        bob = self.amounts["height_rhythm"]["centre"]
        return self.amounts.level(bob) if quantity is Askable.HEIGHT else 0.0
