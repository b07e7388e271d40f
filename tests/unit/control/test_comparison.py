"""When a policy may be called better than another, and how that is said."""

from __future__ import annotations

import pytest

from tabrl.contracts.comparison import Comparison, Verdict


@pytest.mark.parametrize(
    ("reference", "difference", "ci95", "verdict", "words"),
    [
        (2.0, 0.24, 0.06, "better", "better by 12 % (9.0…15)"),
        (2.0, -0.24, 0.06, "worse", "worse by 12 % (9.0…15)"),
        (-2.0, 0.24, 0.06, "better", "better by 12 % (9.0…15)"),
        (2.0, 0.018, 0.002, "as_good", "as good as the schedule (0.8…1.0 %)"),  # below 1 %
        (2.0, 0.2, 0.3, "as_good", "as good as the schedule (−5.0…25 %)"),  # not apart from zero
        (2.0, 0.0, 0.0, "as_good", "as good as the schedule (0.0…0.0 %)"),
        (0.0, 0.12, 0.03, "better", "better by 0.12 (0.09…0.15)"),  # nothing to compare with
    ],
)
def test_better_takes_an_effect_and_an_interval_apart_from_zero(
    reference: float, difference: float, ci95: float, verdict: Verdict, words: str
) -> None:
    found = Comparison.of(reference, difference, ci95, 256)
    assert (found.verdict, found.words) == (verdict, words)
    assert found.effect == (pytest.approx(difference / abs(reference)) if reference else None)


@pytest.mark.parametrize(
    ("difference", "ci95", "settled"),
    [
        (0.1, 0.05, True),  # better whatever comes
        (-0.1, 0.05, True),
        (0.0, 0.005, True),  # as good whatever comes
        (0.012, 0.005, False),  # about the least effect
        (0.03, 0.05, False),
    ],
)
def test_a_comparison_is_settled_if_more_episodes_would_not_change_it(
    difference: float, ci95: float, settled: bool
) -> None:
    assert Comparison.of(1.0, difference, ci95, 128).settled is settled
