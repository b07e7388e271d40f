"""Other weights of a reward's terms: some are named, the others stay."""

from __future__ import annotations

from collections.abc import Mapping

from tabrl.domain.errors import Invalid


def merged_weights(weights: Mapping[str, float], changes: Mapping[str, float]) -> dict[str, float]:
    """Weights with some replaced. Raises `Invalid` for names of no term, or nothing left."""
    unknown = set(changes) - set(weights)
    if unknown:
        raise Invalid(
            f"The reward has no terms of {len(unknown)} of the given names.",
            code="unknown_term",
            hint=f"Its terms are: {', '.join(weights)}.",
        )
    merged = {**weights, **changes}
    if not any(merged.values()):
        raise Invalid(
            "With every weight at zero there is nothing to learn.", code="all_weights_zero"
        )
    return merged
