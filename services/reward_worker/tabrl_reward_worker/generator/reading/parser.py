"""From a sentence to intents: what is to be done, each with the words that qualify it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tabrl.contracts.phases import MAX_PHASES
from tabrl_reward_worker.generator.reading.intents import Intent, Reading
from tabrl_reward_worker.generator.reading.lexicon import Lexicon, lexicon
from tabrl_reward_worker.generator.reading.measures import measured
from tabrl_reward_worker.generator.reading.patterns import applied, kinds_of, split
from tabrl_reward_worker.generator.reading.sequencing import in_order, quoted
from tabrl_reward_worker.generator.reading.slots import Slot, SlotKind, Word, text_of


def parse(sentence: str, top_speed: float, known: Lexicon | None = None) -> Reading:
    """Read a sentence. Never fails: what is not understood is listed.

    Args:
        sentence: in English.
        top_speed: m/s, of which "half your top speed" is a half.
        known: the words; those of the shipped lexicon if not given.
    """
    written = (known or lexicon()).read(sentence)
    words = measured(applied("told", applied("parts", written)), top_speed)
    phases, again = in_order(words)
    told = Reading(notes=[f"“{w.written}” → read as “{w.read_as}”" for w in written if w.read_as])
    parts = [_read(part, told) for part in phases[:MAX_PHASES]]
    for part in phases[MAX_PHASES:]:
        told.unknown.append(f"“{quoted(part)}”: only {MAX_PHASES} things one after the other")
    asked = [part for part in parts if part.intents]
    whole = Reading() if len(asked) > 1 else next(iter([*asked, *parts]), Reading())
    if len(asked) > 1:
        whole.phases, whole.repeats = asked, again
    begun = (word.kind for word in words if word.kind != SlotKind.SEP)
    whole.follows = next(begun, None) == SlotKind.THEN
    said = [word for word in words if word.kind not in kinds_of("BESIDE")]
    whole.words = [end.text for word in said for end in word.meaning.get("ends", [word])]
    whole.notes = list(dict.fromkeys(told.notes))
    whole.unknown, whole.impossible = told.unknown, told.impossible
    return whole


def _read(words: Sequence[Word], told: Reading) -> Reading:
    """What is asked for at the same time; what cannot be read or done goes to `told`."""
    reading = Reading()
    numbered = [replace(word, at=at) for at, word in enumerate(words)]
    clauses = [_possible(applied("slots", clause), told) for clause in split(numbered, "SEP")]
    intents = [[_intent(word) for word in clause if _asks(word)] for clause in clauses]
    slots = [(word, at) for at, clause in enumerate(clauses) for word in clause if not _asks(word)]
    for slot, clause in sorted(slots, key=lambda placed: _turn(placed[0])):
        match slot.kind:
            case SlotKind.PLACE:
                reading.in_place = slot.text
            case SlotKind.DURATION:
                reading.seconds, reading.seconds_text = slot.meaning["value"], slot.text
                reading.within = bool(slot.meaning.get("by"))
            case SlotKind.LIMITATION:
                told.unknown.append(f"“{slot.text}”: {slot.meaning['reason']}")
            case SlotKind.ALWAYS:
                told.notes.append(f"“{slot.text}” → {slot.meaning['note']}")
            case SlotKind.UNKNOWN:
                told.unknown.append(slot.text)
            case _ if not _attached(slot, clause, intents):
                told.unknown.append(slot.text)
    reading.intents = [intent for clause in intents for intent in clause]
    for intent in reading.intents:
        intent.negated = intent.negated or intent.nothing
    return reading


def _possible(clause: list[Word], told: Reading) -> list[Word]:
    """A clause that asks for something out of reach is left out as a whole."""
    beyond = [word for word in clause if word.kind == SlotKind.IMPOSSIBLE]
    if beyond:
        told.impossible.append(f"“{text_of(clause)}”: {beyond[0].meaning['reason']}")
    return [] if beyond else clause


def _asks(word: Word) -> bool:
    return word.kind in kinds_of("INTENT/NEGATED")


def _intent(word: Word) -> Intent:
    if word.kind != SlotKind.NEGATED:
        return Intent(word.kind, word.text, word.meaning, at=word.at)
    what = next(part for part in word.parts if part.kind not in kinds_of("NEGATION/DEGREE"))
    ways = [part.meaning["direction"] for part in word.parts if "direction" in part.meaning]
    return Intent(what.kind, word.text, {**what.meaning, "ways": ways}, negated=True, at=word.at)


def _turn(slot: Slot) -> tuple[bool, bool]:
    """When a slot finds its intent: beats last, for of steps with a rate no bob is made."""
    return slot.kind == SlotKind.BEAT, slot.kind not in kinds_of("IMPLYING")


def _attached(slot: Slot, clause: int, intents: list[list[Intent]]) -> bool:
    """Give a slot to the nearest intent that can take it, or to one that it stands for."""
    for intent in _nearest(slot, clause, intents):
        if intent.accepts(slot):
            intent.slots.append(slot)
            return True
    implied = Intent.implied_by(slot)
    if implied is not None:
        intents[clause].append(implied)
    return implied is not None or slot.kind == SlotKind.DEGREE  # "very" alone says nothing


def _nearest(slot: Slot, clause: int, intents: Sequence[Sequence[Intent]]) -> Iterator[Intent]:
    """The intents before a slot, after it, and of other clauses."""
    here = intents[clause]
    # "limp on your left leg" is about the left leg, and not a way to go.
    yield from (one for one in here if one.at == slot.at + 1 and one.kind == SlotKind.PAW)
    yield from (one for one in reversed(here) if one.at <= slot.at)
    yield from (one for one in here if one.at > slot.at)
    for before in reversed(intents[:clause]):
        yield from reversed(before)
    for behind in intents[clause + 1 :]:
        yield from behind
