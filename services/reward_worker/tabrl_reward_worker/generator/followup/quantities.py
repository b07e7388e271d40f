"""Follow-ups that are only an amount, a pace or a side: "20 cm", "as fast as you can", "right".

They say what to change by their unit alone, so they are read against what the earlier goal has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabrl_reward_worker.generator.followup.numbers import Number, numbers
from tabrl_reward_worker.generator.followup.sides import change_pace, change_side
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.reading.lexicon import Word, lexicon
from tabrl_reward_worker.generator.reading.measures import measured
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind

_EXAMPLES = {
    SlotKind.RATE: "“sway twice a second” or “take 2 steps a second”",
    SlotKind.LENGTH: (
        "“crouch by 5 cm”, “hop 6 cm high”, “feet lifted 10 cm” or a speed such as “0.4 m/s”"
    ),
    SlotKind.ANGLE: (
        "“bow by 15 degrees”, “lean left by 10 degrees” or “turn at 30 degrees per second”"
    ),
    SlotKind.RADIUS: "“walk in a circle with a radius of 1 m”",
}
_UNCLEAR = {
    SlotKind.BEAT: "It keeps a beat already. Write how often: “twice a second”, “120 bpm”.",
    SlotKind.NUMBER: "A number needs its unit: m/s, cm, degrees, Hz or times a second.",
    SlotKind.DURATION: (
        "How long something takes is said with the whole sequence: “walk for 3 seconds, then hop "
        "for 2 seconds”."
    ),
}
_NOT_ALONE = (SlotKind.SPEED, SlotKind.TURN_RATE)  # on top of a sway "0.3 m/s" is walking
_MEASURES = (*_NOT_ALONE, *_EXAMPLES, SlotKind.DURATION, SlotKind.NUMBER)
_ASIDE = (
    SlotKind.EXTENT, SlotKind.DEGREE, SlotKind.LIKE, SlotKind.SEP, SlotKind.COUNT, SlotKind.WORD,
    SlotKind.UNIT,
)  # fmt: skip


class UnclearError(Exception):
    """An amount that fits nothing, or more than one thing; the message says what to write."""


@dataclass(frozen=True)
class NamedQuantity:
    """What a clause names: an amount `of` a kind, a pace, or a side; and its words."""

    text: str
    of: SlotKind
    value: float = 0.0
    way: str = ""
    sign: int = 0  # 0: to so much; 1 or -1: by so much more or less
    level: bool = False  # higher or lower, which a crouch takes the other way round


def quantity_in(
    clause: str, top_speed: float, sign: int = 0, level: bool = False
) -> NamedQuantity | None:
    """The only thing a clause names; None if it says what to do."""
    raw = lexicon().read(clause)
    words = [word for word in measured(raw, top_speed) if word.kind not in _ASIDE]
    does = any(word.kind in (*INTENT_KINDS, SlotKind.IMPOSSIBLE) for word in words)
    denies = any(word.kind in (SlotKind.FROM, SlotKind.NEGATION) for word in raw)
    strange = sum(word.kind in (SlotKind.WORD, SlotKind.LIKE) for word in raw)
    if len(words) != 1 or does or denies or strange > 1:
        return None
    return _quantity(words[0], clause, sign, level)


def _quantity(word: Word, clause: str, sign: int, level: bool) -> NamedQuantity | None:
    if word.kind in _MEASURES and "ends" not in word.meaning:
        value = float(word.meaning["value"])
        if word.kind == SlotKind.SPEED and value < 0.0 and not sign:
            return None  # a way as well: as any sentence
        return NamedQuantity(clause, word.kind, abs(value), sign=sign, level=level)
    if sign:
        return None
    if word.kind in (SlotKind.BEAT, SlotKind.BEATPHRASE):
        return NamedQuantity(clause, SlotKind.BEAT)
    if word.kind in (SlotKind.ADJ, SlotKind.ADV):
        return NamedQuantity(clause, SlotKind.PACE, way=str(word.meaning["pace"]))
    if word.kind in (SlotKind.DIRECTION, SlotKind.OTHER):
        way = str(word.meaning["direction"]) if word.kind == SlotKind.DIRECTION else "other"
        return NamedQuantity(clause, SlotKind.DIRECTION, way=way)
    return None


def apply_quantity(quantity: NamedQuantity, parts: Sequence[Goal]) -> bool:
    """Change the parts of a goal and say so; False if it is better read as any sentence.

    Raises `UnclearError`.
    """
    kind = quantity.of
    if kind in (SlotKind.DIRECTION, SlotKind.PACE):
        change = change_side if kind == SlotKind.DIRECTION else change_pace
        done = [change(quantity.way, part) for part in parts]
    elif kind in _UNCLEAR:
        if kind == SlotKind.BEAT and not any(part.rates for part in parts):
            return False
        raise UnclearError(_UNCLEAR[kind])
    else:
        fits = [_fits(quantity, part) for part in parts]
        if not any(fits) and (quantity.sign or kind in _NOT_ALONE):
            return False
        _require_one(parts, fits, kind)
        done = [
            ", ".join(one.set(part, _size(quantity, one.size(part) or 0.0)) for one in numbers)
            for part, numbers in zip(parts, fits, strict=True)
        ]
    for part, words in zip(parts, done, strict=True):
        if words:
            part.say(quantity.text, words)
    return any(done)


def _require_one(parts: Sequence[Goal], fits: Sequence[Sequence[Number]], kind: SlotKind) -> None:
    """Raises `UnclearError` where an amount fits nothing, or more than one thing."""
    named = dict.fromkeys(one.what for numbers in fits for one in numbers)
    if not named:
        unfit = "Nothing that was asked before has such an amount. Write what it is"
        raise UnclearError(f"{unfit}: {_EXAMPLES[kind]}.")
    if len(named) > 1:
        asked = [
            one.asked(part) for part, numbers in zip(parts, fits, strict=True) for one in numbers
        ]
        examples = " or ".join(dict.fromkeys(asked))
        meant = f"The amount may be meant for {' or '.join(named)}"
        raise UnclearError(f"{meant}. Write which: {examples}.")


def _size(quantity: NamedQuantity, before: float) -> float:
    if not quantity.sign:
        return quantity.value
    lower = -1.0 if quantity.level and before < 0.0 else 1.0
    return abs(before) + lower * quantity.sign * quantity.value


def _fits(quantity: NamedQuantity, goal: Goal) -> list[Number]:
    """The numbers of a goal that an amount may be meant for."""
    every = numbers()
    fits = [one for one in every.values() if one.of == quantity.of and one.get(goal) is not None]
    if quantity.of == SlotKind.LENGTH and goal.hop is not None and goal.moves and not goal.height:
        high = goal.amounts["hop"]["limit"]
        far = not quantity.level if quantity.sign else quantity.value > high
        fits = [one for one in fits if (one is every["reach"]) == far]
    return fits
