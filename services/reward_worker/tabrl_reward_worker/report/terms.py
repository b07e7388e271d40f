"""What each term of a reward contributes, and what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabrl.domain.report import Finding, TermReport
from tabrl_reward_worker.report.evaluation import Evaluation, Floats
from tabrl_reward_worker.sandbox import BuiltReward

STILL = 1e-6  # relative: below it a term never moves
SAME = 0.985  # correlation over the bank's steps from which on two terms say the same
NEARLY_ALL = 0.97  # of the reward's movement


@dataclass(frozen=True)
class Double:
    """An earlier term that says the same; `opposed` if the weights set them against each other."""

    of: str
    opposed: bool


def examine(
    evaluation: Evaluation, still: frozenset[str]
) -> tuple[tuple[TermReport, ...], tuple[Finding, ...]]:
    """Every term's scale, share and double, and what is odd, in words.

    `still` are the terms that never move, at any time.
    """
    steps = evaluation.raw.reshape(-1, len(evaluation.terms))
    scale = steps.std(axis=0)
    movement = scale * np.abs(evaluation.weights)
    total = float(movement.sum())
    doubles = _doubles(steps, evaluation, still)
    reports = tuple(
        TermReport(
            name=name,
            weight=_short(float(evaluation.weights[column])),
            scale=_short(float(scale[column])),
            share=round(float(movement[column]) / total, 4) if total > 0.0 else 0.0,
            constant=name in still,
            same_as=doubles[name].of if name in doubles else None,
        )
        for column, name in enumerate(evaluation.terms)
    )
    # Of a reward that never moves there is more to say than that its terms do not.
    if len(still) == len(evaluation.terms):
        return reports, ()
    odd = (_oddity(report, doubles.get(report.name), len(reports)) for report in reports)
    return reports, tuple(finding for finding in odd if finding is not None)


def assumed_weights(reward: BuiltReward) -> tuple[Finding, ...]:
    """That terms have the weight 1 because nobody gave them one."""
    return tuple(
        Finding(
            code="assumed_weight",
            message=f"Term {term} has no entry in WEIGHTS: it counts with weight 1.",
        )
        for term in reward.assumed
    )


def still_terms(evaluation: Evaluation) -> frozenset[str]:
    """The terms that are the same in every step of every recorded motion."""
    steps = evaluation.raw.reshape(-1, len(evaluation.terms))
    size = np.maximum(np.abs(steps).max(axis=0), STILL)
    moves = np.ptp(steps, axis=0) > STILL * size
    return frozenset(
        name for name, moving in zip(evaluation.terms, moves, strict=True) if not moving
    )


def _oddity(term: TermReport, double: Double | None, count: int) -> Finding | None:
    if term.constant:
        return Finding(
            code="constant_term",
            message=f"Term {term.name} is the same in every recorded motion, so it may teach the "
            "robot nothing.",
        )
    if double is not None and double.opposed:
        return Finding(
            code="opposed_terms",
            message=f"Terms {double.of} and {term.name} measure the same with opposite signs: what "
            "one pays, the other takes away.",
        )
    if double is not None:
        return Finding(
            code="redundant_term",
            message=f"Terms {double.of} and {term.name} say the same: one of them would be enough.",
        )
    if term.share > NEARLY_ALL and count > 1:
        return Finding(
            code="one_term_rules",
            message=f"Term {term.name} outweighs all others: they hardly count.",
        )
    return None


def _doubles(steps: Floats, evaluation: Evaluation, still: frozenset[str]) -> dict[str, Double]:
    """For a term that says the same as an earlier one, the earlier one."""
    terms = evaluation.terms
    moving = [c for c, name in enumerate(terms) if name not in still and steps[:, c].std() > 0.0]
    if len(moving) < 2:
        return {}
    correlation: Floats = np.asarray(np.corrcoef(steps[:, moving], rowvar=False))
    doubles: dict[str, Double] = {}
    for later, column in enumerate(moving):
        for earlier, other in enumerate(moving[:later]):
            alike = float(correlation[earlier, later])
            if abs(alike) > SAME and terms[other] not in doubles:
                opposed = alike * evaluation.weights[column] * evaluation.weights[other] < 0.0
                doubles[terms[column]] = Double(terms[other], bool(opposed))
                break
    return doubles


def _short(value: float) -> float:
    return float(f"{value:.4g}")
