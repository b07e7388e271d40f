"""How similar candidates are: whether they would like the same of the recorded motions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tabrl.domain.report import CandidateReport

Floats = NDArray[np.float64]


def compare(reports: Sequence[CandidateReport]) -> dict[int, dict[int, float]]:
    """Spearman's rank correlation of the clips' scores for each pair of candidates.

    Candidates are numbered from 1 in the order given, and none is compared with itself. 1: the
    same order of motions; 0: nothing in common, or nothing to compare.
    """
    numbered = list(enumerate(reports, start=1))
    return {
        n: {m: rank_correlation(left, right) for m, right in numbered if m != n}
        for n, left in numbered
    }


def with_similarity(reports: Sequence[CandidateReport]) -> list[CandidateReport]:
    """The reports, each knowing how alike it is to the others."""
    table = compare(reports)
    return [
        report.model_copy(update={"similarity": table[n]})
        for n, report in enumerate(reports, start=1)
    ]


def rank_correlation(left: CandidateReport, right: CandidateReport) -> float:
    """Spearman's correlation over the clips that both reports scored."""
    first = {clip.clip: clip.score for clip in left.clips}
    second = {clip.clip: clip.score for clip in right.clips}
    clips = sorted(first.keys() & second.keys())
    if len(clips) < 2:
        return 0.0
    ranks = [_ranks(np.array([scores[clip] for clip in clips])) for scores in (first, second)]
    if any(float(np.ptp(rank)) == 0.0 for rank in ranks):
        return 0.0
    return round(float(np.corrcoef(ranks[0], ranks[1])[0, 1]), 4)


def _ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    shared: Floats = np.cumsum(count) - (count - 1) / 2.0
    return shared[place]
