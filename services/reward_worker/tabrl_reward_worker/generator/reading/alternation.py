"""What takes turns: "alternate between X and Y", and what goes to and fro too fast for that."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.reading.lexicon import Word
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind

_SHORTEST_S = 2.0  # what takes shorter turns is a rhythm
_JOINERS = (SlotKind.SEP, SlotKind.THEN)
_THEN = Word(SlotKind.THEN, "", {})
_AXES = {
    frozenset(("left", "right")): "side",
    frozenset(("forward", "backward")): "long",
    frozenset(("up", "down")): "vertical",
    frozenset(("low", "high")): "vertical",
}
_SWUNG = (SlotKind.LEAN, SlotKind.TURN, SlotKind.POSTURE, SlotKind.HEIGHT, SlotKind.RHYTHM)


def alternating(words: list[Word]) -> list[Word]:
    """ "alternate between X and Y", "X and stop every 3 seconds": what is joined takes turns."""
    # "every three seconds" is then how long each lasts.
    every = next((word for word in words if word.kind == SlotKind.RATE), None)
    stops = any(
        word.kind == SlotKind.STAND and word.meaning.get("stops") and next_word is every
        for word, next_word in itertools.pairwise(words)
    )
    if not stops and not any(word.kind == SlotKind.ALTERNATE for word in words):
        return words
    if any(word.kind == SlotKind.SWING for word in words) and every is not None:
        # Both sides are one cycle.
        cycle = replace(every, meaning={"value": every.meaning["value"] / 2.0})
        return [cycle if word is every else word for word in words]
    lasts = []
    if every is not None and every.meaning["value"] > 0.0:
        lasts = [Word(SlotKind.DURATION, every.text, {"value": 1.0 / every.meaning["value"]})]
    result: list[Word] = []
    for joined, group in itertools.groupby(words, lambda word: word.kind in _JOINERS):
        said = [word for word in group if word is not every]
        if not joined and any(word.kind != SlotKind.ALTERNATE for word in said):
            result += [*([_THEN] if result else []), *said, *lasts]
    return result


def swings(parts: Sequence[list[Word]]) -> list[Word] | None:
    """Two opposite parts that come again and again as one rhythm, if each is too short for more."""
    if len(parts) != 2:
        return None
    seconds = [_seconds(part) for part in parts]
    ways = [_way(part) for part in parts]
    axis = _AXES.get(frozenset(ways))
    kinds = {word.kind for part in parts for word in part if word.kind in INTENT_KINDS}
    if axis is None or not all(0.0 < lasts < _SHORTEST_S for lasts in seconds):
        return None
    if len(kinds) > 1 or not kinds <= {*_SWUNG}:
        return None
    first, second = (
        [word for word in part if word.kind not in (SlotKind.DURATION, SlotKind.SEP)]
        for part in parts
    )
    times = [word.text for part in parts for word in part if word.kind == SlotKind.DURATION]
    told = [word.text for word in (*first, *second) if _way([word])]
    return [
        *(word for word in first if word.kind != SlotKind.DIRECTION),
        Word(SlotKind.SWING, ", ".join(told), {"axis": axis}),
        Word(SlotKind.RATE, ", ".join(dict.fromkeys(times)), {"value": 1.0 / sum(seconds)}),
    ]


def _seconds(part: Sequence[Word]) -> float:
    return sum(float(w.meaning["value"]) for w in part if w.kind == SlotKind.DURATION)


def _way(part: Sequence[Word]) -> str:
    """Where a part goes: to a side, along, up or down."""
    named = ((word.meaning.get(key) for key in ("direction", "pitch", "height")) for word in part)
    return next((str(way) for ways in named for way in ways if way), "")
