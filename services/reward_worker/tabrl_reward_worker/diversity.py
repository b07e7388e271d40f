"""Which candidates are really different, so that a choice between them means something."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tabrl.domain.report import CandidateReport
from tabrl.domain.tasks import Dropped
from tabrl_reward_worker.report.comparison import rank_correlation

ALIKE = 0.9  # Spearman's rank correlation over the motion library from which on two are the same
_PROPORTIONAL = 0.9999


def distinct(
    names: Sequence[str], reports: Sequence[CandidateReport]
) -> tuple[list[int], list[Dropped]]:
    """Indices of the candidates to show, in order, and why the others are not.

    Of two that are alike the one with fewer warnings stays, else the first. Without recorded
    motion nothing can be said, and all stay.
    """
    kept: list[int] = []
    rejected: dict[int, Dropped] = {}
    for index in sorted(range(len(reports)), key=lambda n: (len(reports[n].warnings), n)):
        for earlier in kept:
            reason = _alike(reports[index], reports[earlier], names[earlier])
            if reason:
                rejected[index] = Dropped(name=names[index], code="reward_alike", message=reason)
                break
        else:
            kept.append(index)
    return sorted(kept), [rejected[index] for index in sorted(rejected)]


def _alike(left: CandidateReport, right: CandidateReport, name: str) -> str:
    """Why there is no choice between the two; empty if there is."""
    correlation = rank_correlation(left, right)
    if correlation >= ALIKE:
        return f"It likes the same motions as {name} (rank correlation {correlation:.2f})."
    if _same_terms(left, right):
        return f"It has the same terms as {name}, only weighed otherwise."
    return ""


def _same_terms(left: CandidateReport, right: CandidateReport) -> bool:
    """Whether both have terms of the same names that say the same of every recorded motion."""
    first, second = _columns(left), _columns(right)
    if not first or first.keys() != second.keys():
        return False
    return all(_proportional(first[term], second[term]) for term in first)


def _columns(report: CandidateReport) -> dict[str, list[float]]:
    """Each weighted term's mean on every clip, clips by name."""
    clips = sorted(report.clips, key=lambda clip: clip.clip)
    terms = clips[0].terms if clips else {}
    return {term: [clip.terms.get(term, 0.0) for clip in clips] for term in terms}


def _proportional(left: list[float], right: list[float]) -> bool:
    if len(left) != len(right):
        return False
    a, b = np.array(left), np.array(right)
    product = float(np.linalg.norm(a) * np.linalg.norm(b))
    if product == 0.0:
        return not a.any() and not b.any()
    return abs(float(a @ b)) >= _PROPORTIONAL * product
