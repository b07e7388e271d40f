"""What each term of a reward contributes, and what is odd about it."""

from __future__ import annotations

import numpy as np

from tabrl.domain.report import Finding, TermReport
from tabrl_reward_worker.report.trial import Floats, Trial

STILL = 1e-6  # relative: below it a term never moves
SAME = 0.985  # correlation over the bank's steps from which on two terms say the same
NEARLY_ALL = 0.97  # of the reward's movement


def term_reports(trial: Trial, still: frozenset[str]) -> tuple[TermReport, ...]:
    """Every term's scale, share and double; `still` are terms that never move, at any time."""
    steps = trial.raw.reshape(-1, len(trial.terms))
    scale = steps.std(axis=0)
    movement = scale * np.abs(trial.weights)
    total = float(movement.sum())
    same = _doubles(steps, trial.terms, still)
    return tuple(
        TermReport(
            name=name,
            weight=_short(float(trial.weights[column])),
            scale=_short(float(scale[column])),
            share=round(float(movement[column]) / total, 4) if total > 0.0 else 0.0,
            constant=name in still,
            same_as=same.get(name),
        )
        for column, name in enumerate(trial.terms)
    )


def still_terms(trial: Trial) -> frozenset[str]:
    """The terms that are the same in every step of every recorded motion."""
    steps = trial.raw.reshape(-1, len(trial.terms))
    size = np.maximum(np.abs(steps).max(axis=0), STILL)
    moves = np.ptp(steps, axis=0) > STILL * size
    return frozenset(name for name, moving in zip(trial.terms, moves, strict=True) if not moving)


def term_warnings(reports: tuple[TermReport, ...]) -> list[Finding]:
    """Oddities of terms, in words."""
    found = []
    for term in reports:
        if term.constant:
            found.append(
                Finding(
                    code="constant_term",
                    message=f"Term {term.name} is the same in every recorded motion, so it may "
                    "teach the robot nothing.",
                )
            )
        elif term.same_as is not None:
            found.append(_double(term, next(r for r in reports if r.name == term.same_as)))
        elif term.share > NEARLY_ALL and len(reports) > 1:
            found.append(
                Finding(
                    code="one_term_rules",
                    message=f"Term {term.name} outweighs all others: they hardly count.",
                )
            )
    return found


def _double(term: TermReport, other: TermReport) -> Finding:
    return Finding(
        code="redundant_term",
        message=f"Terms {other.name} and {term.name} say the same: one of them would be enough.",
    )


def _doubles(steps: Floats, terms: tuple[str, ...], still: frozenset[str]) -> dict[str, str]:
    """For a term that says the same as an earlier one, the earlier one's name."""
    moving = [c for c, name in enumerate(terms) if name not in still and steps[:, c].std() > 0.0]
    if len(moving) < 2:
        return {}
    correlation = np.abs(np.corrcoef(steps[:, moving], rowvar=False))
    doubles: dict[str, str] = {}
    for later in range(1, len(moving)):
        for earlier in range(later):
            if correlation[earlier, later] > SAME and terms[moving[earlier]] not in doubles:
                doubles[terms[moving[later]]] = terms[moving[earlier]]
                break
    return doubles


def _short(value: float) -> float:
    return float(f"{value:.4g}")
