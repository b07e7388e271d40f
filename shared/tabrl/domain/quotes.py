"""What work will take, from what such work took lately: seconds, samples and money."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

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
    budget = budget or TrainBudget()
    return budget.search_s + budget.ppo_s + budget.evaluation_s + _AROUND_BUDGET_S


def typical_s(kind: JobKind, runs: Sequence[MeasuredRun]) -> float:
    """Seconds of one job."""
    return median(run.seconds for run in runs) if len(runs) >= ENOUGH else assumed_s(kind)


def quote_of(
    kind: JobKind, runs: Sequence[MeasuredRun], *, jobs: int = 1,
    price_per_hour: float | None = None, price_per_job: float | None = None,
) -> Quote:  # fmt: skip
    """The quote for jobs that one worker does after each other.

    Args:
        kind: What they are for.
        runs: Such jobs that succeeded lately.
        jobs: How many there are.
        price_per_hour: US dollars for an hour of a worker.
        price_per_job: US dollars for what each pays besides, such as a language model.
    """
    each_s = typical_s(kind, runs)
    counted = [run.samples for run in runs if run.samples is not None]
    prices = [] if price_per_hour is None else [each_s * price_per_hour / _HOUR_S]
    prices += [] if price_per_job is None else [price_per_job]
    return Quote(
        jobs=jobs,
        seconds=jobs * each_s,
        samples=jobs * round(median(counted)) if counted else None,
        cost_usd=jobs * sum(prices) if prices else None,
        measured_on=len(runs),
    )


def deadline_s(kind: JobKind, runs: Sequence[MeasuredRun], floor_s: float) -> float:
    """Seconds after which an attempt is taken away from its worker."""
    return max(DEADLINE_QUOTES * typical_s(kind, runs), floor_s)


def starts_in_s(place: int, running_for_s: Sequence[float], each_s: float) -> float:
    """Seconds until a job starts that waits.

    Args:
        place: Its place in the queue, from 1.
        running_for_s: How long each job has run that runs now; so many workers there are at least.
        each_s: Seconds of one job.
    """
    free_in_s = sorted(max(0.0, each_s - seconds) for seconds in running_for_s) or [0.0]
    rounds, worker = divmod(place - 1, len(free_in_s))  # nobody is free later than after one job
    return free_in_s[worker] + rounds * each_s
