"""What a sentence is made of once it is read: acts, and the parts that say how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

ACTIONS = (
    "MOVE",
    "TURN",
    "STAND",
    "HEIGHT",
    "POSTURE",
    "LEAN",
    "RHYTHM",
    "HOP",
    "PAW",
    "REAR",
    "STEP",
)
# Which acts a qualifier can belong to.
_ACCEPTS: dict[str, tuple[str, ...]] = {
    "direction": ("MOVE", "TURN", "LEAN", "HOP", "PAW"),
    "pace": ("MOVE", "TURN", "RHYTHM", "HOP", "PAW"),
    "extent": ("HEIGHT", "POSTURE", "LEAN", "RHYTHM", "TURN", "MOVE", "HOP", "PAW", "REAR", "STEP"),
    "degree": ("HEIGHT", "POSTURE", "LEAN", "RHYTHM", "HOP", "PAW", "REAR", "STEP"),
    "swing": ("RHYTHM", "LEAN", "TURN", "HEIGHT", "POSTURE", "MOVE", "PAW"),
    "beat": ("RHYTHM", "HOP", "PAW"),
    "rate": ("RHYTHM", "HOP", "PAW", "TURN", "MOVE", "STEP", "LEAN", "POSTURE", "HEIGHT"),
    "speed": ("MOVE", "HOP"),
    "turn_rate": ("TURN",),
    "radius": ("TURN",),
    "angle": ("LEAN", "POSTURE", "RHYTHM", "TURN"),
    "length": ("HEIGHT", "RHYTHM", "HOP", "PAW", "STEP", "MOVE"),
    "count": ACTIONS,
}
DISTANCE = 0.4  # m: from here on a length is a way to go, below it a height
_AMOUNTS = ("rate", "speed", "turn_rate", "radius", "angle", "length", "count")
_NOTHING = 0.001  # m, rad, their rates or Hz: less of something than this is none of it


@dataclass
class Part:
    """A piece of a clause: an action (kind in capitals) or a qualifier, and its meaning."""

    kind: str
    text: str
    meaning: Mapping[str, Any] = field(default_factory=dict)
    at: int = 0  # which word of the sentence


class Measured(Protocol):
    """Something with a `value` in its meaning."""

    @property
    def meaning(self) -> Mapping[str, Any]:
        """What the lexicon or a number says of it."""


def opposed(ends: Sequence[Measured]) -> bool:
    """Whether the ends of a range lie on either side of nothing."""
    return (
        bool(ends)
        and min(e.meaning["value"] for e in ends) * max(e.meaning["value"] for e in ends) <= 0.0
    )


@dataclass
class Act:
    """Something to do, or with `denied` not to do."""

    kind: str
    text: str
    meaning: Mapping[str, Any]
    qualifiers: list[Part] = field(default_factory=list)
    denied: bool = False
    at: int = 0

    def words(self) -> str:
        """The act in the user's words and their order."""
        parts = {(part.at, part.text) for part in self.qualifiers} | {(self.at, self.text)}
        return " ".join(text for _, text in sorted(parts) if text)

    def takes(self, part: Part) -> bool:
        """Whether a qualifier can belong to this act."""
        if self.denied or (self.kind == "MOVE" and part.kind == "swing" and self.find("direction")):
            return False
        if part.kind == "length" and self.kind == "MOVE" and part.meaning["value"] < DISTANCE:
            return False
        if part.kind == "beat" and self.kind == "MOVE" and self.find("rate"):
            return True
        kind = "RHYTHM" if self.find("swing") else self.kind
        return kind in _ACCEPTS[part.kind]

    @property
    def nothing(self) -> bool:
        """Whether an amount says that there is to be none of it: "walk at 0 m/s"."""
        amounts = [part for kind in _AMOUNTS if (part := self.find(kind)) is not None]
        single = [part for part in amounts if "ends" not in part.meaning]
        return any(abs(part.meaning["value"]) < _NOTHING for part in single)

    @property
    def to_and_fro(self) -> bool:
        """Whether it is to go from one side of nothing to the other: "from -10 to 10 degrees"."""
        ends = [end for part in self.qualifiers for end in part.meaning.get("ends", ())]
        return opposed(ends)

    def after(self, kind: str, part: Part) -> Part | None:
        """The first qualifier of a kind behind a part, or the first of all."""
        behind = (one for one in self.qualifiers if one.kind == kind and one.at > part.at)
        return min(behind, key=lambda one: one.at, default=self.find(kind))

    def find(self, kind: str) -> Part | None:
        """The first qualifier of a kind."""
        return next((part for part in self.qualifiers if part.kind == kind), None)


@dataclass
class Reading:
    """What was made of a sentence, or of one of the things it asks for one after the other."""

    acts: list[Act] = field(default_factory=list)
    in_place: str = ""
    seconds: float | None = None  # how long, if the sentence says so
    seconds_text: str = ""
    notes: list[str] = field(default_factory=list)  # words that were read as others
    unknown: list[str] = field(default_factory=list)  # words without a meaning here
    impossible: list[str] = field(default_factory=list)  # understood, but out of reach
    phases: list[Reading] = field(default_factory=list)  # in their order; none if all is at once
