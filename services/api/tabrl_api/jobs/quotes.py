"""What work will take, before it is asked for."""

from __future__ import annotations

from statistics import mean

from pydantic import BaseModel, Field

from tabrl.contracts.tiers import USUAL_MINUTES, Tier
from tabrl.domain.jobs import JobKind, JobState
from tabrl.domain.quotes import (
    Quote,
    deadline_s,
    expected_s,
    quote_of,
    start_times_s,
    typical_s,
)
from tabrl.ports import JobRepository
from tabrl.ports.jobs import MeasuredRuns
from tabrl_api.context import AppContext

_LEARNT = (Tier.FINE_TUNE, Tier.FULL)  # at whose rate any training by the minute learns


class QuoteView(BaseModel):
    """What jobs of a kind take together, and when the first would start."""

    jobs: int
    seconds: float = Field(description="Of all of them, one after the other.")
    starts_in_s: float = Field(description="Until the first would start, by what runs and waits.")
    samples: int | None = Field(description="Control steps simulated; null for writing.")
    cost_usd: float | None = Field(description="US dollars; null where no price is known.")
    measured_on: int = Field(description="Number of runs it is measured on; 0: an assumption.")


class TierQuote(QuoteView):
    """What trainings of a tier take; `minutes` are those quoted for, null for other tiers."""

    tier: Tier
    minutes: int | None


class RunQuote(BaseModel):
    """What a sentence takes: the writing of its candidates, and some trainings.

    `training` is of the tier that was asked about, `tiers` says the same of each.
    """

    writing: QuoteView
    training: QuoteView
    tiers: list[TierQuote]


def deadline(
    kind: JobKind, robot: str, context: AppContext, tier: Tier = Tier.FINE_TUNE,
    minutes: int | None = None,
) -> float:  # fmt: skip
    """Seconds that an attempt at a new job may take."""
    runs = _runs(kind, robot, tier, context.jobs)
    each_s = typical_s(kind, runs, tier, minutes)
    return deadline_s(each_s, context.settings.deadline_floor_s)


def starts(kind: JobKind, places: dict[str, int], jobs: JobRepository) -> dict[str, float]:
    """Seconds until each job of a kind starts that waits, by its place."""
    if not places:
        return {}
    underway = jobs.underway(kind, waiting=max(places.values()) - 1)
    runs = {tier: _runs(kind, None, tier, jobs) for tier in {job.tier for job in underway}}
    each_s = [expected_s(kind, job, runs[job.tier]) for job in underway]
    pairs = list(zip(underway, each_s, strict=True))
    left_s = [took - job.running_for_s for job, took in pairs if job.running_for_s is not None]
    waiting_s = [took for job, took in pairs if job.running_for_s is None]
    times = start_times_s(left_s, waiting_s)
    return {job_id: times[min(place, len(times)) - 1] for job_id, place in places.items()}


def run_quote(
    robot: str, trainings: int, context: AppContext, tier: Tier, minutes: int | None
) -> RunQuote:
    """What a sentence for a robot takes; `minutes` are those of a full training."""
    writing = quote_of(
        JobKind.REWARD,
        context.jobs.measured(JobKind.REWARD, robot),
        price_per_job=_price_of_writing(context),
    )
    begins_s = _starts_in_s(JobKind.TRAIN, context)
    asked = minutes or USUAL_MINUTES
    tiers = {
        one: TierQuote(
            tier=one,
            minutes=asked if one.takes_minutes else None,
            starts_in_s=begins_s,
            **_training_quote(robot, trainings, context, one, asked).model_dump(),
        )
        for one in Tier
    }
    return RunQuote(
        writing=QuoteView(
            starts_in_s=_starts_in_s(JobKind.REWARD, context), **writing.model_dump()
        ),
        training=QuoteView.model_validate(tiers[tier].model_dump(exclude={"tier", "minutes"})),
        tiers=list(tiers.values()),
    )


def _training_quote(
    robot: str, trainings: int, context: AppContext, tier: Tier, minutes: int
) -> Quote:
    return quote_of(
        JobKind.TRAIN,
        _runs(JobKind.TRAIN, robot, tier, context.jobs),
        jobs=trainings,
        tier=tier,
        minutes=minutes,
        price_per_hour=context.settings.price_per_hour,
    )


def _runs(kind: JobKind, robot: str | None, tier: Tier, jobs: JobRepository) -> MeasuredRuns:
    """The runs that tell what a job of a tier takes."""
    return jobs.measured(kind, robot, _LEARNT if tier.takes_minutes else (tier,))


def _price_of_writing(context: AppContext) -> float | None:
    """What language models took for a task lately; nothing for one that none was asked for."""
    usages = [task.usage for task in context.tasks.list(limit=20)]
    prices = [0.0 if usage is None else usage.cost_usd for usage in usages]
    known = [price for price in prices if price is not None]
    return mean(known) if known else None


def _starts_in_s(kind: JobKind, context: AppContext) -> float:
    """Seconds until a new job would start."""
    waiting = sum(
        count
        for (kind_of, state), count in context.jobs.counts().items()
        if kind_of is kind and state is JobState.QUEUED
    )
    return starts(kind, {"new": waiting + 1}, context.jobs)["new"]
