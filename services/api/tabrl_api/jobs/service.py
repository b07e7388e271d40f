"""Jobs, and the stream of a job's events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from anyio.to_thread import run_sync

from tabrl.contracts.events import Event, StageEvent, StateEvent
from tabrl.domain.errors import Conflict, Invalid, TabrlError, Unavailable
from tabrl.domain.jobs import TERMINAL, Job, JobKind, JobState
from tabrl.ports import EventBus, JobRepository, StoredEvent
from tabrl_api.context import AppContext
from tabrl_api.dispatch import announce, state_event
from tabrl_api.jobs.quotes import starts
from tabrl_api.jobs.schemas import JobView
from tabrl_api.progress import START, position


def job_view(job: Job, jobs: JobRepository) -> JobView:
    """A job with its place in the queue."""
    return job_views([job], jobs)[0]


def job_views(listed: Sequence[Job], jobs: JobRepository) -> list[JobView]:
    """Jobs with their places in the queue, which are asked for at once."""
    places = jobs.places([job.id for job in listed if job.state is JobState.QUEUED])
    begins: dict[str, float] = {}
    for kind in JobKind:
        own = {job.id: places[job.id] for job in listed if job.kind is kind and job.id in places}
        begins |= starts(kind, own, jobs)
    return [JobView.of(job, places.get(job.id), begins.get(job.id)) for job in listed]


def cancel(job_id: str, jobs: JobRepository, bus: EventBus) -> Job:
    """Ask for a job's end. Raises `Conflict` (code `job_finished`) if it has ended."""
    job = jobs.request_cancel(job_id)
    announce(job, bus)
    return job


def reweight(job_id: str, changes: Mapping[str, float], jobs: JobRepository, bus: EventBus) -> Job:
    """Ask a training for other weights.

    Raises `Conflict` (code `job_finished`, or `learning_over` once it is evaluated), or `Invalid`
    for a job or names that do not fit.
    """
    if not jobs.get(job_id).terminal and _learning_over(job_id, bus):
        raise Conflict(
            "The training has learnt what it will: its result is being evaluated.",
            code="learning_over",
            hint="Train the candidate again with these weights.",
        )
    return jobs.request_weights(job_id, changes)


def _learning_over(job_id: str, bus: EventBus) -> bool:
    """Whether the last thing heard of a training is its evaluation; no if nothing is heard."""
    try:
        events = bus.read(job_id)
    except Unavailable:
        return False
    stages = [event.stage for _, event in events if isinstance(event, StageEvent)]
    return stages[-1:] == ["evaluation"]


def resume_point(last_event_id: str | None) -> str:
    """Where to go on. Raises `Invalid` (code `last_event_id`) for something that is no id."""
    try:
        position(last_event_id or START)
    except ValueError:
        raise Invalid("Last-Event-ID is not an id of this stream.", code="last_event_id") from None
    return last_event_id or START


def all_delivered(job: Job, after: str, bus: EventBus) -> bool:
    """Whether a job has ended and a reader who saw `after` has seen everything."""
    if not job.terminal:
        return False
    try:
        return not bus.read(job.id, after)
    except TabrlError:
        return False  # the stream itself will tell the end from the row


async def job_events(
    job_id: str, after: str, context: AppContext
) -> AsyncIterator[StoredEvent | None]:
    """A job's events up to its end; `None` while nothing happens.

    The row decides when a job has ended: an event may have been lost with Redis. What Redis has
    forgotten comes from the archive.
    """
    for kept in await run_sync(_archived, job_id, after, context):
        yield kept
        if _ends(kept.event):
            return
        after = kept.id
    async for entry in context.progress.follow(job_id, after):
        if entry is not None:
            yield entry
            if _ends(entry.event):
                return
            continue
        try:
            job = await run_sync(context.jobs.get, job_id)
        except TabrlError:
            yield None
            continue
        if job.terminal:
            yield StoredEvent("", state_event(job))
            return
        yield None


def _archived(job_id: str, after: str, context: AppContext) -> list[StoredEvent]:
    """What the archive has of a job that the event bus has forgotten."""
    try:
        if context.bus.read(job_id):
            return []
        return context.archive.read(job_id, after)
    except TabrlError:
        return []  # the stream itself will tell the end from the row


def _ends(event: Event) -> bool:
    return isinstance(event, StateEvent) and JobState(event.state) in TERMINAL
