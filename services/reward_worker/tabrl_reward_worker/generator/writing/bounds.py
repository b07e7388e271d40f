"""Bounds on the mean of a quantity, as success checks."""

from __future__ import annotations

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.embodiments.legged.catalogue import Quantity


def mean_within(
    name: str, quantity: Quantity, low: float | None, high: float | None, part: str | None = None
) -> CheckSpec:
    """That a quantity's mean lies within bounds."""
    return CheckSpec(
        id=name,
        quantity=quantity,
        statistic=Statistic.MEAN,
        part=part,
        at_least=None if low is None else round(low, 3),
        at_most=None if high is None else round(high, 3),
    )


def mean_around(name: str, quantity: Quantity, target: float, miss: float) -> CheckSpec:
    """That a quantity's mean lies near a target."""
    return mean_within(name, quantity, target - miss, target + miss)
