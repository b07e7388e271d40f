"""Numbers and units: from "half", "a", "metre", "per", "second" to one word that is a speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tabrl_reward_worker.generator.reading.patterns import Found, applied, found, rewritten
from tabrl_reward_worker.generator.reading.slots import SlotKind, Word, text_of


def measured(words: Sequence[Word], top_speed: float) -> list[Word]:
    """The words with numbers and units drawn together; SI units.

    A measure that is a range means its middle; `ends` are then the two measures it lies between,
    and `ramp` says that it goes from one to the other. `top_speed` is in m/s.
    """
    words = [
        replace(word, meaning={**word.meaning, "value": top_speed})
        if word.meaning.get("pace") == "fastest"
        else word
        for word in applied("numbers", words)
    ]
    drawn = rewritten(words, lambda here, at: _range(here, at) or found("measures", here, at))
    return applied("joined", drawn)


def _range(words: Sequence[Word], start: int) -> Found | None:
    """ "from 0.3 to 1 m/s", "between 20 cm and 30 cm", "2 to 3 times a second"."""
    opened = words[start].kind == SlotKind.FROM
    between = words[start].meaning.get("between", False)
    begin = start + opened
    low = found("measures", words, begin)
    joiner = low.end if low else begin + 1
    kinds = [word.kind for word in (*words[begin : begin + 1], *words[joiner : joiner + 2])]
    joiners = [SlotKind.TO, SlotKind.SEP] if between else [SlotKind.TO]
    if kinds[::2] != [SlotKind.NUMBER, SlotKind.NUMBER] or kinds[1] not in joiners:
        return None
    rest = words[joiner + 1 :]
    if opened and [word.text for word in rest[2:3]] == ["every"]:
        rest = rest[:2]  # "every two seconds" is how often it goes to and fro
    high = found("measures", rest, 0)
    if high and not low:
        low = found("measures", [words[begin], *rest[1 : high.end]], 0)
    if not high or not low or [w.kind for w in high.words] != [w.kind for w in low.words]:
        return None
    ends = (low.words[-1], high.words[-1])
    values = [end.meaning["value"] for end in ends]
    meaning = {
        "value": sum(values) / 2.0,
        "ends": ends,
        "ramp": opened and not between,
        "opposed": min(values) * max(values) <= 0.0,
    }
    end = joiner + 1 + high.end
    middle = Word(ends[1].kind, text_of(words[start:end]), meaning)
    return Found([*high.words[:-1], middle], end)
