"""Whether a reward and the success checks agree about what a training did."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tabrl.contracts.checks import CheckSpec
from tabrl.contracts.findings import Finding
from tabrl.contracts.training import CheckResult, EvaluationRow, Measured

NOTICEABLE = 0.05  # of a bound's size: a check that moves less has not moved
_SHOWN = 3


def reward_checks_disagree(
    base: EvaluationRow,
    program: EvaluationRow,
    result: EvaluationRow,
    checks: Sequence[CheckSpec],
    results: Sequence[CheckResult],
) -> Finding | None:
    """A finding (code `reward_up_checks_down`) if the reward rose while the checks fell.

    The result is held against the base under the same program, and against the base alone. The
    reward rose if it did by more than the noise of both; the checks fell if more of them are
    missed by clearly more than before than by clearly less. `results` belong to `checks`.
    """
    for name, before, row in (
        ("the robot it started from", [one.program for one in results], program),
        ("the robot before any training", [one.base for one in results], base),
    ):
        if not _rose(row, result):
            continue
        worse = _worse(checks, before, [one.result for one in results])
        better = _worse(checks, [one.result for one in results], before)
        if len(worse) > len(better):
            names = [results[place].name for place in worse]
            return Finding(code="reward_up_checks_down", message=_words(name, row, result, names))
    return None


def _rose(before: EvaluationRow, after: EvaluationRow) -> bool:
    noise = math.hypot(before.reward_ci95, after.reward_ci95)
    return after.reward - before.reward > max(noise, 1e-9)


def _worse(
    checks: Sequence[CheckSpec], before: Sequence[Measured], after: Sequence[Measured]
) -> list[int]:
    """Places of the checks that `after` misses by clearly more than `before`."""
    return [
        place
        for place, (check, was, now) in enumerate(zip(checks, before, after, strict=True))
        if check.shortfall(now) - check.shortfall(was) > NOTICEABLE
    ]


def _words(name: str, before: EvaluationRow, after: EvaluationRow, worse: Sequence[str]) -> str:
    listed = ", ".join(worse[:_SHOWN])
    more = f" and {len(worse) - _SHOWN} more" if len(worse) > _SHOWN else ""
    return (
        f"The reward rose from {before.reward:.3g} to {after.reward:.3g}, but compared with {name} "
        f"the success checks got worse ({listed}{more}): this reward may ask for something else "
        "than the checks."
    )
