"""Other weights of a reward's terms: some are named, the others stay."""

from __future__ import annotations

from collections.abc import Mapping

from tabrl.domain.errors import Invalid
from tabrl.domain.jobs import Job, raise_if_ended


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


def wished_weights(job: Job, changes: Mapping[str, float]) -> dict[str, float]:
    """What a training shall go on with.

    Raises `Invalid` as `merged_weights` and for a job without weights (code `not_a_training`), or
    `Conflict` (code `job_finished`).
    """
    if job.spec is None:
        raise Invalid("Only a training has weights to change.", code="not_a_training")
    raise_if_ended(job)
    return merged_weights(job.valid_weights, changes)
