"""Paired statistics: two policies over the same starts, in one round or two."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.special import betaincinv

from tabrl.contracts.comparison import Comparison

# Standard errors of a 95 % interval that is drawn once; after the first and after the second of two
# rounds, by O'Brien and Fleming: whoever may stop after a lucky first one must ask more of it.
ONE_ROUND, TWO_ROUNDS = 1.96, (2.797, 1.977)


def half_width(values: Float[np.ndarray, " B"], errors: float = ONE_ROUND) -> float:
    """Half the width of the confidence interval of the mean; 0 for a single value.

    Args:
        values: one an episode.
        errors: standard errors on either side.
    """
    if len(values) < 2:
        return 0.0
    return float(errors * values.std(ddof=1, dtype=np.float64) / np.sqrt(len(values)))


def fall_rate_upper(falls: int, episodes: int) -> float:
    """The 95 % upper bound of a rate of which `falls` of `episodes` were seen.

    Exact, by Clopper and Pearson (1934); without any it is close to 3 / `episodes`.
    """
    if falls >= episodes:
        return 1.0
    return float(betaincinv(falls + 1, episodes - falls, 0.95))


def compare(
    reference: Float[np.ndarray, " B"], other: Float[np.ndarray, " B"], errors: float = ONE_ROUND
) -> Comparison:
    """How `other` does against `reference`, episode by episode with the same start.

    Args:
        reference: mean reward a step of every episode.
        other: the same; of more episodes only those count that the reference has too.
        errors: standard errors on either side of the interval.
    """
    paired = other[: len(reference)].astype(np.float64) - reference
    return Comparison.of(
        float(reference.mean(dtype=np.float64)),
        float(paired.mean()),
        half_width(paired, errors),
        len(paired),
    )
