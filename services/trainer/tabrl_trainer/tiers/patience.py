"""When further minutes gain nothing any more."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.contracts.tiers import EvaluationPoint

PATIENCE = 5  # evaluations, some five minutes, without a gain
LEAST_GAIN = 0.01  # of the best reward's size: better means by one per cent (decision 0018)


def gains_nothing(points: Sequence[EvaluationPoint], patience: int = PATIENCE) -> bool:
    """Whether the last `patience` evaluations are hardly better than the best one before them."""
    if len(points) <= patience:
        return False
    before = max(point.reward for point in points[:-patience])
    last = max(point.reward for point in points[-patience:])
    return last - before < LEAST_GAIN * abs(before)
