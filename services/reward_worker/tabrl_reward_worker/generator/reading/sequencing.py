"""One thing after another: where a sentence asks for something first and something else then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tabrl_reward_worker.generator.reading.alternation import alternating, swings
from tabrl_reward_worker.generator.reading.intents import DISTANCE, opposed
from tabrl_reward_worker.generator.reading.lexicon import Word
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind

MAX_PHASES = 3  # things one after the other
_THERE_AND_BACK = {"long": ("forward", "backward"), "side": ("left", "right")}
_OPPOSITE = {
    "forward": "backward",
    "backward": "forward",
    "left": "right",
    "right": "left",
    "low": "high",
    "high": "low",
    "go": "stop",
    "stop": "go",
    "up": "down",
    "down": "up",
}
_STEERED = (
    SlotKind.MOVE,
    SlotKind.TURN,
    SlotKind.LEAN,
    SlotKind.HOP,
    SlotKind.PAW,
)  # intents that have one direction at a time
_PLAIN = (",", ";", ".", "!", "?", "and")  # part clauses, whatever these say
_GOING = (SlotKind.MOVE, SlotKind.ADJ, SlotKind.ADV, SlotKind.SPEED)
_DOES = {
    SlotKind.MOVE,
    SlotKind.TURN,
    SlotKind.HOP,
    SlotKind.STAND,
    SlotKind.RHYTHM,
    SlotKind.PAW,
    SlotKind.REAR,
    SlotKind.POSTURE,
}
_COMMA = Word(SlotKind.SEP, ",", {})
_THEN = Word(SlotKind.THEN, "", {})
_WAIT = Word(SlotKind.STAND, "", {"stops": True})


class Order(NamedTuple):
    """What comes first, then, and last; the texts of what is too much; whether it begins again."""

    parts: list[list[Word]]
    left_out: list[str]
    repeats: bool


def in_order(words: Sequence[Word]) -> Order:
    """The words of a sentence in the order of what they ask for."""
    turned = _turned_round(_or(list(words)))
    words = alternating(turned)
    again = (SlotKind.REPEAT, SlotKind.ALTERNATE)
    repeats = words is not turned or any(word.kind in again for word in words)
    words = [
        word
        for word in words
        if word.kind not in (SlotKind.FIRST, SlotKind.REPEAT, SlotKind.ALTERNATE)
    ]
    parts = [
        stretch
        for part in _split(_by_durations(words), SlotKind.THEN)
        for piece in _by_contradiction(part)
        for ramp in _from_to(piece)
        for stretch in _there_and_back(ramp)
    ]
    parts = [part for part in parts if any(word.kind != SlotKind.SEP for word in part)]
    carried = _carried_on(parts)
    parts = _one_round(carried)
    swing = swings(parts) if repeats or len(parts) < len(carried) else None
    if swing is not None:
        return Order([swing], [], False)
    left_out = [_text(part) for part in parts[MAX_PHASES:]]
    return Order(parts[:MAX_PHASES], left_out, repeats or len(parts) < len(carried))


def _one_round(parts: list[list[Word]]) -> list[list[Word]]:
    """ "sit, stand, sit, stand" is a round of two, which begins again."""
    texts = [_text(part) for part in parts]
    for size in range(2, len(parts) // 2 + 1):
        if len(parts) % size == 0 and texts == texts[:size] * (len(parts) // size):
            return parts[:size]
    return parts


def _or(words: list[Word]) -> list[Word]:
    """ "without turning or swaying" denies both; any other "or" separates."""
    result: list[Word] = []
    denial: Word | None = None
    for word in words:
        if word.kind in (SlotKind.SEP, SlotKind.THEN):
            denial = None
        elif word.kind == SlotKind.NEGATION:
            denial = word
        elif word.kind == SlotKind.OR:
            word = replace(denial, text=word.text) if denial else replace(word, kind=SlotKind.SEP)
        result.append(word)
    return result


def _turned_round(words: list[Word]) -> list[Word]:
    """ "after X, Y", "Y after X" and "before Y, X" in the order in which things happen."""
    for at, word in enumerate(words):
        if (
            word.kind == SlotKind.AFTER
            and at + 1 < len(words)
            and words[at + 1].kind == SlotKind.DURATION
        ):
            # "and after three seconds hop": the duration belongs to what comes before.
            before = words[:at] if _has_intent(words[:at]) else [*words[:at], _WAIT]
            return _turned_round([*before, words[at + 1], _THEN, *words[at + 2 :]])
        if word.kind not in (SlotKind.AFTER, SlotKind.BEFORE):
            continue
        here, rest = words[:at], words[at + 1 :]
        if _has_intent(here):
            comma = _end_of_clause(rest)
            order = [rest[:comma], here] if word.kind == SlotKind.AFTER else [here, rest[:comma]]
            return _turned_round([*order[0], _THEN, *order[1], *rest[comma:]])
        comma = _end_of_clause(rest)
        named, others = rest[:comma], rest[comma + 1 :]
        order = [named, others] if word.kind == SlotKind.AFTER else [others, named]
        return [*here, *order[0], _THEN, *_turned_round(order[1])]
    return words


def _end_of_clause(words: Sequence[Word]) -> int:
    return next(
        (at for at, word in enumerate(words) if word.kind in (SlotKind.SEP, SlotKind.THEN)),
        len(words),
    )


def _by_durations(words: list[Word]) -> list[Word]:
    """A clause that says how long or how far ends there: "walk for 3 seconds, hop for 2"."""
    result: list[Word] = []
    clauses = _split(words, SlotKind.SEP, SlotKind.THEN)
    for clause, following in zip(clauses, [*clauses[1:], []], strict=True):
        result += clause
        at = len(result)
        if at < len(words):
            lasts = _has_intent(clause) and any(word.kind == SlotKind.DURATION for word in clause)
            ends = lasts or (words[at].text in _PLAIN and _arrives(clause, following))
            result.append(_THEN if ends else words[at])
    return result


def _arrives(clause: Sequence[Word], following: Sequence[Word]) -> bool:
    """ "walk 2 metres, turn 90 degrees", "walk, turn around": the way ends before the next."""
    goes = {word.kind for word in clause} & _DOES
    goes_on = {word.kind for word in following} & _DOES
    if not (goes and goes_on) or any(
        word.kind == SlotKind.NEGATION for word in (*clause, *following)
    ):
        return False
    far = goes_on & {SlotKind.MOVE, SlotKind.TURN, SlotKind.HOP, SlotKind.STAND} and any(
        (
            word.kind == SlotKind.LENGTH
            and word.meaning["value"] >= DISTANCE
            and SlotKind.MOVE in goes
        )
        or (word.kind == SlotKind.ANGLE and SlotKind.TURN in goes)
        for word in clause
    )
    done = any(word.kind == SlotKind.COUNT for word in clause) and SlotKind.MOVE not in goes
    about = any(word.meaning.get("about") for word in (*clause, *following))
    return bool(far) or about or done


def _by_contradiction(words: list[Word]) -> list[list[Word]]:
    """Parts that cannot be done at once come one after the other: "crouch and stand up"."""
    parts: list[list[Word]] = [[]]
    asked: set[tuple[str, str]] = set()
    # "left, right, left" and "forward, stop, backward" are ways to go.
    steered = (
        ""
        if any(word.kind in INTENT_KINDS and word.kind != SlotKind.STAND for word in words)
        else SlotKind.MOVE
    )
    footed = any(word.kind in (SlotKind.PAW, SlotKind.HOP, SlotKind.STEP) for word in words)
    for clause in _split(words, SlotKind.SEP):
        wants, steered = _wants(clause, steered, footed)
        if _stands_up(clause):
            wants.add((SlotKind.HEIGHT, "high"))
        if any((kind, _OPPOSITE.get(what, "")) in asked for kind, what in wants):
            parts.append([])
            asked = set()
        asked |= wants
        parts[-1] += [*([_COMMA] if parts[-1] else []), *clause]
    return parts


def _stands_up(clause: Sequence[Word]) -> bool:
    """ "sit and stand": a lone "stand" is the end of a crouch."""
    return len(clause) == 1 and bool(clause[0].meaning.get("bare"))


def _wants(clause: Sequence[Word], steered: str, footed: bool) -> tuple[set[tuple[str, str]], str]:
    """What a clause asks for where only one of two opposites can be had, and what it steers."""
    wants = set()
    steered_kinds = [word.kind for word in clause if word.kind in _STEERED]
    kinds = {word.kind for word in clause}
    for at, word in enumerate(clause):
        if word.kind == SlotKind.NEGATION:
            break  # what is negated contradicts nothing
        if word.kind in _STEERED:
            steered = word.kind
        if (
            word.kind == SlotKind.DIRECTION
            and (steered or steered_kinds)
            and not word.meaning.get("straight")
        ):
            before = any(item.kind in _STEERED for item in clause[:at])
            intent = steered if before or not steered_kinds else steered_kinds[0]
            wants.add((intent, str(word.meaning["direction"])))
            if intent == SlotKind.MOVE:
                wants.add(("WAY", "go"))
        elif word.kind in (SlotKind.MOVE, SlotKind.TURN) or (
            word.kind == SlotKind.HOP and SlotKind.PAW not in kinds
        ):
            wants.add(("WAY", "go"))
        elif word.kind == SlotKind.STAND and word.meaning.get("stops"):
            wants.add(("WAY", "stop"))
        elif word.kind == SlotKind.HEIGHT and not ("of" in word.meaning and footed):
            wants.add((SlotKind.HEIGHT, str(word.meaning["height"])))
        elif word.kind == SlotKind.POSTURE:
            wants.add((SlotKind.POSTURE, str(word.meaning["pitch"])))
        elif word.kind == SlotKind.STAND and word.meaning.get("up"):
            wants.add((SlotKind.HEIGHT, "high"))
    return wants, steered


def _there_and_back(words: list[Word]) -> list[list[Word]]:
    """ "walk back and forth" goes one way, then the other."""
    for at, word in enumerate(words):
        ways = (
            _THERE_AND_BACK.get(str(word.meaning.get("axis")))
            if word.kind == SlotKind.SWING
            else None
        )
        if ways is None:
            continue
        begin = max((i for i in range(at) if words[i].kind == SlotKind.SEP), default=-1) + 1
        clause = words[begin : at + _end_of_clause(words[at:])]
        intents = [
            item for item in clause if item.kind in INTENT_KINDS and "of" not in item.meaning
        ]
        goes = [
            item for item in intents if item.kind in (SlotKind.MOVE, SlotKind.HOP, SlotKind.PAW)
        ]
        if word.meaning["axis"] == "long" or any("swing" in item.meaning for item in goes):
            goes = [item for item in goes if item.kind != SlotKind.PAW]
        if len(goes) != len(intents) or not intents:
            continue
        if word.meaning["axis"] == "side" and goes[0].meaning.get("generic"):
            continue  # "move from side to side" is a sway
        turned = [Word(SlotKind.DIRECTION, word.text, {"direction": way}) for way in ways]
        return [[*words[:at], way, *words[at + 1 :]] for way in turned]
    return [words]


def _from_to(words: list[Word]) -> list[list[Word]]:
    """ "from 0.3 to 1 m/s" is the one, then the other; a rhythm goes to and fro between them."""
    kinds = {word.kind for word in words}
    for at, word in enumerate(words):
        if not word.meaning.get("ramp"):
            continue
        beats = kinds & {SlotKind.RHYTHM, SlotKind.SWING, SlotKind.RATE, SlotKind.TURN} or opposed(
            word.meaning["ends"]
        )
        if not (beats and word.kind in (SlotKind.ANGLE, SlotKind.LENGTH)):
            return [[*words[:at], end, *words[at + 1 :]] for end in word.meaning["ends"]]
    return [words]


def _carried_on(parts: list[list[Word]]) -> list[list[Word]]:
    """A part without a verb takes the one before it along: "walk left, then right"."""
    result: list[list[Word]] = []
    if len(parts) > 1 and not _has_intent(parts[0]) and _says_how(parts[0]):
        # "first slowly, then quickly walk"
        parts = [
            [*[word for word in parts[1] if word.kind in INTENT_KINDS][:1], *parts[0]],
            *parts[1:],
        ]
    for part in parts:
        if result and not _has_intent(part) and _says_how(part):
            verbs = [word for word in result[-1] if word.kind in INTENT_KINDS][:1]
            ways = [word for word in result[-1] if word.kind == SlotKind.DIRECTION]
            kept = [] if any(word.kind == SlotKind.DIRECTION for word in part) else ways
            part = [*verbs, *kept, *part]
        elif result and _circles(part):
            # "trot in a figure of eight": the second circle is trotted as well.
            part = [*[word for word in result[-1] if word.kind in _GOING], *part]
        result.append([word for word in part if word.text or word.kind != SlotKind.THEN])
    return result


def _circles(words: Sequence[Word]) -> bool:
    intents = [word for word in words if word.kind in INTENT_KINDS]
    return bool(intents) and all(
        word.kind == SlotKind.TURN and word.meaning.get("move") for word in intents
    )


def _says_how(words: Sequence[Word]) -> bool:
    return any(
        word.kind
        in (SlotKind.DIRECTION, SlotKind.ADJ, SlotKind.ADV, SlotKind.EXTENT, SlotKind.SPEED)
        for word in words
    )


def _has_intent(words: Sequence[Word]) -> bool:
    return any(word.kind in INTENT_KINDS for word in words)


def _split(words: Sequence[Word], *kinds: str) -> list[list[Word]]:
    parts: list[list[Word]] = [[]]
    for word in words:
        if word.kind in kinds:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _text(words: Sequence[Word]) -> str:
    return " ".join(
        word.written if word.read_as else word.text for word in words if word.kind != SlotKind.SEP
    )
