"""The kinds of words and slots that a sentence is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class SlotKind(StrEnum):
    """What a word or a piece of a clause is; the lexicon and the grammar use the same names."""

    # Intents: things to do.
    MOVE = "MOVE"
    TURN = "TURN"
    STAND = "STAND"
    HEIGHT = "HEIGHT"
    POSTURE = "POSTURE"
    LEAN = "LEAN"
    RHYTHM = "RHYTHM"
    HOP = "HOP"
    PAW = "PAW"
    REAR = "REAR"
    STEP = "STEP"
    NEGATED = "NEGATED"  # one of these, not to be done
    # Slots: how they are to be done.
    DIRECTION = "DIRECTION"
    PACE = "PACE"
    ADJ = "ADJ"
    ADV = "ADV"
    EXTENT = "EXTENT"
    DEGREE = "DEGREE"
    SWING = "SWING"
    BEAT = "BEAT"
    BEATPHRASE = "BEATPHRASE"
    PLACE = "PLACE"
    # Slots that are measured.
    SPEED = "SPEED"
    TURN_RATE = "TURN_RATE"
    RATE = "RATE"
    ANGLE = "ANGLE"
    LENGTH = "LENGTH"
    DISTANCE = "DISTANCE"
    DURATION = "DURATION"
    COUNT = "COUNT"
    RADIUS = "RADIUS"
    # What measures are made of.
    NUMBER = "NUMBER"
    UNIT = "UNIT"
    TIMES = "TIMES"
    PER = "PER"
    BY = "BY"
    TO = "TO"
    FROM = "FROM"
    MINUS = "MINUS"
    NAMED = "NAMED"
    STRIDE = "STRIDE"
    # What joins clauses and orders them.
    SEP = "SEP"
    OR = "OR"
    THEN = "THEN"
    AFTER = "AFTER"
    BEFORE = "BEFORE"
    FIRST = "FIRST"
    ALTERNATE = "ALTERNATE"
    REPEAT = "REPEAT"
    # What is out of reach, unknown, or says nothing.
    NEGATION = "NEGATION"
    IMPOSSIBLE = "IMPOSSIBLE"
    LIMITATION = "LIMITATION"
    ALWAYS = "ALWAYS"  # part of every reward
    PART = "PART"  # of the body or of the world
    OTHER = "OTHER"
    LIKE = "LIKE"
    SIMILE = "SIMILE"
    FILLER = "FILLER"
    WORD = "WORD"
    UNKNOWN = "UNKNOWN"


INTENT_KINDS = (
    SlotKind.MOVE,
    SlotKind.TURN,
    SlotKind.STAND,
    SlotKind.HEIGHT,
    SlotKind.POSTURE,
    SlotKind.LEAN,
    SlotKind.RHYTHM,
    SlotKind.HOP,
    SlotKind.PAW,
    SlotKind.REAR,
    SlotKind.STEP,
)


@dataclass
class Slot:
    """A piece of a clause: something to do or how to do it, and its meaning."""

    kind: SlotKind
    text: str
    meaning: Mapping[str, Any] = field(default_factory=dict)
    at: int = 0  # which word of the sentence
