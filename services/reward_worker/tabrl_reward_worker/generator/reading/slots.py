"""The kinds of words and slots that a sentence is made of."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

Meaning = Mapping[str, Any]  # what a line of the lexicon, a number or a rule says besides words

# What a word or a piece of a clause is; the data files use the same names.
SlotKind = StrEnum(
    "SlotKind",
    # Intents: things to do; and one of these that is not to be done.
    "MOVE TURN STAND HEIGHT POSTURE LEAN RHYTHM HOP PAW REAR STEP REACH POINT DRAW NEGATED "
    # Slots: how they are to be done.
    "DIRECTION PACE ADJ ADV EXTENT DEGREE SWING BEAT BEATPHRASE PLACE PLANE "
    # Slots that are measured, and what measures are made of.
    "SPEED TURN_RATE RATE ANGLE LENGTH DISTANCE DURATION COUNT RADIUS "
    "NUMBER UNIT TIMES PER BY TO FROM MINUS NAMED ACROSS "
    # What joins clauses and orders them.
    "SEP OR THEN AFTER BEFORE FIRST ALTERNATE REPEAT "
    # What is denied, out of reach or part of every reward; parts of the body; what says nothing.
    "NEGATION IMPOSSIBLE LIMITATION ALWAYS PART OTHER LIKE SIMILE FILLER WORD UNKNOWN",
)
INTENT_KINDS = tuple(itertools.takewhile(lambda kind: kind != SlotKind.NEGATED, SlotKind))


@dataclass(frozen=True)
class Slot:
    """A piece of a clause: something to do or how to do it, and its meaning."""

    kind: SlotKind
    text: str
    meaning: Meaning = field(default_factory=dict)
    at: int = 0  # which word of the sentence


@dataclass(frozen=True)
class Word(Slot):
    """A word or phrase of the sentence, as the lexicon has it or as a rule made it of others."""

    read_as: str = ""  # what it was taken for, if it is not in the lexicon as it was written
    written: str = ""  # how it was written then
    parts: tuple[Word, ...] = field(default=(), compare=False)  # what a rule made it of

    @cached_property
    def line(self) -> str:
        """The word as a line of the text that patterns are looked for in (see patterns.py)."""
        known = {"text": self.text, "written": self.written, **self.meaning}
        features = [
            f"{name},{name}={value}"
            for name, value in known.items()
            if value is not False and isinstance(value, (str, int, float))
        ]
        return ",".join([self.kind.name, *features, "\n"]).replace(" ", "_")


def text_of(words: Iterable[Slot]) -> str:
    """What words are called together."""
    return " ".join(word.text for word in words if word.text).replace(" / ", "/")
