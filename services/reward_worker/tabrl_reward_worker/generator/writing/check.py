"""Success checks of the usual forms: a bound on a statistic, and bounds around a mean."""

from __future__ import annotations

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def bounded(
    name: str, quantity: Quantity, statistic: Statistic, low: float | None = None,
    high: float | None = None, *, part: str | None = None, threshold: float | None = None,
    frequency: float | None = None,
) -> CheckSpec:  # fmt: skip
    """That a statistic of a quantity lies within bounds."""
    return CheckSpec(
        id=name, quantity=quantity, statistic=statistic, part=part, at_least=low, at_most=high,
        threshold=threshold, frequency=frequency,
    )  # fmt: skip


def mean_within(
    name: str, quantity: Quantity, low: float | None, high: float | None, part: str | None = None
) -> CheckSpec:
    """That a quantity's mean lies within bounds."""
    low, high = (None if bound is None else round(bound, 3) for bound in (low, high))
    return bounded(name, quantity, Statistic.MEAN, low, high, part=part)


def mean_around(
    name: str, quantity: Quantity, target: float, miss: float, part: str | None = None
) -> CheckSpec:
    """That a quantity's mean lies near a target."""
    return mean_within(name, quantity, target - miss, target + miss, part)


def mean_beyond(
    name: str, quantity: Quantity, away: float, share: float, miss: float | None,
    *, about: float = 0.0, part: str | None = None,
) -> CheckSpec:  # fmt: skip
    """That a quantity's mean is `away` from what it is `about`, by a share of the way at least.

    Where a `miss` is said, near that place instead.
    """
    if miss is not None:
        return mean_around(name, quantity, about + away, miss, part)
    bound = about + share * away
    low, high = (bound, None) if away > 0.0 else (None, bound)
    return mean_within(name, quantity, low, high, part)
