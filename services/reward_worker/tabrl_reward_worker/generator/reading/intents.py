"""What a sentence is made of once it is read: intents, and the slots that say how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, Slot, SlotKind

# Which intents a slot can belong to.
_ACCEPTS: dict[SlotKind, tuple[SlotKind, ...]] = {
    SlotKind.DIRECTION: (SlotKind.MOVE, SlotKind.TURN, SlotKind.LEAN, SlotKind.HOP, SlotKind.PAW),
    SlotKind.PACE: (SlotKind.MOVE, SlotKind.TURN, SlotKind.RHYTHM, SlotKind.HOP, SlotKind.PAW),
    SlotKind.EXTENT: (
        SlotKind.HEIGHT,
        SlotKind.POSTURE,
        SlotKind.LEAN,
        SlotKind.RHYTHM,
        SlotKind.TURN,
        SlotKind.MOVE,
        SlotKind.HOP,
        SlotKind.PAW,
        SlotKind.REAR,
        SlotKind.STEP,
    ),
    SlotKind.DEGREE: (
        SlotKind.HEIGHT,
        SlotKind.POSTURE,
        SlotKind.LEAN,
        SlotKind.RHYTHM,
        SlotKind.HOP,
        SlotKind.PAW,
        SlotKind.REAR,
        SlotKind.STEP,
    ),
    SlotKind.SWING: (
        SlotKind.RHYTHM,
        SlotKind.LEAN,
        SlotKind.TURN,
        SlotKind.HEIGHT,
        SlotKind.POSTURE,
        SlotKind.MOVE,
        SlotKind.PAW,
    ),
    SlotKind.BEAT: (SlotKind.RHYTHM, SlotKind.HOP, SlotKind.PAW),
    SlotKind.RATE: (
        SlotKind.RHYTHM,
        SlotKind.HOP,
        SlotKind.PAW,
        SlotKind.TURN,
        SlotKind.MOVE,
        SlotKind.STEP,
        SlotKind.LEAN,
        SlotKind.POSTURE,
        SlotKind.HEIGHT,
    ),
    SlotKind.SPEED: (SlotKind.MOVE, SlotKind.HOP),
    SlotKind.TURN_RATE: (SlotKind.TURN,),
    SlotKind.RADIUS: (SlotKind.TURN,),
    SlotKind.ANGLE: (SlotKind.LEAN, SlotKind.POSTURE, SlotKind.RHYTHM, SlotKind.TURN),
    SlotKind.LENGTH: (
        SlotKind.HEIGHT,
        SlotKind.RHYTHM,
        SlotKind.HOP,
        SlotKind.PAW,
        SlotKind.STEP,
        SlotKind.MOVE,
    ),
    SlotKind.COUNT: INTENT_KINDS,
}
DISTANCE = 0.4  # m: from here on a length is a way to go, below it a height
_MEASURED = (
    SlotKind.RATE,
    SlotKind.SPEED,
    SlotKind.TURN_RATE,
    SlotKind.RADIUS,
    SlotKind.ANGLE,
    SlotKind.LENGTH,
    SlotKind.COUNT,
)
_NOTHING = 0.001  # m, rad, their rates or Hz: less of something than this is none of it


class HasValue(Protocol):
    """Something with a `value` in its meaning."""

    @property
    def meaning(self) -> Mapping[str, Any]:
        """What the lexicon or a number says of it."""


def opposed(ends: Sequence[HasValue]) -> bool:
    """Whether the ends of a range lie on either side of nothing."""
    return (
        bool(ends)
        and min(e.meaning["value"] for e in ends) * max(e.meaning["value"] for e in ends) <= 0.0
    )


@dataclass
class Intent:
    """Something to do, or with `negated` not to do."""

    kind: SlotKind
    text: str
    meaning: Mapping[str, Any]
    slots: list[Slot] = field(default_factory=list)
    negated: bool = False
    at: int = 0

    def words(self) -> str:
        """The intent in the user's words and their order."""
        parts = {(slot.at, slot.text) for slot in self.slots} | {(self.at, self.text)}
        return " ".join(text for _, text in sorted(parts) if text)

    def accepts(self, slot: Slot) -> bool:
        """Whether a slot can belong to this intent."""
        if self.negated or (
            self.kind == SlotKind.MOVE
            and slot.kind == SlotKind.SWING
            and self.find(SlotKind.DIRECTION)
        ):
            return False
        if (
            slot.kind == SlotKind.LENGTH
            and self.kind == SlotKind.MOVE
            and slot.meaning["value"] < DISTANCE
        ):
            return False
        if slot.kind == SlotKind.BEAT and self.kind == SlotKind.MOVE and self.find(SlotKind.RATE):
            return True
        kind = SlotKind.RHYTHM if self.find(SlotKind.SWING) else self.kind
        return kind in _ACCEPTS[slot.kind]

    @property
    def nothing(self) -> bool:
        """Whether an amount says that there is to be none of it: "walk at 0 m/s"."""
        amounts = [slot for kind in _MEASURED if (slot := self.find(kind)) is not None]
        single = [slot for slot in amounts if "ends" not in slot.meaning]
        return any(abs(slot.meaning["value"]) < _NOTHING for slot in single)

    @property
    def to_and_fro(self) -> bool:
        """Whether it is to go from one side of nothing to the other: "from -10 to 10 degrees"."""
        ends = [end for slot in self.slots for end in slot.meaning.get("ends", ())]
        return opposed(ends)

    def after(self, kind: SlotKind, slot: Slot) -> Slot | None:
        """The first slot of a kind behind another, or the first of all."""
        behind = (item for item in self.slots if item.kind == kind and item.at > slot.at)
        return min(behind, key=lambda item: item.at, default=self.find(kind))

    def find(self, kind: SlotKind) -> Slot | None:
        """The first slot of a kind."""
        return next((slot for slot in self.slots if slot.kind == kind), None)


@dataclass
class Reading:
    """What was made of a sentence, or of one of the things it asks for one after the other."""

    intents: list[Intent] = field(default_factory=list)
    in_place: str = ""
    seconds: float | None = None  # how long, if the sentence says so
    seconds_text: str = ""
    notes: list[str] = field(default_factory=list)  # words that were read as others
    unknown: list[str] = field(default_factory=list)  # words without a meaning here
    impossible: list[str] = field(default_factory=list)  # understood, but out of reach
    words: list[str] = field(default_factory=list)  # of the sentence, that say something
    phases: list[Reading] = field(default_factory=list)  # in their order; none if all is at once
    repeats: bool = False  # after the last of them the first comes again
