"""What work will take, from what such work took lately: seconds, samples and money."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heapreplace
from statistics import median
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import TrainBudget
from tabrl.domain.jobs import JobKind

ENOUGH = 3  # measured runs, to be believed over what is assumed
DEADLINE_QUOTES = 3.0  # times its quote that a job may take
_ASSUMED_S = {JobKind.REWARD: 20.0}
_AROUND_BUDGET_S = 5.0  # loading before it and publishing after it
_HOUR_S = 3600.0


class MeasuredRun(NamedTuple):
    """A job that succeeded: seconds from its last claim on, and the samples of a training."""

    seconds: float
    samples: int | None


class Underway(NamedTuple):
    """A job that runs or waits: seconds since its claim, None while it waits, and what it may take.

    `budget_s` is None for other work than training.
    """

    running_for_s: float | None
    tier: Tier
    budget_s: float | None


class Quote(BaseModel):
    """What some jobs of a kind take together; `measured_on` is the number of runs behind it.

    `samples` is None for writing and before any were measured, `cost_usd` where no price is known.
    """

    model_config = ConfigDict(frozen=True)

    jobs: int
    seconds: float
    samples: int | None
    cost_usd: float | None
    measured_on: int


def assumed_s(kind: JobKind, budget: TrainBudget | None = None) -> float:
    """Seconds of a job of which nothing is measured yet."""
    if kind in _ASSUMED_S:
        return _ASSUMED_S[kind]
    return (budget or TrainBudget()).seconds + _AROUND_BUDGET_S


def typical_s(
    kind: JobKind, runs: Sequence[MeasuredRun], tier: Tier = Tier.FINE_TUNE,
    minutes: int | None = None,
) -> float:  # fmt: skip
    """Seconds of one job; those of a training whose minutes are asked for are its budget."""
    if tier.takes_minutes or len(runs) < ENOUGH:
        return assumed_s(kind, TrainBudget.of(tier, minutes))
    return median(run.seconds for run in runs)


def expected_s(kind: JobKind, job: Underway, runs: Sequence[MeasuredRun]) -> float:
    """Seconds of a job as a whole; `runs` are of its tier."""
    if job.tier.takes_minutes and job.budget_s is not None:
        return job.budget_s + _AROUND_BUDGET_S
    return typical_s(kind, runs, job.tier)


def quote_of(
    kind: JobKind, runs: Sequence[MeasuredRun], *, jobs: int = 1, tier: Tier = Tier.FINE_TUNE,
    minutes: int | None = None, price_per_hour: float | None = None,
    price_per_job: float | None = None,
) -> Quote:  # fmt: skip
    """The quote for jobs that one worker does after each other.

    Args:
        kind: What they are for.
        runs: Such jobs that succeeded lately; of a training by minutes, any that learnt.
        jobs: How many there are.
        tier: Of a training.
        minutes: That it was asked to take, where its tier takes some.
        price_per_hour: US dollars for an hour of a worker.
        price_per_job: US dollars for what each pays besides, such as a language model.
    """
    each_s = typical_s(kind, runs, tier, minutes)
    prices = [] if price_per_hour is None else [each_s * price_per_hour / _HOUR_S]
    prices += [] if price_per_job is None else [price_per_job]
    samples = _samples(runs, each_s if tier.takes_minutes else None)
    return Quote(
        jobs=jobs,
        seconds=jobs * each_s,
        samples=None if samples is None else jobs * samples,
        cost_usd=jobs * sum(prices) if prices else None,
        measured_on=len(runs),
    )


def _samples(runs: Sequence[MeasuredRun], seconds: float | None) -> int | None:
    """Of a job like these; in so many seconds, at their rate, if that is what differs."""
    counted = [run for run in runs if run.samples is not None]
    if not counted:
        return None
    if seconds is None:
        return round(median(run.samples or 0 for run in counted))
    return round(seconds * median((run.samples or 0) / max(run.seconds, 1.0) for run in counted))


def deadline_s(each_s: float, floor_s: float) -> float:
    """Seconds after which an attempt at a job that takes `each_s` is taken from its worker."""
    return max(DEADLINE_QUOTES * each_s, floor_s)


def start_times_s(left_s: Sequence[float], waiting_s: Sequence[float]) -> list[float]:
    """Seconds until each job that waits starts, in their turn, and until one behind them would.

    Args:
        left_s: Of each job that runs now; so many workers there are at least.
        waiting_s: What each job takes that waits.
    """
    free_in_s = [max(0.0, seconds) for seconds in left_s] or [0.0]
    heapify(free_in_s)
    starts = [heapreplace(free_in_s, free_in_s[0] + each_s) for each_s in waiting_s]
    return [*starts, free_in_s[0]]
