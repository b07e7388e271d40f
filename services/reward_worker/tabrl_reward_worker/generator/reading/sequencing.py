"""One thing after another: where a sentence asks for something first and something else then."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tabrl_reward_worker.generator.reading.alternation import alternating, opposite, swings
from tabrl_reward_worker.generator.reading.patterns import kinds_of, rules
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind, Word

MAX_PHASES = 3  # things one after the other
_COMMA = Word(SlotKind.SEP, ",")
_THEN = Word(SlotKind.THEN, "")


class Order(NamedTuple):
    """What comes first, then, and last; the texts of what is too much; whether it begins again."""

    parts: list[list[Word]]
    left_out: list[str]
    repeats: bool


def in_order(words: Sequence[Word]) -> Order:
    """The words of a sentence in the order of what they ask for."""
    told = rules("order").applied(rules("either").applied(words))
    turns = alternating(told)
    again = turns is not told or _has(turns, "AGAIN")
    turns = [word for word in turns if word.kind not in kinds_of("FIRST/AGAIN")]
    parts = split(rules("ends").applied(turns), SlotKind.THEN)
    parts = [piece for part in parts for piece in _by_contradiction(part)]
    for table in ("both", "carried"):
        parts = split(rules(table).applied(_joined(parts)), SlotKind.THEN)
    once = _one_round(parts)
    again = again or len(once) < len(parts)
    swing = swings(once) if again else None
    if swing is not None:
        return Order([swing], [], False)
    return Order(once[:MAX_PHASES], [_text(part) for part in once[MAX_PHASES:]], again)


def split(words: Sequence[Word], kind: SlotKind) -> list[list[Word]]:
    """The words between those of a kind."""
    parts: list[list[Word]] = [[]]
    for word in words:
        if word.kind == kind:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _joined(parts: Iterable[Sequence[Word]]) -> list[Word]:
    """The parts one after another, without those that say nothing."""
    asking = [part for part in parts if any(word.kind != SlotKind.SEP for word in part)]
    return [word for part in asking for word in (_THEN, *part)][1:]


def _one_round(parts: list[list[Word]]) -> list[list[Word]]:
    """ "sit, stand, sit, stand" is a round of two, which begins again."""
    texts = [_text(part) for part in parts]
    for size in range(2, len(parts) // 2 + 1):
        if len(parts) % size == 0 and texts == texts[:size] * (len(parts) // size):
            return parts[:size]
    return parts


def _by_contradiction(words: list[Word]) -> list[list[Word]]:
    """Parts that cannot be done at once come one after the other: "crouch and stand up"."""
    parts: list[list[Word]] = [[]]
    asked: set[tuple[str, str]] = set()
    # "left, right, left" and "forward, stop, backward" are ways to go.
    goes = all(word.kind == SlotKind.STAND for word in words if word.kind in INTENT_KINDS)
    steered = [SlotKind.MOVE] if goes else []
    footed = _has(words, "PAW/HOP/STEP")
    for clause in split(words, SlotKind.SEP):
        wants = _wants(clause, steered, footed)
        if any((what, opposite(way)) in asked for what, way in wants):
            parts.append([])
            asked = set()
        asked |= wants
        parts[-1] += [*([_COMMA] if parts[-1] else []), *clause]
        steered = _steered(_asked(clause)) or steered
    return parts


def _wants(
    clause: Sequence[Word], steered: Sequence[SlotKind], footed: bool
) -> set[tuple[str, str]]:
    """What a clause asks for where only one of two opposites can be had.

    Args:
        clause: the words between two separators.
        steered: what the clauses before it give directions to, the last of it last.
        footed: whether a height may be that of a foot.
    """
    wants = set()
    asked = _asked(clause)
    for at, word in enumerate(asked):
        said = word.meaning.get
        match word.kind:
            case SlotKind.DIRECTION if not said("straight"):
                goes = _steered(asked[:at])[-1:] or _steered(clause)[:1] or steered[-1:]
                wants |= {(kind.name, str(said("direction"))) for kind in goes}
                wants |= {("way", "go") for kind in goes if kind == SlotKind.MOVE}
            case SlotKind.MOVE | SlotKind.TURN:
                wants.add(("way", "go"))
            case SlotKind.HOP if not _has(clause, "PAW"):
                wants.add(("way", "go"))
            case SlotKind.STAND if said("stops"):
                wants.add(("way", "stop"))
            case SlotKind.STAND if said("up") or (said("bare") and len(clause) == 1):
                wants.add(("height", "high"))  # "sit and stand": the end of a crouch
            case SlotKind.HEIGHT if not (said("of") and footed):
                wants.add(("height", str(said("height"))))
            case SlotKind.POSTURE:
                wants.add(("pitch", str(said("pitch"))))
    return wants


def _asked(clause: Sequence[Word]) -> list[Word]:
    """What is not negated: that contradicts nothing."""
    return list(itertools.takewhile(lambda word: word.kind != SlotKind.NEGATION, clause))


def _steered(words: Sequence[Word]) -> list[SlotKind]:
    return [word.kind for word in words if word.kind in kinds_of("STEERED")]


def _has(words: Sequence[Word], kinds: str) -> bool:
    return any(word.kind in kinds_of(kinds) for word in words)


def _text(words: Sequence[Word]) -> str:
    said = (word for word in words if word.kind != SlotKind.SEP)
    return " ".join(word.written if word.read_as else word.text for word in said)
