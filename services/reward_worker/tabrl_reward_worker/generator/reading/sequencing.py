"""One thing after another: where a sentence asks for something first and something else then."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.patterns import applied, kinds_of, split
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind, Word

_SHORTEST_S = 2.0  # what takes shorter turns is a rhythm
_COMMA = Word(SlotKind.SEP, ",")
_THEN = Word(SlotKind.THEN, "")
_OPPOSITES = [
    (axis, pair) for axis, pairs in table_of("intents.toml")["opposites"].items() for pair in pairs
]
_LET_GO = ("pose", "over")  # at first it contradicts none behind it: "stand up and bow"
_OPPOSITE = {way: other for _, pair in _OPPOSITES for way, other in (pair, reversed(pair))}


def in_order(words: Sequence[Word]) -> tuple[list[list[Word]], bool]:
    """The words in the order of what they ask for, and whether after the last it begins again."""
    words = applied(
        "turns", applied("returns", applied("order", applied("either", applied("figures", words))))
    )
    again = _has(words, "AGAIN")
    words = [word for word in _alternating(words) if word.kind not in kinds_of("FIRST/AGAIN")]
    parts = split(applied("ends", applied("nouns", words)), "THEN")
    parts = [piece for part in parts for piece in _by_contradiction(part)]
    for table in ("ramps", "back", "carried", "routes"):
        parts = split(applied(table, _joined(parts)), "THEN")
    once = _one_round(parts)
    again = again or len(once) < len(parts)
    cycle = [] if again else _cycle(once)
    swing = _swing(cycle or once) if again or cycle else None
    return ([swing], False) if swing else (cycle or once, again or bool(cycle))


def quoted(words: Iterable[Word]) -> str:
    """The words as they were written."""
    said = (word for word in words if word.kind != SlotKind.SEP)
    return " ".join(word.written if word.read_as else word.text for word in said)


def _alternating(words: Sequence[Word]) -> Sequence[Word]:
    """ "alternate between X and Y every 3 seconds": what is joined takes turns, so long each."""
    if not _has(words, "ALTERNATE") or any(word.meaning.get("cycle") for word in words):
        return words
    every = next((word for word in words if word.kind == SlotKind.RATE), None)
    lasts = []
    if every is not None and every.meaning["value"] > 0.0:
        lasts = [Word(SlotKind.DURATION, every.text, {"value": 1.0 / every.meaning["value"]})]
    parts = [[word for word in part if word is not every] for part in split(words, "JOIN")]
    return _joined([*part, *lasts] for part in parts if _has(part, "!ALTERNATE"))


def _joined(parts: Iterable[Sequence[Word]]) -> list[Word]:
    """The parts one after another, without those that say nothing."""
    asking = (part for part in parts if _has(part, "!SEP"))
    return [word for part in asking for word in (_THEN, *part)][1:]


def _one_round(parts: list[list[Word]]) -> list[list[Word]]:
    """ "sit, stand, sit, stand" is a round of two, which begins again; what ends is done twice."""
    texts = [quoted(part) for part in parts]
    if any(_has(part, "DURATION/LENGTH/ANGLE/COUNT") for part in parts):
        return parts
    for size in range(2, len(parts) // 2 + 1):
        if len(parts) % size == 0 and texts == texts[:size] * (len(parts) // size):
            return parts[:size]
    return parts


def _cycle(parts: Sequence[Sequence[Word]]) -> list[list[Word]]:
    """ "crouch and rise once a second": each of two opposite parts lasts half of that."""
    rate = next((word for word in parts[-1] if word.kind == SlotKind.RATE), None)
    slow = rate is not None and rate.meaning["value"] * 2.0 * _SHORTEST_S <= 1.0
    steps = any(_has(part, "MOVE/HOP/PAW") for part in parts)  # have a frequency of their own
    if rate is None or not _axis(parts) or rate.meaning["value"] <= 0.0 or (steps and not slow):
        return []
    each = Word(SlotKind.DURATION, rate.text, {"value": 0.5 / rate.meaning["value"]})
    return [[*(word for word in part if word is not rate), each] for part in parts]


def _axis(parts: Sequence[Sequence[Word]]) -> str:
    """Along what the second of two parts goes back from where the first does; else nothing."""
    first, *others = map(_way, parts)
    if others == [""] and any(map(_lets_go, parts[1])):
        others = [_OPPOSITE.get(first, "")]
    found = (axis for axis, pair in _OPPOSITES if sorted([first, *others]) == sorted(pair))
    return next(found, "")


def _swing(parts: Sequence[Sequence[Word]]) -> list[Word]:
    """Two opposite parts that come again and again as one rhythm, if each is too short for more."""
    words = [word for part in parts for word in part]
    times = [[word for word in part if word.kind == SlotKind.DURATION] for part in parts]
    seconds = [sum(word.meaning["value"] for word in lasting) for lasting in times]
    axis = _axis(parts)
    swung = {word.kind for word in words if word.kind in INTENT_KINDS and not _lets_go(word)}
    short = all(0.0 < lasts < _SHORTEST_S for lasts in seconds)
    if not axis or not short or len(swung) > 1 or not swung <= kinds_of("SWUNG"):
        return []
    named = [word for word in words if _way([word]) or _lets_go(word)]
    told = [word.text for word in named if word not in parts[0] or word.kind not in INTENT_KINDS]
    rate = dict.fromkeys(word.text for lasting in times for word in lasting)
    return [
        *(word for word in parts[0] if word.kind not in kinds_of("DURATION/SEP/DIRECTION")),
        Word(SlotKind.SWING, ", ".join(told), {"axis": axis}),
        Word(SlotKind.RATE, ", ".join(rate), {"value": 1.0 / sum(seconds)}),
    ]


def _way(part: Iterable[Word]) -> str:
    """Where a part goes: to a side, along, up or down."""
    named = ((word.meaning.get(key) for key in ("direction", "pitch", "height")) for word in part)
    return next((str(way) for ways in named for way in ways if way), "")


def _by_contradiction(words: list[Word]) -> list[list[Word]]:
    """Parts that cannot be done at once come one after the other: "crouch and stand up"."""
    parts: list[list[Word]] = [[]]
    asked: set[tuple[str, str]] = set()
    # "left, right, left" and "forward, stop, backward" are ways to go.
    goes = all(word.kind == SlotKind.STAND for word in words if word.kind in INTENT_KINDS)
    steered = [SlotKind.MOVE] if goes else []
    footed = _has(words, "PAW/HOP/STEP")
    for clause in split(words, "SEP"):
        wants = _wants(clause, steered, footed)
        if any((what, _OPPOSITE.get(way)) in asked for what, way in wants):
            parts.append([])
            asked = set()
        asked |= wants if len(parts) > 1 else wants - {_LET_GO}
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
        wants |= {("pose", "held")} if word.kind in kinds_of("HELD") else set()
        wants |= {_LET_GO} if _lets_go(word) else set()
        match word.kind:
            case SlotKind.DIRECTION if not said("straight"):
                goes = _steered(asked[:at])[-1:] or _steered(clause)[:1] or steered[-1:]
                wants |= {(kind.name, str(said("direction"))) for kind in goes}
                wants |= {("way", "go") for kind in goes if kind == SlotKind.MOVE}
            case SlotKind.MOVE | SlotKind.TURN:
                wants.add(("way", "go"))
            case SlotKind.HOP if not _has(clause, "PAW"):
                wants.add(("way", "go"))
            case SlotKind.REACH if said("direction"):
                wants.add((word.kind.name, str(said("direction"))))
            case SlotKind.STAND if said("stops"):
                wants.add(("way", "stop"))
            case SlotKind.STAND if said("up") or (said("bare") and len(clause) == 1):
                wants.add(("height", "high"))  # "sit and stand": the end of a crouch
            case SlotKind.HEIGHT if not (said("of") and footed):
                wants.add(("height", str(said("height"))))
            case SlotKind.POSTURE:
                wants.add(("pitch", str(said("pitch"))))
    return wants


def _lets_go(word: Word) -> bool:
    """Whether it ends a pose: "stand up", "put it down"."""
    return word.kind == SlotKind.STAND and bool(word.meaning.get("up") or word.meaning.get("over"))


def _asked(clause: Iterable[Word]) -> list[Word]:
    """What is not negated: that contradicts nothing."""
    return list(itertools.takewhile(lambda word: word.kind != SlotKind.NEGATION, clause))


def _steered(words: Iterable[Word]) -> list[SlotKind]:
    return [word.kind for word in words if word.kind in kinds_of("STEERED")]


def _has(words: Iterable[Word], kinds: str) -> bool:
    return any(word.kind in kinds_of(kinds) for word in words)
