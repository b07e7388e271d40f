"""What the bench reads out of Lighthouse's reports."""

from __future__ import annotations

from bench.lighthouse.figures import FIGURES, SCORE, Range, figures_of


def _report(score: float | None, **numbers: float) -> dict[str, object]:
    audits = {name: {} if name not in numbers else {"numericValue": numbers[name]}
              for name in FIGURES if name != SCORE}  # fmt: skip
    return {"categories": {SCORE: {"score": score}}, "audits": audits}


def test_figures_of_a_report() -> None:
    figures = figures_of(_report(0.97, **{"total-blocking-time": 120.5, "speed-index": 900.0}))
    assert figures[SCORE] == 97
    assert figures["total-blocking-time"] == 120.5
    assert figures["first-contentful-paint"] is None


def test_a_page_that_never_rested_has_no_score() -> None:
    assert figures_of(_report(None))[SCORE] is None


def test_a_range_leaves_out_what_was_not_judged() -> None:
    assert Range.over([90.0, None, 97.0, 96.0]) == Range(90.0, 96.0, 97.0, 3)
    assert Range.over([None, None]) is None
