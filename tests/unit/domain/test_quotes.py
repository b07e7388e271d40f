"""What work will take, and when it starts."""

from __future__ import annotations

import pytest

from tabrl.domain.backoff import backoff_s
from tabrl.domain.fairness import first_rank
from tabrl.domain.jobs import JobKind
from tabrl.domain.quotes import MeasuredRun, deadline_s, quote_of, starts_in_s, typical_s

RUNS = [MeasuredRun(seconds, samples) for seconds, samples in ((60, 900), (70, 1000), (200, 1100))]


def test_a_quote_is_what_such_jobs_took() -> None:
    quote = quote_of(JobKind.TRAIN, RUNS, jobs=3, price_per_hour=3.6)
    assert (quote.seconds, quote.samples, quote.measured_on) == (210, 3000, 3)
    assert quote.cost_usd == pytest.approx(0.21)
    written = quote_of(JobKind.REWARD, [], price_per_job=0.02)
    assert (written.seconds, written.samples, written.cost_usd) == (20.0, None, 0.02)
    assert quote_of(JobKind.TRAIN, RUNS[:2]).seconds == 69.0  # its budget, and what is around it


def test_a_deadline_is_three_quotes_but_never_hasty() -> None:
    assert deadline_s(JobKind.TRAIN, RUNS, 60.0) == 210.0
    assert deadline_s(JobKind.TRAIN, RUNS, 900.0) == 900.0
    assert typical_s(JobKind.REWARD, RUNS) == 70


@pytest.mark.parametrize(
    ("place", "running", "starts"),
    [
        (1, [], 0.0),
        (3, [], 120.0),
        (1, [20.0], 40.0),
        (1, [90.0], 0.0),  # longer than usual: any moment
        (2, [20.0, 50.0], 40.0),
        (3, [20.0, 50.0], 70.0),
    ],
)
def test_a_start_is_told_by_those_that_run_and_wait(
    place: int, running: list[float], starts: float
) -> None:
    assert starts_in_s(place, running, 60.0) == starts


def test_a_rank_saves_nothing_up() -> None:
    assert first_rank(None, None) == 0
    assert first_rank(4, 2) == 5
    assert first_rank(4, 40) == 40


def test_a_wait_doubles_up_to_a_minute() -> None:
    assert [backoff_s(n, 1.0) for n in (0, 1, 2, 4, 5, 500)] == [1, 2, 4, 16, 20, 20]
    assert backoff_s(3, 0.0) == 4.0
