"""Follow-ups that are only an amount, a pace or a side: "20 cm", "as fast as you can", "right".

They say what to change by their unit alone, so they are read against what the earlier goal has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabrl.embodiments.legged.askable import Askable
from tabrl_reward_worker.generator.followup.comparisons import PERCENT
from tabrl_reward_worker.generator.followup.numbers import Number, numbers
from tabrl_reward_worker.generator.followup.phrases import find_phrase, table
from tabrl_reward_worker.generator.followup.sides import change_pace, change_side
from tabrl_reward_worker.generator.goal.abilities import figure
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.plan import Plan
from tabrl_reward_worker.generator.reading.intents import DISTANCE
from tabrl_reward_worker.generator.reading.lexicon import Word, lexicon
from tabrl_reward_worker.generator.reading.measures import measured
from tabrl_reward_worker.generator.reading.patterns import kinds_of
from tabrl_reward_worker.generator.reading.slots import SlotKind

_SPEEDS = (SlotKind.SPEED, SlotKind.TURN_RATE)  # on top of a sway "0.3 m/s" is walking
_ASIDE = "EXTENT/DEGREE/LIKE/SEP/COUNT/WORD/UNIT"
_OF_FEET = (Askable.FOOT_HEIGHT, Askable.HOP_HEIGHT, Askable.STEP_HEIGHT)


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


def quantity_in(clause: str, plan: Plan) -> NamedQuantity | None:
    """The only thing that a clause names: "20 cm", "2 cm lower", "to the right"; else None.

    Where a foot is held up, "raise it 8 cm" names no more than "8 cm". Raises `UnclearError`.
    """
    phrase, entry = find_phrase("comparison", clause) or ("", {})
    rises = float(entry.get("factor", 1.0)) > 1.0 or float(entry.get("step", 0.0)) > 0.0
    sign = 0 if not phrase else 1 if rises else -1
    raw = lexicon().read(clause.replace(phrase, " ", 1))
    every = measured(raw, plan.amounts.top_speed)
    footed = any(part.find(quantity) for part in plan.parts for quantity in _OF_FEET)
    words = [word for word in every if word.kind not in kinds_of(_ASIDE)]
    if footed:
        words = [word for word in words if word.kind != SlotKind.HEIGHT or "of" not in word.meaning]
    words = words or [word for word in every if word.kind == SlotKind.COUNT]
    denies = any(word.kind in kinds_of("FROM/NEGATION") for word in raw)
    strange = sum(word.kind in kinds_of("WORD/LIKE") for word in raw)
    if len(words) != 1 or denies or strange > 1 or PERCENT.search(clause):
        return None
    quantity = _named(words[0], clause, sign, level=entry.get("aspect") == "level")
    probes = [part.copy() for part in plan.parts]
    return quantity if quantity is not None and apply_quantity(quantity, probes) else None


def _named(word: Word, clause: str, sign: int, *, level: bool) -> NamedQuantity | None:
    if word.kind in kinds_of("MEASURE/NUMBER") and "ends" not in word.meaning:
        value = float(word.meaning["value"])
        if word.kind == SlotKind.SPEED and value < 0.0 and not sign:
            return None  # a way as well: as any sentence
        return NamedQuantity(clause, word.kind, abs(value), sign=sign, level=level)
    if sign:
        return None
    if word.kind in kinds_of("BEAT/BEATPHRASE"):
        return NamedQuantity(clause, SlotKind.BEAT)
    if word.kind in kinds_of("ADJ/ADV"):
        return NamedQuantity(clause, SlotKind.PACE, way=str(word.meaning["pace"]))
    if word.kind in kinds_of("DIRECTION/OTHER"):
        way = str(word.meaning.get("direction", "other"))
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
            ", ".join(one.set(part, _size(quantity, one.size(part))) for one in numbers)
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
        if quantity.sign or kind in _SPEEDS or (kind == SlotKind.BEAT and not rhythmic):
            return []
        raise UnclearError(table("unfit")[kind.name])
    found = [(one, part) for ones, part in zip(fits, parts, strict=True) for one in ones]
    if len({one.what for one, _ in found}) > 1:
        meant = " or ".join(dict.fromkeys(one.what for one, _ in found))
        examples = " or ".join(dict.fromkeys(one.asked(part) for one, part in found))
        raise UnclearError(f"The amount may be meant for {meant}. Write which: {examples}.")
    sizes = {figure(one.size(part)) for one, part in found if one.over}
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
