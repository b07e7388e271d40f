"""What work will take, and when it starts."""

from __future__ import annotations

import pytest

from tabrl.contracts.tiers import Tier
from tabrl.domain.backoff import backoff_s
from tabrl.domain.fairness import first_rank
from tabrl.domain.jobs import JobKind
from tabrl.domain.quotes import (
    MeasuredRun,
    Underway,
    deadline_s,
    expected_s,
    quote_of,
    start_times_s,
    typical_s,
)

RUNS = [MeasuredRun(seconds, samples) for seconds, samples in ((60, 900), (70, 1000), (200, 1100))]


def test_a_quote_is_what_such_jobs_took() -> None:
    quote = quote_of(JobKind.TRAIN, RUNS, jobs=3, price_per_hour=3.6)
    assert (quote.seconds, quote.samples, quote.measured_on) == (210, 3000, 3)
    assert quote.cost_usd == pytest.approx(0.21)
    written = quote_of(JobKind.REWARD, [], price_per_job=0.02)
    assert (written.seconds, written.samples, written.cost_usd) == (20.0, None, 0.02)
    assert quote_of(JobKind.TRAIN, RUNS[:2]).seconds == 69.0  # its budget, and what is around it


def test_a_deadline_is_three_quotes_but_never_hasty() -> None:
    assert deadline_s(70.0, 60.0) == 210.0
    assert deadline_s(70.0, 900.0) == 900.0
    assert typical_s(JobKind.REWARD, RUNS) == 70


def test_minutes_that_are_asked_for_are_taken_at_the_rate_of_such_jobs() -> None:
    quote = quote_of(JobKind.TRAIN, RUNS, tier=Tier.FULL, minutes=10, price_per_hour=3.6)
    assert quote.seconds == 605.0
    assert quote.samples == round(605.0 * 1000 / 70)
    assert quote.cost_usd == pytest.approx(0.605)
    assert quote_of(JobKind.TRAIN, [], tier=Tier.FULL, minutes=10).samples is None
    assert quote_of(JobKind.TRAIN, [], tier=Tier.COMMAND).seconds < 12.0


def test_a_job_is_expected_to_take_what_its_tier_does() -> None:
    full = Underway(3.0, Tier.FULL, 600.0)
    assert expected_s(JobKind.TRAIN, full, RUNS) == 605.0
    assert expected_s(JobKind.TRAIN, Underway(None, Tier.FINE_TUNE, 64.0), RUNS) == 70.0
    assert expected_s(JobKind.REWARD, Underway(None, Tier.FINE_TUNE, None), []) == 20.0


@pytest.mark.parametrize(
    ("left", "waiting", "starts"),
    [
        ([], [], [0.0]),
        ([], [60.0, 60.0], [0.0, 60.0, 120.0]),
        ([40.0], [], [40.0]),
        ([-30.0], [], [0.0]),  # longer than usual: any moment
        ([40.0, 10.0], [60.0], [10.0, 40.0]),
        ([40.0, 10.0], [60.0, 600.0, 60.0], [10.0, 40.0, 70.0, 130.0]),
    ],
)
def test_a_start_is_told_by_those_that_run_and_wait(
    left: list[float], waiting: list[float], starts: list[float]
) -> None:
    assert start_times_s(left, waiting) == starts


def test_a_rank_saves_nothing_up() -> None:
    assert first_rank(None, None) == 0
    assert first_rank(4, 2) == 5
    assert first_rank(4, 40) == 40


def test_a_wait_doubles_up_to_a_minute() -> None:
    assert [backoff_s(n, 1.0) for n in (0, 1, 2, 4, 5, 500)] == [1, 2, 4, 16, 20, 20]
    assert backoff_s(3, 0.0) == 4.0
