"""Notifications after a commit: of workers that a job waits, of readers that it changed."""

from __future__ import annotations

from tabrl.adapters.logs import ids, logger
from tabrl.contracts.events import Event, StateEvent
from tabrl.domain.errors import TabrlError
from tabrl.domain.jobs import Job, JobState
from tabrl.ports import EventBus, JobRepository, TaskQueue
from tabrl_api.context import AppContext


def send(job: Job, *, queue: TaskQueue, jobs: JobRepository) -> bool:
    """Send a committed job to its workers; if the queue fails, the reaper will."""
    try:
        queue.enqueue(job)
        jobs.mark_enqueued(job.id)
    except TabrlError as error:
        logger.warning("job %s: not sent yet (%s)", job.id, error.code)
        return False
    return True


def state_event(job: Job) -> StateEvent:
    """A job's state as an event."""
    failure = job.failure if job.state is JobState.FAILED else None
    return StateEvent(
        state=job.state.value,
        attempt=job.attempt,
        code=failure.code if failure else None,
        message=failure.message if failure else None,
    )


def announce(job: Job, bus: EventBus) -> None:
    """Publish a job's state; readers who miss it find it in the row."""
    publish(job, state_event(job), bus)


def publish(job: Job, event: Event, bus: EventBus) -> None:
    """Tell who follows a job; a lost event must not fail what it tells of."""
    try:
        bus.publish(job.id, event)
    except TabrlError as error:
        logger.warning("job %s: %s not announced (%s)", job.id, event.type, error.code)


def started(job: Job, context: AppContext, *, first: bool = False) -> None:
    """Tell everybody of a committed job; the `first` of a task begins its trace."""
    tracing = context.tracing
    span = tracing.posted(job.task_id, job=job.id) if first else (
        tracing.of_task(job.task_id, "post", job=job.id)
    )  # fmt: skip
    with span, ids(task_id=job.task_id, job_id=job.id):
        announce(job, context.bus)
        send(job, queue=context.queue, jobs=context.jobs)
