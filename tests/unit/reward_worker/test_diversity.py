"""Which candidates are really different."""

from __future__ import annotations

import pytest

from tabrl.contracts.findings import Finding
from tabrl.domain.report import CandidateReport, ClipScore
from tabrl_reward_worker.diversity import distinct

CLIPS = ("stand", "walk", "bow", "fall", "spin")


def report(*scores: float, warnings: int = 0, **terms: tuple[float, ...]) -> CandidateReport:
    clips = tuple(
        ClipScore(clip=clip, score=score, terms={term: terms[term][n] for term in terms})
        for n, (clip, score) in enumerate(zip(CLIPS, scores, strict=True))
    )
    doubts = tuple(Finding(code="doubt", message="hm") for _ in range(warnings))
    return CandidateReport(clips=clips, warnings=doubts)


UP = report(1, 2, 3, 4, 5)
SAME_ORDER = report(10, 20, 30, 40, 50)
DOWN = report(5, 4, 3, 2, 1)


def test_different_candidates_all_stay() -> None:
    assert distinct(["A", "B"], [UP, DOWN]) == ([0, 1], [])


def test_of_two_alike_the_first_stays() -> None:
    kept, rejected = distinct(["A", "B", "C"], [UP, DOWN, SAME_ORDER])
    assert kept == [0, 1]
    (item,) = rejected
    assert (item.name, item.code) == ("C", "reward_alike")
    assert "motions as A (rank correlation 1.00)" in item.message


def test_of_two_alike_the_one_with_fewer_warnings_stays() -> None:
    doubtful = report(1, 2, 3, 4, 5, warnings=2)
    kept, rejected = distinct(["A", "B", "C"], [doubtful, DOWN, SAME_ORDER])
    assert kept == [1, 2]
    assert rejected[0].name == "A"


@pytest.mark.parametrize(
    ("scores", "stays"),
    [((1, 2, 3, 5, 4), False), ((1, 3, 2, 5, 4), True)],  # correlations of 0.9 and 0.8
)
def test_the_threshold_is_nine_tenths(scores: tuple[float, ...], stays: bool) -> None:
    kept, _ = distinct(["A", "B"], [UP, report(*scores)])
    assert (len(kept) == 2) is stays


def test_other_weights_on_the_same_terms_are_no_choice() -> None:
    speed, calm = (1.0, 3.0, 2.0, 0.0, 5.0), (9.0, 1.0, 2.0, 4.0, 0.5)
    fast = report(1, 3, 2, 0, 5, speed=speed, calm=calm)
    lazy = report(9, 1, 2, 4, 0, speed=tuple(x / 3 for x in speed), calm=tuple(4 * x for x in calm))
    kept, rejected = distinct(["Fast", "Lazy"], [fast, lazy])
    assert kept == [0]
    assert "same terms as Fast" in rejected[0].message


def test_the_same_names_for_other_things_are_a_choice() -> None:
    there = report(1, 3, 2, 0, 5, speed=(1.0, 3.0, 2.0, 0.0, 5.0))
    back = report(5, 2, 3, 4, 0, speed=(5.0, 2.0, 3.0, 4.0, 0.0))
    assert distinct(["A", "B"], [there, back])[0] == [0, 1]


def test_without_recorded_motion_all_stay() -> None:
    assert distinct(["A", "B"], [CandidateReport(), CandidateReport()]) == ([0, 1], [])
