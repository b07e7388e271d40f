"""Follow-ups that are only an amount, a pace or a side: "20 cm", "as fast as you can", "right".

They say what to change by their unit alone, so they are read against what the earlier goal has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabrl_reward_worker.generator.followup.numbers import Number, Until, numbers
from tabrl_reward_worker.generator.followup.sides import change_pace, change_side
from tabrl_reward_worker.generator.goal.abilities import figure
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.reading.intents import DISTANCE
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
    SlotKind.COUNT: "“hop five times” or “nod twice”",
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
    clause: str, top_speed: float, sign: int = 0, level: bool = False, *, footed: bool = False
) -> NamedQuantity | None:
    """The only thing a clause names; None if it says what to do.

    Where something is `footed`, "raise it 8 cm" names no more than "8 cm".
    """
    raw = lexicon().read(clause)
    every = measured(raw, top_speed)
    words = [
        word
        for word in every
        if word.kind not in _ASIDE
        and not (footed and word.kind == SlotKind.HEIGHT and "of" in word.meaning)
    ]
    words = words or [word for word in every if word.kind == SlotKind.COUNT]
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
    if quantity.of in (SlotKind.DIRECTION, SlotKind.PACE):
        change = change_side if quantity.of == SlotKind.DIRECTION else change_pace
        done = [change(quantity.way, part) for part in parts]
    else:
        done = [
            ", ".join(one.set(part, _size(quantity, one.size(part) or 0.0)) for one in numbers)
            for part, numbers in zip(parts, _fitting(quantity, parts), strict=False)
        ]
    for part, words in zip(parts, done, strict=False):
        if words:
            part.say(quantity.text, words)
    return any(done)


def _fitting(quantity: NamedQuantity, parts: Sequence[Goal]) -> list[list[Number]]:
    """The numbers of each part that an amount is meant for; none where it is no amount of theirs.

    Raises `UnclearError` where it fits nothing, or more than one thing.
    """
    kind, every = quantity.of, numbers().values()
    fits = [_fits(quantity, part) for part in parts]
    if not any(fits) and len(parts) == 1:
        begun = [one for one in every if one.of == kind and one.begins(parts[0], quantity.value)]
        fits = [begun]
    if not any(fits):
        rhythmic = any(part.rates for part in parts)
        if quantity.sign or kind in _NOT_ALONE or (kind == SlotKind.BEAT and not rhythmic):
            return []
        unfit = "Nothing that was asked before has such an amount. Write what it is"
        raise UnclearError(_UNCLEAR.get(kind) or f"{unfit}: {_EXAMPLES[kind]}.")
    found = [(one, part) for ones, part in zip(fits, parts, strict=True) for one in ones]
    if len({one.what for one, _ in found}) > 1:
        meant = " or ".join(dict.fromkeys(one.what for one, _ in found))
        examples = " or ".join(dict.fromkeys(one.asked(part) for one, part in found))
        raise UnclearError(f"The amount may be meant for {meant}. Write which: {examples}.")
    sizes = {figure(one.size(part) or 0.0) for one, part in found if isinstance(one, Until)}
    if len(sizes) > 1 and not quantity.sign:
        raise UnclearError(
            f"More than one part has such an amount ({' and '.join(sorted(sizes))}). Write all of "
            "it, one after the other, with the new amount in its place."
        )
    return fits


def _size(quantity: NamedQuantity, before: float) -> float:
    if not quantity.sign:
        return quantity.value
    lower = -1.0 if quantity.level and before < 0.0 else 1.0
    return abs(before) + lower * quantity.sign * quantity.value


def _fits(quantity: NamedQuantity, goal: Goal) -> list[Number]:
    """The numbers of a goal that an amount may be meant for."""
    every = numbers()
    fits = [one for one in every.values() if one.of == quantity.of and one.get(goal) is not None]
    far = quantity.value >= DISTANCE or bool(quantity.sign)
    if quantity.of == SlotKind.LENGTH and every["way"] in fits:
        fits = [one for one in fits if (one is every["way"]) == far]
    if quantity.of == SlotKind.LENGTH and goal.hop is not None and goal.moves and not goal.height:
        high = goal.amounts["hop"]["limit"]
        far = not quantity.level if quantity.sign else quantity.value > high
        fits = [one for one in fits if (one is every["reach"]) == far]
    return fits
