"""What work will take, before it is asked for."""

from __future__ import annotations

from statistics import mean

from pydantic import BaseModel, Field

from tabrl.domain.jobs import JobKind, JobState
from tabrl.domain.quotes import Quote, deadline_s, quote_of, starts_in_s, typical_s
from tabrl.ports import JobRepository
from tabrl_api.context import AppContext


class QuoteView(BaseModel):
    """What jobs of a kind take together, and when the first would start."""

    jobs: int
    seconds: float = Field(description="Of all of them, one after the other.")
    starts_in_s: float = Field(description="Until the first would start, by what runs and waits.")
    samples: int | None = Field(description="Control steps simulated; null for writing.")
    cost_usd: float | None = Field(description="US dollars; null where no price is known.")
    measured_on: int = Field(description="Number of runs it is measured on; 0: an assumption.")


class RunQuote(BaseModel):
    """What a sentence takes: the writing of its candidates, and some trainings."""

    writing: QuoteView
    training: QuoteView


def deadline(kind: JobKind, robot: str, context: AppContext) -> float:
    """Seconds that an attempt at a new job may take."""
    runs = context.jobs.measured(kind, robot)
    return deadline_s(kind, runs, context.settings.deadline_floor_s)


def starts(kind: JobKind, places: dict[str, int], jobs: JobRepository) -> dict[str, float]:
    """Seconds until each job of a kind starts that waits, by its place."""
    if not places:
        return {}
    each_s, running = typical_s(kind, jobs.measured(kind)), jobs.running_for_s(kind)
    return {job_id: starts_in_s(place, running, each_s) for job_id, place in places.items()}


def run_quote(robot: str, trainings: int, context: AppContext) -> RunQuote:
    """What a sentence for a robot takes."""
    writing = quote_of(
        JobKind.REWARD,
        context.jobs.measured(JobKind.REWARD, robot),
        price_per_job=_price_of_writing(context),
    )
    training = quote_of(
        JobKind.TRAIN,
        context.jobs.measured(JobKind.TRAIN, robot),
        jobs=trainings,
        price_per_hour=context.settings.price_per_hour,
    )
    return RunQuote(
        writing=_view(JobKind.REWARD, writing, context),
        training=_view(JobKind.TRAIN, training, context),
    )


def _price_of_writing(context: AppContext) -> float | None:
    """What language models took for a task lately; nothing for one that none was asked for."""
    usages = [task.usage for task in context.tasks.list(limit=20)]
    prices = [0.0 if usage is None else usage.cost_usd for usage in usages]
    known = [price for price in prices if price is not None]
    return mean(known) if known else None


def _view(kind: JobKind, quote: Quote, context: AppContext) -> QuoteView:
    waiting = sum(
        count
        for (kind_of, state), count in context.jobs.counts().items()
        if kind_of is kind and state is JobState.QUEUED
    )
    begins = starts(kind, {"new": waiting + 1}, context.jobs)["new"]
    return QuoteView(starts_in_s=begins, **quote.model_dump())
