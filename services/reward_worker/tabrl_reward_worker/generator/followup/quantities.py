"""Follow-ups that are only an amount, a pace or a side: "20 cm", "as fast as you can", "right".

They say what to change by their unit alone, so they are read against what the earlier goal has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabrl_reward_worker.generator.followup.fits import EXAMPLES, Fit, fits_of
from tabrl_reward_worker.generator.followup.sides import change_pace, change_side
from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.reading.lexicon import Word, lexicon
from tabrl_reward_worker.generator.reading.measures import measured
from tabrl_reward_worker.generator.reading.slots import INTENT_KINDS, SlotKind

_MEASURES = (
    SlotKind.SPEED,
    SlotKind.TURN_RATE,
    SlotKind.RATE,
    SlotKind.LENGTH,
    SlotKind.ANGLE,
    SlotKind.RADIUS,
    SlotKind.DURATION,
    SlotKind.NUMBER,
)
_ASIDE = (
    SlotKind.EXTENT,
    SlotKind.DEGREE,
    SlotKind.LIKE,
    SlotKind.SEP,
    SlotKind.COUNT,
    SlotKind.WORD,
    SlotKind.UNIT,
)


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
    if any(word.kind == SlotKind.FROM for word in raw):
        return None
    words = [word for word in measured(raw, top_speed) if word.kind not in _ASIDE]
    if len(words) != 1 or any(word.kind in (*INTENT_KINDS, SlotKind.IMPOSSIBLE) for word in words):
        return None
    word = words[0]
    strange = sum(item.kind in (SlotKind.WORD, SlotKind.LIKE) for item in raw)
    if strange > 1 or any(item.kind == SlotKind.NEGATION for item in raw):
        return None
    return _quantity(word, clause, sign, level)


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
    if word.kind == SlotKind.DIRECTION:
        return NamedQuantity(clause, SlotKind.DIRECTION, way=str(word.meaning["direction"]))
    return (
        NamedQuantity(clause, SlotKind.DIRECTION, way="other")
        if word.kind == SlotKind.OTHER
        else None
    )


def apply_quantity(quantity: NamedQuantity, parts: Sequence[Goal]) -> bool:
    """Change the parts of a goal and say so; False if it is better read as any sentence.

    Raises `UnclearError`.
    """
    if quantity.of == SlotKind.DIRECTION:
        return sum(change_side(quantity.text, quantity.way, part) for part in parts) > 0
    if quantity.of == SlotKind.PACE:
        return sum(change_pace(quantity.text, quantity.way, part) for part in parts) > 0
    if quantity.of == SlotKind.BEAT:
        if not any(part.swings or part.hop for part in parts):
            return False
        raise UnclearError("It keeps a beat already. Write how often: “twice a second”, “120 bpm”.")
    if quantity.of == SlotKind.NUMBER:
        raise UnclearError("A number needs its unit: m/s, cm, degrees, Hz or times a second.")
    if quantity.of == SlotKind.DURATION:
        raise UnclearError(
            "How long something takes is said with the whole sequence: “walk for 3 seconds, then "
            "hop for 2 seconds”."
        )
    fitting = [(part, fit) for part in parts for fit in _fits(quantity, part)]
    named = dict.fromkeys(fit.what for _, fit in fitting)
    if not fitting and (quantity.sign or quantity.of in (SlotKind.SPEED, SlotKind.TURN_RATE)):
        return False  # "0.3 m/s" on top of a sway is walking, "5 cm lower" a crouch
    if not fitting:
        raise UnclearError(
            f"Nothing that was asked before has such an amount. Write what it is: "
            f"{EXAMPLES[quantity.of]}."
        )
    if len(named) > 1:
        examples = dict.fromkeys(fit.example for _, fit in fitting)
        raise UnclearError(
            f"The amount may be meant for {' or '.join(named)}. Write which: "
            f"{' or '.join(examples)}."
        )
    for part, fit in fitting:
        done = fit.change(part, _size(quantity, fit))
        part.understood.append(f"“{quantity.text}” → {done}")
    return True


def _size(quantity: NamedQuantity, fit: Fit) -> float:
    if not quantity.sign:
        return quantity.value
    lower = -1.0 if quantity.level and fit.size < 0.0 else 1.0
    return abs(fit.size) + lower * quantity.sign * quantity.value


def _fits(quantity: NamedQuantity, goal: Goal) -> list[Fit]:
    fits = fits_of(quantity.of, goal)
    if quantity.of == SlotKind.LENGTH and goal.hop is not None and goal.moves and not goal.height:
        high = goal.amounts["hop"]["limit"]
        far = not quantity.level if quantity.sign else quantity.value > high
        fits = [fit for fit in fits if (fit.what == "how far it hops") == far]
    return fits
