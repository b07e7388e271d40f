"""What takes turns: "alternate between X and Y", and what goes to and fro too fast for that."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.reading.data import table_of
from tabrl_reward_worker.generator.reading.patterns import kinds_of
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind, Word

_SHORTEST_S = 2.0  # what takes shorter turns is a rhythm
_THEN = Word(SlotKind.THEN, "")
_OPPOSITES: dict[str, list[list[str]]] = table_of("intents.toml")["opposites"]  # by axis


def opposite(way: str) -> str:
    """The way that cannot be gone at the same time, if there is one."""
    pairs = (pair for pairs in _OPPOSITES.values() for pair in pairs if way in pair)
    return next((other for pair in pairs for other in pair if other != way), "")


def alternating(words: list[Word]) -> list[Word]:
    """ "alternate between X and Y", "X and stop every 3 seconds": what is joined takes turns."""
    # "every three seconds" is then how long each lasts.
    every = next((word for word in words if word.kind == SlotKind.RATE), None)
    stops = any(
        word.kind == SlotKind.STAND and word.meaning.get("stops") and behind is every
        for word, behind in itertools.pairwise(words)
    )
    if not stops and not any(word.kind == SlotKind.ALTERNATE for word in words):
        return words
    lasts = []
    if every is not None and every.meaning["value"] > 0.0:
        rate = every.meaning["value"]
        if any(word.kind == SlotKind.SWING for word in words):  # both sides are one cycle
            cycle = replace(every, meaning={"value": rate / 2.0})
            return [cycle if word is every else word for word in words]
        lasts = [Word(SlotKind.DURATION, every.text, {"value": 1.0 / rate})]
    result: list[Word] = []
    for joined, group in itertools.groupby(words, lambda word: word.kind in kinds_of("JOIN")):
        said = [word for word in group if word is not every]
        if not joined and any(word.kind != SlotKind.ALTERNATE for word in said):
            result += [*([_THEN] if result else []), *said, *lasts]
    return result


def swings(parts: Sequence[Sequence[Word]]) -> list[Word] | None:
    """Two opposite parts that come again and again as one rhythm, if each is too short for more."""
    if len(parts) != 2:
        return None
    words = [word for part in parts for word in part]
    lasting = [word for word in words if word.kind == SlotKind.DURATION]
    seconds = [sum(w.meaning["value"] for w in part if w in lasting) for part in parts]
    ways = sorted(_way(part) for part in parts)
    axes = [axis for axis, pairs in _OPPOSITES.items() if ways in map(sorted, pairs)]
    swung = {word.kind for word in words if word.kind in INTENT_KINDS}
    if not axes or not all(0.0 < lasts < _SHORTEST_S for lasts in seconds):
        return None
    if len(swung) > 1 or not swung <= kinds_of("SWUNG"):
        return None
    told = [word.text for word in words if _way([word])]
    times = dict.fromkeys(word.text for word in lasting)
    return [
        *(word for word in parts[0] if word.kind not in kinds_of("DURATION/SEP/DIRECTION")),
        Word(SlotKind.SWING, ", ".join(told), {"axis": axes[0]}),
        Word(SlotKind.RATE, ", ".join(times), {"value": 1.0 / sum(seconds)}),
    ]


def _way(part: Sequence[Word]) -> str:
    """Where a part goes: to a side, along, up or down."""
    named = ((word.meaning.get(key) for key in ("direction", "pitch", "height")) for word in part)
    return next((str(way) for ways in named for way in ways if way), "")
