"""From what is to be done at the same time to a phase of a specification."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tabrl.contracts.motion import (
    Constant,
    Duration,
    Hold,
    Importance,
    Phase,
    Shape,
    Sinusoid,
    Target,
)
from tabrl.contracts.path import Path
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.embodiments.arm.askable import Askable
from tabrl_reward_worker.generator.arm.amounts import DIGITS, ArmAmounts, Posture
from tabrl_reward_worker.generator.reading.intents import Intent
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind

_UNSEEN = 2e-3  # m or rad
_AIR = "air"  # the plane of what touches nothing
TABLE = "table"
TOUCHED_M = 0.003  # from where a tip is held on the table: up to there it still touches it
PLACED = (SlotKind.REACH, SlotKind.MOVE)  # bring the tool to a place
POINTS_M = 0.3  # rad from straight down: below it a tool has no direction over the table


@dataclass(frozen=True)
class Within:
    """In which time something is to be done, and the words that say so."""

    seconds: float
    text: str


@dataclass
class Part:
    """A phase in the making: what is asked for, about the posture in which the tool is held."""

    amounts: ArmAmounts
    begin: Posture
    targets: dict[tuple[str, str], Target] = field(default_factory=dict)
    posture: Posture = field(init=False)
    lasts: float | None = None  # s until it is done, if it comes to an end
    seconds: float | None = None  # that the sentence says
    within: Within | None = None  # until when the sentence says that it is done
    within_used: bool = False
    touches: bool = False  # the table, with the tip
    asked_place: set[str] = field(default_factory=set)  # axes
    asked_angles: set[str] = field(default_factory=set)
    understood: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)
    holds: bool = False  # it is to stay as it is

    def __post_init__(self) -> None:
        self.posture = self.begin

    def say(self, words: str, meaning: str) -> None:
        """What was understood of some words."""
        self.understood.append(f"“{words}” → {meaning}")

    def miss(self, words: str, reason: str) -> None:
        """What was not, and why."""
        self.not_understood.append(f"“{words}”: {reason}" if words else reason)

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.targets or self.asked_place or self.asked_angles or self.holds)

    @property
    def stays(self) -> bool:
        """Whether it stays where it is when its time is over: what ends there, or is to be there
        by then."""
        swings = any(isinstance(target.shape, Sinusoid) for target in self.targets.values())
        return self.path is not None or (self.within is not None and not swings)

    @property
    def path(self) -> Path | None:
        """The path that the tool follows, if any."""
        shapes = (target.shape for target in self.targets.values())
        return next((shape for shape in shapes if isinstance(shape, Path)), None)

    def ask(
        self, quantity: Askable, shape: Shape, part: str | None = None,
        importance: Importance = Importance.ASKED,
    ) -> None:  # fmt: skip
        """Ask for a shape of a quantity."""
        target = Target(quantity=quantity, part=part, shape=shape, importance=importance)
        self.targets[target.key] = target

    def place(self, axis: str, value: float) -> float:
        """Hold the tool at a coordinate, as near as it gets; which that is."""
        able = self.amounts.within(axis, value)
        self.posture = self.posture.at(axis, able)
        self.asked_place.add(axis)
        return able

    def point(self, angles: Mapping[str, float], *, asked: bool = True) -> None:
        """Hold angles of the tool. Those that are `asked` for are not changed by others."""
        for name, value in angles.items():
            if name not in self.asked_angles:
                self.posture = self.posture.turned(name, value)
        if asked:
            self.asked_angles |= angles.keys()

    def raise_to(self, offset: float) -> None:
        """Hold the tool so far above home, unless a height is asked for."""
        if "z" not in self.asked_place:
            home = self.amounts.home.place[2]
            self.posture = self.posture.at(
                "z", self.amounts.within("z", home + self.amounts.length(offset))
            )

    def swing(
        self, quantity: Askable, amplitude: float, hz: float, part: str | None = None,
        *, measured: bool = False,
    ) -> float:  # fmt: skip
        """Let a quantity swing about the posture; how far it then does. Where a `measured`
        amplitude is more than the arm can, that is told."""
        able = self.amounts.swinging(amplitude, hz, turns=part is None)
        if measured and amplitude - able > _UNSEEN:
            unit = "rad" if part is None else "m"
            self.miss(
                "", f"±{amplitude:.2g} {unit} at {hz:g} Hz cannot be done: ±{able:.2g} {unit}"
            )
        self.ask(quantity, Sinusoid(mean=0.0, amplitude=able, hz=round(hz, 3)), part)
        return able

    def phase(self, seconds: float | None) -> Phase:
        """All of it, with what is to stay as it is; for so many seconds, or on and on."""
        until = Hold() if seconds is None else Duration(seconds=round(seconds, 2))
        return Phase(targets=tuple(self._all_targets()), until=until)

    def _all_targets(self) -> Iterator[Target]:
        """What is asked for first."""
        middled = {key: self._about(target) for key, target in self.targets.items()}
        yield from middled.values()
        held = [target for target in self._held() if target.key not in middled]
        yield from sorted(held, key=lambda one: one.importance is not Importance.ASKED)

    def _about(self, target: Target) -> Target:
        """A swing about the posture."""
        if not isinstance(target.shape, Sinusoid):
            return target
        mean = self._value(target.quantity, target.part)
        return target.model_copy(update={"shape": target.shape.model_copy(update={"mean": mean})})

    def _value(self, quantity: str, part: str | None) -> float:
        if part is not None and quantity == Askable.TOOL_POSITION:
            return self.posture.place[WORLD_AXES.index(part)]
        return {
            Askable.TOOL_AZIMUTH: self.posture.azimuth,
            Askable.TOOL_ELEVATION: self.posture.elevation,
            Askable.TOOL_TWIST: self.posture.twist,
        }.get(Askable(quantity), 0.0)

    def _held(self) -> Iterator[Target]:
        """The posture, as targets."""
        if self.path is None:
            for axis in WORLD_AXES:
                yield self._constant(Askable.TOOL_POSITION, axis, axis in self.asked_place)
        swung = {one.quantity for one in self.targets.values()}
        yield self._constant(Askable.TOOL_ELEVATION, None, "elevation" in self.asked_angles)
        if self.posture.elevation > POINTS_M or Askable.TOOL_AZIMUTH in swung:
            if math.pi - self.posture.elevation > POINTS_M:
                yield self._constant(Askable.TOOL_AZIMUTH, None, "azimuth" in self.asked_angles)
        elif "twist" in self.asked_angles or self.posture.twist:
            yield self._constant(Askable.TOOL_TWIST, None, "twist" in self.asked_angles)

    def _constant(self, quantity: Askable, part: str | None, asked: bool) -> Target:
        importance = Importance.ASKED if asked or self.holds else Importance.KEPT
        value = round(self._value(quantity, part), 4)
        tolerance = TOUCHED_M if part == "z" and self.touches else None
        return Target(
            quantity=quantity, part=part, shape=Constant(value=value), importance=importance,
            tolerance=tolerance,
        )  # fmt: skip


Asker = Callable[[Intent, Part], None]


def asked_for(intents: Sequence[Intent], part: Part, askers: Mapping[str, Asker]) -> None:
    """Put what intents ask for into a part, postures and places before what swings about them."""
    order = list(askers)
    known = [intent for intent in intents if intent.kind in askers]
    for intent in sorted(known, key=lambda one: order.index(one.kind)):
        if len(known) > 1 and _bare(intent):  # "move in a circle"
            part.say(intent.words(), "as the rest says")
        elif intent.negated:
            part.say(intent.words(), "not done")
        else:
            _place_above(intent, part)
            askers[intent.kind](_on_its_plane(intent, part), part)


def _place_above(intent: Intent, part: Part) -> None:
    """Hold the tip as high above the table as an intent says; a line lies there as a whole."""
    height = height_of(intent)
    if height is None or intent.kind == SlotKind.DRAW:
        return
    able = above_table(height, part)
    part.posture = part.posture.at("z", able)
    part.asked_place.add("z")
    if intent.kind not in PLACED:
        part.say(height.text, f"the tip {able * 100:.0f} cm above the table")


def above_table(height: Slot, part: Part) -> float:
    """A height above the table that words say, m, as near as the tool gets to it."""
    wanted = float(height.meaning["value"])
    low, high = part.amounts.room("z")
    able = round(min(max(wanted, low), high), DIGITS)
    if abs(able - wanted) > _UNSEEN:
        part.miss("", f"{wanted:g} m above the table is more than this robot can do: {able:g} m")
    return able


def _on_its_plane(intent: Intent, part: Part) -> Intent:
    """Without a plane that it cannot be on: what is not drawn is in the air, or on the table."""
    plane = intent.find(SlotKind.PLANE)
    if plane is None or intent.kind == SlotKind.DRAW or plane.meaning["plane"] == _AIR:
        return intent
    if intent.kind in PLACED and plane.meaning["plane"] == TABLE:
        return intent
    part.miss(plane.text, "only what is drawn is drawn on something")
    return replace(intent, slots=[slot for slot in intent.slots if slot is not plane])


def height_of(intent: Intent) -> Slot | None:
    """The words that say how high above the table something is, if any do."""
    return next(
        (s for s in intent.slots if s.kind == SlotKind.PLANE and "value" in s.meaning), None
    )


def _bare(intent: Intent) -> bool:
    """Whether it only says that something moves, not how or where."""
    how = intent.slots or intent.meaning.keys() & {"direction", "plane"}
    return intent.kind in PLACED and not (how or intent.negated)
