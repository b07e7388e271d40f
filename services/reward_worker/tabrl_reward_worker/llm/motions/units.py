"""Numbers that language models write with their unit."""

from __future__ import annotations

import re
from functools import cache

import pint
from pydantic import JsonValue

_NUMBER = re.compile(r"\s*([-+−]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*(.*?)\s*", re.DOTALL)
_UNIT = re.compile(r"[A-Za-z°/ ]{1,24}")  # nothing that is computed
_ROUNDS = "hertz"  # of which a library for units takes one for one rad/s


class UnitError(ValueError):
    """A number in a unit that cannot be meant; the message is for whoever wrote it."""


def is_number(value: JsonValue) -> bool:
    """Whether it is one, or a text of one, with a unit or without."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain_number(value: JsonValue, unit: str, given: JsonValue = None) -> JsonValue:
    """A number in the unit that is asked for; what is no number as it is.

    Args:
        value: a number, or a text of one, with its unit or without: "0.5 m/s".
        unit: which it must be in.
        given: the unit it is in, where that is said beside it.

    Raises:
        UnitError: it is in another one, of another kind, or true or false.
    """
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        if found is None:
            return value
        value, given = float(found[1].replace("−", "-")), found[2] or given
    if isinstance(value, bool):
        raise UnitError(f"a number in {unit} is needed, not {str(value).lower()}")
    if not (isinstance(value, int | float) and isinstance(given, str)):
        return value
    return value if _squeezed(given) == _squeezed(unit) else _converted(value, given, unit)


def _converted(value: float, given: str, unit: str) -> float:
    wrong = UnitError(f"a number in {unit} is needed, not in {given[:24]!r}")
    if not (_UNIT.fullmatch(given) and _UNIT.fullmatch(unit)):
        raise wrong
    try:
        own, asked = _units().Unit(given), _units().Unit(unit)
        if (_ROUNDS in (own, asked)) != (own == asked == _ROUNDS):
            raise wrong
        return value * float(_units().Quantity(1.0, own).to(asked).magnitude)
    except Exception:  # pint's errors have no base of their own
        raise wrong from None


def _squeezed(unit: str) -> str:
    return re.sub(r"\s", "", unit).lower()


@cache
def _units() -> pint.UnitRegistry[float]:
    return pint.UnitRegistry(cache_folder=None)
