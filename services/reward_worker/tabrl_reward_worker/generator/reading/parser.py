"""From a sentence to intents: what is to be done, each with the words that qualify it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.lexicon import Lexicon, lexicon
from tabrl_reward_worker.generator.reading.measures import measured
from tabrl_reward_worker.generator.reading.patterns import kinds_of, rules
from tabrl_reward_worker.generator.reading.sequencing import in_order, split
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, Slot, SlotKind, Word, text_of


def parse(sentence: str, top_speed: float, known: Lexicon | None = None) -> Reading:
    """Read a sentence. Never fails: what is not understood is listed.

    Args:
        sentence: in English.
        top_speed: m/s, of which "half your top speed" is a half.
        known: the words; those of the shipped lexicon if not given.
    """
    written = (known or lexicon()).read(sentence)
    words = measured(rules("told").applied(rules("parts").applied(written)), top_speed)
    order = in_order(words)
    readings = [_read(part) for part in order.parts]
    asked = [reading for reading in readings if reading.intents]
    if len(asked) > 1:
        whole = Reading(phases=asked, repeats=order.repeats)
    else:
        whole = next(iter([*asked, *readings]), Reading())
    for reading in readings:
        if reading is not whole:
            whole.notes += reading.notes
            whole.unknown += reading.unknown
            whole.impossible += reading.impossible
    read_as = [f"“{word.written}” → read as “{word.read_as}”" for word in written if word.read_as]
    whole.notes = list(dict.fromkeys([*read_as, *whole.notes]))
    whole.unknown += [f"“{text}”: only three things one after the other" for text in order.left_out]
    said = [word for word in words if word.kind not in kinds_of("BESIDE")]
    whole.words = [end.text for word in said for end in word.meaning.get("ends", [word])]
    return whole


def _read(words: Sequence[Word]) -> Reading:
    """What is asked for at the same time."""
    reading = Reading()
    numbered = [replace(word, at=at) for at, word in enumerate(words)]
    clauses = [rules("slots").applied(clause) for clause in split(numbered, SlotKind.SEP)]
    clauses = [_possible(clause, reading) for clause in clauses]
    intents = [[_intent(slot) for slot in clause if _is_intent(slot)] for clause in clauses]
    slots = [
        (slot, number)
        for number, clause in enumerate(clauses)
        for slot in clause
        if not _is_intent(slot)
    ]
    for slot, number in sorted(slots, key=lambda placed: _turn(placed[0])):
        _attach(slot, number, intents, reading)
    reading.intents = [intent for clause in intents for intent in clause]
    for intent in reading.intents:
        intent.negated = intent.negated or intent.nothing
    return reading


def _possible(clause: list[Word], reading: Reading) -> list[Word]:
    """A clause that asks for something out of reach is left out as a whole."""
    beyond = [slot for slot in clause if slot.kind == SlotKind.IMPOSSIBLE]
    if not beyond:
        return clause
    reading.impossible.append(f"“{text_of(clause)}”: {beyond[0].meaning['reason']}")
    return []


def _is_intent(slot: Slot) -> bool:
    return slot.kind in INTENT_KINDS or slot.kind == SlotKind.NEGATED


def _intent(slot: Word) -> Intent:
    if slot.kind != SlotKind.NEGATED:
        return Intent(slot.kind, slot.text, slot.meaning, at=slot.at)
    beside = (SlotKind.NEGATION, SlotKind.DEGREE)
    what = next(word for word in slot.parts if word.kind not in beside)
    ways = [word.meaning["direction"] for word in slot.parts if "direction" in word.meaning]
    return Intent(what.kind, slot.text, {**what.meaning, "ways": ways}, negated=True, at=slot.at)


def _turn(slot: Slot) -> int:
    """When a slot finds its intent: beats last, for of steps with a rate no bob is made."""
    if slot.kind in kinds_of("DIRECTION/SPEED/TURN_RATE/SWING"):
        return 0  # what these stand for may take the others
    return 2 if slot.kind == SlotKind.BEAT else 1


def _attach(slot: Slot, number: int, intents: list[list[Intent]], reading: Reading) -> None:
    """Give a slot of a clause to the nearest intent that can take it, or to the whole."""
    match slot.kind:
        case SlotKind.PLACE:
            reading.in_place = slot.text
        case SlotKind.DURATION:
            reading.seconds, reading.seconds_text = slot.meaning["value"], slot.text
        case SlotKind.LIMITATION:
            reading.unknown.append(f"“{slot.text}”: {slot.meaning['reason']}")
        case SlotKind.ALWAYS:
            reading.notes.append(f"“{slot.text}” → {slot.meaning['note']}")
        case SlotKind.UNKNOWN:
            reading.unknown.append(slot.text)
        case _:
            takers = (intent for intent in _nearest(slot, number, intents) if intent.accepts(slot))
            taker = next(takers, None)
            implied = Intent.implied_by(slot)
            if taker is not None:
                taker.slots.append(slot)
            elif implied is not None:
                intents[number].append(implied)
            elif slot.kind != SlotKind.DEGREE:  # "very" alone says nothing
                reading.unknown.append(slot.text)


def _nearest(slot: Slot, number: int, intents: Sequence[Sequence[Intent]]) -> Iterator[Intent]:
    """The intents before a slot, after it, and of other clauses."""
    here = intents[number]
    # "limp on your left leg" is about the left leg, and not a way to go.
    yield from (one for one in here if one.at == slot.at + 1 and one.kind == SlotKind.PAW)
    yield from (one for one in reversed(here) if one.at <= slot.at)
    yield from (one for one in here if one.at > slot.at)
    for clause in reversed(intents[:number]):
        yield from reversed(clause)
    for clause in intents[number + 1 :]:
        yield from clause
