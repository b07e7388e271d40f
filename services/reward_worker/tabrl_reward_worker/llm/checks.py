"""The forms in which language models write success checks, made the one that was asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TypeGuard

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.contracts.quantities import Catalogue
from tabrl_reward_worker.llm.forms import without_remarks

_NUMBERS = ("at_least", "at_most", "threshold", "frequency", "start_s", "end_s")
_IN_UNIT = frozenset(Statistic) - {
    *(Statistic.FREQUENCY, Statistic.RHYTHM, Statistic.ANY),
    *(Statistic.SHARE_ABOVE, Statistic.SHARE_BELOW),
}
_UNBOUNDED = "heading"  # which counts on over full turns
_NO_NAME = re.compile(r"^[^A-Za-z]+|[^A-Za-z0-9]+")


def plain_checks(given: object) -> object:
    """A list of checks, each with an id, without remarks."""
    if isinstance(given, dict):
        named = [(None, given)] if "quantity" in given else [*given.items()]
    elif isinstance(given, list):
        named = [(None, check) for check in given]
    else:
        return given
    return [_plain(check, name) for name, check in named]


def in_degrees(check: CheckSpec, catalogue: Catalogue) -> str | None:
    """Why a check's bounds can be no radians, which they must be; None if they can, or need not."""
    quantity = catalogue.canonical(check.quantity)
    angle = quantity in catalogue and catalogue[quantity].unit == "rad" and quantity != _UNBOUNDED
    bounds = [check.threshold or 0.0]
    if check.statistic in _IN_UNIT:
        bounds += [bound for bound in (check.at_least, check.at_most) if bound is not None]
    widest = max(bounds, key=abs)
    if not angle or abs(widest) <= math.tau:
        return None
    return f"{quantity} is in rad: {widest:g} is more than a full turn"


def _plain(given: object, name: object) -> object:
    if not isinstance(given, dict):
        return given
    check = without_remarks(given, "id")
    for key in _NUMBERS:
        if check.get(key) is True:
            raise ValueError(f"{key} is a number")
    for key in ("quantity", "statistic"):
        if isinstance(check.get(key), str):
            check[key] = _spelt(str(check[key])).lower()
    names = [_spelt(one)[:32] for one in (check.get("id"), name, _named(check)) if _is_text(one)]
    return check | {"id": next(filter(None, names), None)}


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _named(check: Mapping[str, object]) -> str:
    """A name for a check that has none."""
    return " ".join(str(check[key]) for key in ("quantity", "part", "statistic") if key in check)


def _spelt(name: str) -> str:
    return _NO_NAME.sub("_", name).strip("_")
