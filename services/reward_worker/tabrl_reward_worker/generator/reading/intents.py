"""What a sentence is made of once it is read: intents, and the slots that say how."""

from __future__ import annotations

from dataclasses import dataclass, field

from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.patterns import kinds_of
from tabrl_reward_worker.generator.reading.slots import Meaning, Slot, SlotKind

DISTANCE = 0.4  # m: from here on a length is a way to go, below it a height
NOTHING = 0.001  # m, rad, their rates or Hz: less of something than this is none of it
_TABLE = table_of("intents.toml")


@dataclass
class Intent:
    """Something to do, or with `negated` not to do."""

    kind: SlotKind
    text: str
    meaning: Meaning
    slots: list[Slot] = field(default_factory=list)
    negated: bool = False
    at: int = 0

    @classmethod
    def implied_by(cls, slot: Slot) -> Intent | None:
        """What a slot stands for where it belongs to no intent: a direction is walking.

        A word may imply something else than others of its kind.
        """
        meaning = dict(_TABLE["implied"].get(slot.kind.name, {}))
        kind = slot.meaning.get("implies", meaning.pop("kind", ""))
        return cls(SlotKind[kind], "", meaning, [slot], at=slot.at) if kind else None

    def words(self) -> str:
        """The intent in the user's words and their order."""
        parts = {(slot.at, slot.text) for slot in self.slots} | {(self.at, self.text)}
        return " ".join(text for _, text in sorted(parts) if text)

    def accepts(self, slot: Slot) -> bool:
        """Whether a slot can belong to this intent."""
        if self.negated:
            return False
        if self.kind == SlotKind.MOVE:
            if slot.kind == SlotKind.SWING and self.find(SlotKind.DIRECTION):
                return False
            if slot.kind == SlotKind.LENGTH and slot.meaning["value"] < DISTANCE:
                return False
            if slot.kind == SlotKind.BEAT and self.find(SlotKind.RATE):
                return True
        swung = self.find(SlotKind.SWING) and self.kind != SlotKind.DRAW
        kind = SlotKind.RHYTHM if swung else self.kind
        usual = kinds_of(_TABLE["accepts"].get(slot.kind.name, "!ANY"))
        return kind in usual or kind in kinds_of(slot.meaning.get("belongs", "!ANY"))

    @property
    def nothing(self) -> bool:
        """Whether an amount says that there is to be none of it: "walk at 0 m/s"."""
        amounts = [slot.meaning for slot in self.slots if slot.kind in kinds_of("MEASURE")]
        return any(abs(of["value"]) < NOTHING for of in amounts if "ends" not in of)

    @property
    def to_and_fro(self) -> bool:
        """Whether it is to go from one side of nothing to the other: "from -10 to 10 degrees"."""
        return any(slot.meaning.get("opposed") for slot in self.slots)

    def beside(self, slot: Slot, kind: SlotKind) -> Slot | None:
        """The slot of a kind that is nearest to another one, of two as near that behind it."""
        items = (item for item in self.slots if item.kind == kind)
        return min(items, key=lambda i: (abs(i.at - slot.at), i.at < slot.at), default=None)

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
    within: bool = False  # all of it is done by then: "in 10 seconds"
    notes: list[str] = field(default_factory=list)  # words that were read as others
    unknown: list[str] = field(default_factory=list)  # words without a meaning here
    impossible: list[str] = field(default_factory=list)  # understood, but out of reach
    words: list[str] = field(default_factory=list)  # of the sentence, that say something
    phases: list[Reading] = field(default_factory=list)  # in their order; none if all is at once
    repeats: bool = False  # after the last of them the first comes again
    follows: bool = False  # comes after what was said before: "then sit", "after 2 m stop"
