"""Numbers and units: from "half", "a", "metre", "per", "second" to one word that is a speed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pint

from tabrl_reward_worker.generator.reading.lexicon import Meaning, Word
from tabrl_reward_worker.generator.reading.numbers import join_numbers, number_word
from tabrl_reward_worker.generator.reading.slots import SlotKind

_KINDS = {
    "[length]": SlotKind.LENGTH,
    "[time]": SlotKind.DURATION,
    "[length] / [time]": SlotKind.SPEED,
}
_SI = {
    SlotKind.LENGTH: "metre",
    SlotKind.DURATION: "second",
    SlotKind.SPEED: "metre / second",
    SlotKind.ANGLE: "radian",
    SlotKind.TURN_RATE: "radian / second",
    SlotKind.RATE: "hertz",
}
_SIGNED = (
    SlotKind.SPEED,
    SlotKind.TURN_RATE,
)  # "at -0.3 m/s" is backwards; "-10 degrees" says no more than 10
_JOINERS = (SlotKind.BY, SlotKind.TO, SlotKind.FROM, SlotKind.MINUS, SlotKind.NAMED)
_TURN_S = 2.0  # what is done for so long "each" takes turns one after the other
_SHORT = 2  # letters; a unit so short is none without a number
_COUNTED = (
    SlotKind.TURN,
    SlotKind.HOP,
    SlotKind.RHYTHM,
    SlotKind.STEP,
    SlotKind.MOVE,
    SlotKind.PAW,
    SlotKind.POSTURE,
    SlotKind.HEIGHT,
    SlotKind.STRIDE,
)
_DONE = (
    SlotKind.TURN,
    SlotKind.HOP,
    SlotKind.RHYTHM,
    SlotKind.POSTURE,
)  # "three hops" are hops three times


@dataclass(frozen=True)
class _Found:
    """What stands at a place of the sentence: its words in place of the ones it was made of."""

    words: tuple[Word, ...]
    end: int


def measured(words: Sequence[Word], top_speed: float) -> list[Word]:
    """The words with numbers and units drawn together; SI units.

    A measure that is a range means its middle; `ends` are then the two measures it lies between,
    and `ramp` says that it goes from one to the other.
    """
    words = join_numbers(words)
    result: list[Word] = []
    position = 0
    while position < len(words):
        found = _range(words, position) or _first(words, position)
        if found is None:
            result.append(words[position])
            position += 1
        else:
            by = position > 0 and words[position - 1].kind == SlotKind.BY
            result += [_changed_by(word) if by else word for word in found.words]
            position = found.end
    result = [_of_top(word, top_speed) for word in result if word.kind not in _JOINERS]
    return [_positive(word) for word in result]


def _first(words: Sequence[Word], start: int) -> _Found | None:
    return next((found for rule in _RULES if (found := rule(words, start)) is not None), None)


def _changed_by(word: Word) -> Word:
    """ "by 5 cm" is a change, "5 cm" may be a place."""
    return replace(word, meaning={**word.meaning, "by": True})


def _of_top(word: Word, top_speed: float) -> Word:
    share = word.meaning.get("of_top")
    return replace(word, meaning={"value": share * top_speed}) if share is not None else word


def _positive(word: Word) -> Word:
    value = word.meaning.get("value", 0.0)
    if value >= 0.0 or word.kind in _SIGNED:
        return word
    return replace(word, meaning={**word.meaning, "value": -value})


def _range(words: Sequence[Word], start: int) -> _Found | None:
    """ "from 0.3 to 1 m/s", "between 20 cm and 30 cm", "2 to 3 times a second"."""
    opened = words[start].kind == SlotKind.FROM
    between = bool(words[start].meaning.get("between"))
    at = start + opened
    if not _kinds(words, at, SlotKind.NUMBER):
        return None
    low = _first(words, at)
    joiner = low.end if low else at + 1
    if not _kinds(words, joiner + 1, SlotKind.NUMBER):
        return None
    if words[joiner].kind not in ((SlotKind.SEP, SlotKind.TO) if between else (SlotKind.TO,)):
        return None
    stop = joiner + 3
    if not (opened and _kinds(words, stop, SlotKind.PER) and words[stop].text == "every"):
        stop = len(words)  # "every two seconds" is how often it goes to and fro
    high = _first(words[:stop], joiner + 1)
    if low is None and high is not None:
        low = _first([words[at], *words[joiner + 2 : high.end]], 0)
    if high is None or low is None or [w.kind for w in high.words] != [w.kind for w in low.words]:
        return None
    ends = (low.words[-1], high.words[-1])
    text = _text(words, start, high.end)
    meaning = {
        "value": sum(end.meaning["value"] for end in ends) / 2.0,
        "ends": ends,
        "ramp": opened and not between,
    }
    return _Found((*high.words[:-1], Word(ends[1].kind, text, meaning)), high.end)


def _time(words: Sequence[Word], start: int, needs_per: bool) -> tuple[float, int] | None:
    """The seconds of "per second", "every two seconds" or just "(a) second", and where they end."""
    seconds, position = 1.0, start
    per = position < len(words) and words[position].kind == SlotKind.PER
    if per:
        seconds *= float(words[position].meaning["every"])
        position += 1
        if position < len(words) and words[position].kind == SlotKind.NUMBER:
            seconds *= float(words[position].meaning["value"])
            position += 1
    elif needs_per:
        return None
    if position >= len(words) or words[position].kind != SlotKind.UNIT:
        return None
    kind, value = _quantity(seconds, words[position].meaning)
    return (value, position + 1) if kind == SlotKind.DURATION and value > 0.0 else None


def _with_unit(words: Sequence[Word], start: int) -> _Found | None:
    """ "0.5 metres", "half a metre per second", "90 degrees every 2 seconds"."""
    if not _kinds(words, start, SlotKind.NUMBER, SlotKind.UNIT):
        return None
    number, unit = words[start], words[start + 1]
    value = float(number.meaning["value"])
    kind, size = _quantity(value, unit.meaning)
    end = start + 2
    per = _time(words, end, needs_per=False) if kind in (SlotKind.LENGTH, SlotKind.ANGLE) else None
    if per is not None:
        size, end = size / per[0], per[1]
        kind = SlotKind.SPEED if kind == SlotKind.LENGTH else SlotKind.TURN_RATE
    if kind == SlotKind.DURATION and _kinds(words, end, SlotKind.PER) and _done_at(words, end + 1):
        kind, size = SlotKind.RATE, 1.0 / max(size, 1e-3)  # "three seconds per nod"
        end += 1 + _kinds(words, end + 1, SlotKind.TIMES)
    alone = end + 1 == len(words) or _kinds(words, end + 1, SlotKind.SEP)
    if kind == SlotKind.DURATION and size < _TURN_S and _kinds(words, end, SlotKind.PER) and alone:
        # "to the left and to the right, one second each"
        rate = Word(SlotKind.RATE, _text(words, start, end), {"value": 1.0 / max(size, 1e-3)})
        return _Found((Word(SlotKind.ALTERNATE, words[end].text, {}), rate), end + 1)
    if kind == SlotKind.RATE and end < len(words) and words[end].kind == SlotKind.BEAT:
        end += 1  # "a 1 Hz beat"
    return _Found((Word(kind, _text(words, start, end), {"value": size}),), end)


def _done_at(words: Sequence[Word], at: int) -> bool:
    return at < len(words) and words[at].kind in (SlotKind.TIMES, *_COUNTED)


def _without_number(words: Sequence[Word], start: int) -> _Found | None:
    """ "a metre", "at a metre per second"."""
    if not _kinds(words, start, SlotKind.UNIT) or len(words[start].text) <= _SHORT:
        return None
    if _quantity(1.0, words[start].meaning)[0] == SlotKind.DURATION:
        return None
    found = _with_unit([number_word("", 1.0), *words[start:]], 0)
    if found is None:
        return None
    measure = replace(found.words[0], text=found.words[0].text.strip())
    return _Found((measure,), start + found.end - 1)


def _named(words: Sequence[Word], start: int) -> _Found | None:
    """ "speed 0.5", "vx = -0.3": the name says what the number is."""
    if not _kinds(words, start, SlotKind.NAMED):
        return None
    at = start + 1 + _kinds(words, start + 1, SlotKind.TO)
    if not _kinds(words, at, SlotKind.NUMBER) or (
        (end := at + 1) < len(words)
        and (
            words[end].kind in (SlotKind.UNIT, SlotKind.TIMES, SlotKind.PER, *_COUNTED)
            or _range(words, at) is not None
        )
    ):
        return None
    meaning = words[start].meaning
    value = Word(
        SlotKind(meaning["kind"]), _text(words, start, end), {"value": words[at].meaning["value"]}
    )
    if "direction" not in meaning:
        return _Found((value,), end)
    number = replace(value, text=_text(words, start + 1, end))
    return _Found((replace(words[start], kind=SlotKind.DIRECTION), number), end)


def _share(words: Sequence[Word], start: int) -> _Found | None:
    """ "a third of your top speed", "80% of full speed"."""
    if (
        not _kinds(words, start, SlotKind.NUMBER, SlotKind.ADV)
        or words[start + 1].meaning["pace"] != "fastest"
    ):
        return None
    share = float(words[start].meaning["value"])
    share = share / 100.0 if share > 1.0 else share
    text = _text(words, start, start + 2)
    return _Found((Word(SlotKind.SPEED, text, {"of_top": share}),), start + 2)


def _bare_height(words: Sequence[Word], start: int) -> _Found | None:
    """ "height 0.22": of a height without a unit it is clear whether it is m or cm."""
    steps = _kinds(words, start, SlotKind.STEP)
    if not steps and words[start].meaning.get("height") != "at":
        return None
    at = start + 1 + _kinds(words, start + 1, SlotKind.TO)
    behind = words[at + 1].kind if at + 1 < len(words) else ""
    if not _kinds(words, at, SlotKind.NUMBER) or behind in (
        SlotKind.UNIT,
        SlotKind.TIMES,
        SlotKind.PER,
        SlotKind.TO,
        *_COUNTED,
    ):
        return None
    value = float(words[at].meaning["value"])
    length = {"value": value if value < 1.0 else value / 100.0}
    return _Found((words[start], Word(SlotKind.LENGTH, words[at].text, length)), at + 1)


def _radius(words: Sequence[Word], start: int) -> _Found | None:
    """ "a radius of 2 m", "1 metre radius"."""
    behind = _kinds(words, start, SlotKind.RADIUS)
    length = _with_unit(words, start + behind)
    if length is None or length.words[0].kind != SlotKind.LENGTH:
        return None
    at = start if behind else length.end
    if not _kinds(words, at, SlotKind.RADIUS):
        return None
    end = length.end if behind else length.end + 1
    value = length.words[0].meaning["value"] * words[at].meaning["radii"]
    return _Found((Word(SlotKind.RADIUS, _text(words, start, end), {"value": value}),), end)


def _times(words: Sequence[Word], start: int) -> _Found | None:
    """ "twice a second", "three times every two seconds"; without a time it is only a count."""
    if _kinds(words, start, SlotKind.COUNT):
        end = start + 1
    elif _kinds(words, start, SlotKind.NUMBER, SlotKind.TIMES):
        end = start + 2
    else:
        return None
    per = _time(words, end, needs_per=False)
    if per is None:
        text = _text(words, start, end)
        return _Found((Word(SlotKind.COUNT, text, {"value": words[start].meaning["value"]}),), end)
    return _rate(words, start, float(words[start].meaning["value"]), per)


def _counted(words: Sequence[Word], start: int) -> _Found | None:
    """ "two quick hops per second", "a quarter turn every second", "three bows"."""
    if not _kinds(words, start, SlotKind.NUMBER):
        return None
    end = start + 1
    while end < len(words) and words[end].kind in (SlotKind.ADJ, SlotKind.EXTENT):
        end += 1
    if end >= len(words) or words[end].kind not in _COUNTED:
        return None
    per = _time(words, end + 1, needs_per=False)
    steps = words[end].kind == SlotKind.MOVE and words[end].text.rstrip("s").endswith(
        ("step", "stride")
    )
    if per is None and (steps or words[end].kind in _DONE):
        times = {"value": words[start].meaning["value"], "steps": steps}
        count = Word(SlotKind.COUNT, words[start].text, times)
        return _Found((*words[start + 1 : end + 1], count), end + 1)
    if per is None:
        return None
    hz = float(words[start].meaning["value"]) / per[0]
    text = f"{words[start].text} … {_text(words, end + 1, per[1])}"
    return _Found((*words[start + 1 : end + 1], Word(SlotKind.RATE, text, {"value": hz})), per[1])


def _bare(words: Sequence[Word], start: int) -> _Found | None:
    """ "turn a quarter every second", "every two seconds", "per second"."""
    if _kinds(words, start, SlotKind.NUMBER, SlotKind.PER):
        per = _time(words, start + 1, needs_per=True)
        return per and _rate(words, start, float(words[start].meaning["value"]), per)
    per = _time(words, start, needs_per=True)
    return per and _rate(words, start, 1.0, per)


def _lone_time(words: Sequence[Word], start: int) -> _Found | None:
    """ "for a second"."""
    if not _kinds(words, start, SlotKind.UNIT):
        return None
    kind, value = _quantity(1.0, words[start].meaning)
    first = start == 0 or words[start - 1].kind == SlotKind.SEP
    if kind != SlotKind.DURATION or first:
        return None
    return _Found((Word(kind, words[start].text, {"value": value}),), start + 1)


def _rate(words: Sequence[Word], start: int, count: float, per: tuple[float, int]) -> _Found:
    text = _text(words, start, per[1])
    return _Found((Word(SlotKind.RATE, text, {"value": count / per[0]}),), per[1])


_RULES: tuple[Callable[[Sequence[Word], int], _Found | None], ...] = (
    _radius,
    _with_unit,
    _times,
    _counted,
    _bare,
    _lone_time,
    _without_number,
    _named,
    _share,
    _bare_height,
)


def _kinds(words: Sequence[Word], start: int, *kinds: str) -> bool:
    return tuple(word.kind for word in words[start : start + len(kinds)]) == kinds


def _text(words: Sequence[Word], start: int, end: int) -> str:
    return " ".join(word.text for word in words[start:end]).replace(" / ", "/")


def _quantity(value: float, unit: Meaning) -> tuple[SlotKind, float]:
    """The kind of a quantity and its size in SI units."""
    quantity = _units().Quantity(value, str(unit["unit"]))
    dimension = str(quantity.dimensionality)
    if unit.get("angle"):
        kind = SlotKind.ANGLE if quantity.dimensionless else SlotKind.TURN_RATE
    else:
        kind = _KINDS.get(dimension, SlotKind.RATE)
    return kind, float(quantity.to(_SI[kind]).magnitude)


@cache
def _units() -> pint.UnitRegistry[float]:
    return pint.UnitRegistry(cache_folder=None)
