"""How a motion looks, whatever it is good for: numbers that a person would see, and their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tabrl.contracts.findings import Finding

UGLIER = "uglier_than_schedule"


@dataclass(frozen=True)
class Look:
    """Something ugly in a motion, measured: more of it is worse.

    `words` say what is seen, `unit` is printed behind the number; a motion is uglier than another
    if it has more than `margin` more of it.
    """

    name: str
    words: str
    unit: str
    margin: float


def uglier(
    looks: Sequence[Look], before: Mapping[str, float], after: Mapping[str, float]
) -> Finding | None:
    """A finding (code `uglier_than_schedule`) if a motion looks worse than the one before it."""
    measured = [look for look in looks if look.name in before and look.name in after]
    worse = [look for look in measured if after[look.name] - before[look.name] > look.margin]
    if not worse:
        return None
    seen = "; ".join(
        f"{look.words} ({_shown(after[look.name], look)}, before {_shown(before[look.name], look)})"
        for look in worse
    )
    return Finding(
        code=UGLIER,
        message=(
            f"The robot looks worse than under the found schedule alone: {seen}. A term of the "
            "reward that forbids this, or another candidate, may help."
        ),
    )


def _shown(value: float, look: Look) -> str:
    if look.unit == "%":
        return f"{100.0 * value:.0f} % of the time"
    return f"{value:.2g} {look.unit}".rstrip()
