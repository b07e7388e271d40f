"""Running jobs: claim, keep the lease, call a handler, and finish each job exactly once.

Both workers use it. A delivered message only says to look: what the claim says goes.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import TypeVar

from tabrl.adapters.breaker import Breaker
from tabrl.adapters.lease import JobLease, LeaseTimes
from tabrl.adapters.logs import ids, logger, where
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.settings import Settings
from tabrl.contracts.events import NoticeEvent, StateEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.backoff import backoff_s
from tabrl.domain.errors import NotYet, TabrlError, Unavailable
from tabrl.domain.jobs import Failure, FailureKind, Job, JobKind, JobState
from tabrl.domain.people import LOCAL
from tabrl.ports.events import EventBus
from tabrl.ports.jobs import JobRepository
from tabrl.ports.work import JobFailedError, JobHandler, JobStoppedError, StopReason

MAX_OUTAGES = 2000  # some eight hours; from then on they use up attempts, so that every job ends
Answer = TypeVar("Answer")
_WORKER_LEFT = NoticeEvent(
    code="worker_left", message="The worker shuts down. Another one takes the job over."
)


class DeliveryOutcome(StrEnum):
    """How a delivery ended."""

    FINISHED = "finished"
    NOT_OURS = "not_ours"  # no job is due, or another worker was faster: drop the message
    RELEASED = "released"  # handed back on shutdown: the message goes back too
    POSTPONED = "postponed"  # a part did not answer: it waits a while, no attempt used up
    RETRIED = "retried"  # the attempt failed: it waits a while for the next one
    LOST = "lost"  # the lease is or will be lost: the reaper sends the job again


def end_process() -> None:
    """End without ado: a thread that hangs cannot be stopped, but its process is replaced."""
    os._exit(os.EX_TEMPFAIL)


class JobRunner:
    """Turns waiting jobs into finished ones, one call of `handler` for each claim."""

    RETRY_S = 0.5

    def __init__(
        self,
        kind: JobKind,
        handler: JobHandler,
        *,
        jobs: JobRepository,
        bus: EventBus,
        metrics: WorkerMetrics,
        settings: Settings,
        breaker: Breaker | None = None,
        end_process: Callable[[], None] = end_process,
    ) -> None:
        """`end_process` is called when a handler hangs that cannot be stopped."""
        self._kind = kind
        self._handler = handler
        self._jobs = jobs
        self._bus = bus
        self._metrics = metrics
        self._settings = settings
        self._times = LeaseTimes(settings.lease_s, settings.heartbeat_s, settings.stall_s)
        self._breaker = breaker or Breaker()
        self._end_process = end_process
        self._shutdown = threading.Event()

    def shut_down(self) -> None:
        """Ask the running handler to checkpoint and stop; jobs are handed back from now on."""
        self._shutdown.set()

    def raise_if_sick(self) -> None:
        """Raises `SickWorkerError` while it takes no jobs because its own failures went on."""
        self._breaker.raise_if_sick()

    def run(self) -> DeliveryOutcome:
        """Work on the job whose turn it is, if there is one. Raises nothing."""
        if not self._breaker.wait(self._shutdown):
            return DeliveryOutcome.RELEASED
        try:
            job = self._jobs.claim_next(self._kind, self._settings.lease_s)
        except Exception as error:  # without an answer the jobs stay queued and are sent again
            logger.error("cannot claim: %s", where(error))
            return DeliveryOutcome.LOST
        if job is None:
            return DeliveryOutcome.NOT_OURS
        kind = job.kind.value
        waited = ((job.claimed_at or job.queued_at) - job.queued_at).total_seconds()
        self._metrics.wait_seconds.labels(kind).observe(max(0.0, waited))
        started = time.monotonic()
        with self._metrics.busy.track_inprogress(), _ids_of(job):
            outcome = self._work(job)
        self._metrics.job_seconds.labels(kind).observe(time.monotonic() - started)
        self._metrics.jobs.labels(kind, outcome.value).inc()
        return outcome

    def _work(self, job: Job) -> DeliveryOutcome:
        logger.info("job %s: attempt %d, fence %d", job.id, job.attempt, job.fence)
        with JobLease(
            job,
            jobs=self._jobs,
            bus=self._bus,
            metrics=self._metrics,
            shutdown=self._shutdown,
            times=self._times,
            overdue=lambda lease, failure: self._take_away(job, lease, failure),
            stuck=lambda failure: self._replace(job, failure),
        ) as lease:
            lease.publish(StateEvent(state=JobState.RUNNING.value, attempt=job.attempt))
            try:
                result = self._handler(job, lease)
            except JobStoppedError as stop:
                return self._stopped(job, lease, stop.reason)
            except JobFailedError as error:
                self._breaker.succeeded()
                return self._finish(job, lease, JobState.FAILED, failure=error.failure)
            except Unavailable as error:
                return self._postpone(job, lease, error)
            except TabrlError as error:
                failure = Failure(
                    kind=FailureKind.INFRASTRUCTURE, code=error.code, message=error.message
                )
                return self._finish(job, lease, JobState.FAILED, failure=failure)
            except Exception as error:
                logger.error("job %s: unexpected %s", job.id, where(error))
                self._breaker.failed(type(error).__name__, of=job.id)
                return self._retry(job, lease, _unexpected(job, error))
            self._breaker.succeeded()
            return self._finish(job, lease, JobState.SUCCEEDED, result=result)

    def _postpone(self, job: Job, lease: JobLease, error: Unavailable) -> DeliveryOutcome:
        """Hand the job back until a part answers again."""
        logger.error("job %s: left to a later time: %s", job.id, where(error))
        if not isinstance(error, NotYet):
            self._breaker.failed(f"{error.code}: {error.message}")
        if job.outages >= MAX_OUTAGES:
            failure = Failure(
                kind=FailureKind.INFRASTRUCTURE, code=error.code, message=error.message
            )
            return self._retry(job, lease, failure)
        delay = backoff_s(job.outages, random.random())
        handed_back = self._until_answered(
            job, lease, lambda: self._jobs.postpone(job.id, job.fence, delay)
        )
        if handed_back:
            lease.publish(
                NoticeEvent(
                    code="waiting_for_part",
                    message=f"{error.message} The job goes on in about {delay:.0f} s.",
                )
            )
            lease.publish(StateEvent(state=JobState.QUEUED.value, attempt=job.attempt - 1))
            return DeliveryOutcome.POSTPONED
        return self._cancelled_or_lost(job, lease)

    def _retry(self, job: Job, lease: JobLease, failure: Failure) -> DeliveryOutcome:
        """Hand the job back for another attempt, or end it after the last one."""
        delay = backoff_s(job.attempt - 1, random.random())
        changed = self._until_answered(
            job,
            lease,
            lambda: self._jobs.retry(
                job.id, job.fence, failure, delay, self._settings.max_attempts
            ),
        )
        if not changed:
            return self._cancelled_or_lost(job, lease)
        self._tell(changed, lease, failure)
        return (
            DeliveryOutcome.FINISHED
            if changed.state is JobState.FAILED
            else DeliveryOutcome.RETRIED
        )

    def _take_away(self, job: Job, lease: JobLease, failure: Failure) -> None:
        """From a handler that hangs; by the lease's thread. Raises `Unavailable`."""
        logger.error("job %s: %s", job.id, failure.code)
        self._breaker.failed(failure.code, of=job.id)
        delay = backoff_s(job.attempt - 1, random.random())
        changed = self._jobs.retry(job.id, job.fence, failure, delay, self._settings.max_attempts)
        if changed is not None:
            self._tell(changed, lease, failure)
        elif self._jobs.requests(job.id).cancel:
            self._jobs.finish(job.id, job.fence, JobState.CANCELLED)
            lease.publish(StateEvent(state=JobState.CANCELLED.value, attempt=job.attempt))

    def _replace(self, job: Job, failure: Failure) -> None:
        logger.error("job %s: its handler hangs (%s), the process ends", job.id, failure.code)
        self._end_process()

    def _tell(self, job: Job, lease: JobLease, failure: Failure) -> None:
        if job.state is JobState.QUEUED:
            lease.publish(NoticeEvent(code=failure.code, message=failure.message))
        lease.publish(
            StateEvent(
                state=job.state.value,
                attempt=job.attempt,
                code=job.failure.code if job.failure else None,
                message=job.failure.message if job.failure else None,
            )
        )

    def _until_answered(
        self, job: Job, lease: JobLease, ask: Callable[[], Answer]
    ) -> Answer | None:
        """Ask the database again and again, as long as the lease is ours."""
        while not lease.lost:
            try:
                return ask()
            except Unavailable as error:
                logger.warning("job %s: cannot hand back yet (%s)", job.id, error.code)
                time.sleep(self.RETRY_S)
        return None

    def _cancelled_or_lost(self, job: Job, lease: JobLease) -> DeliveryOutcome:
        try:
            if not lease.lost and self._jobs.requests(job.id).cancel:
                return self._finish(job, lease, JobState.CANCELLED)
        except TabrlError as error:
            logger.error("job %s: cannot ask (%s)", job.id, error.code)
        logger.warning("job %s: lost at fence %d", job.id, job.fence)
        return DeliveryOutcome.LOST

    def _stopped(self, job: Job, lease: JobLease, reason: StopReason) -> DeliveryOutcome:
        if reason is StopReason.CANCELLED:
            return self._finish(job, lease, JobState.CANCELLED)
        if reason is StopReason.SHUTDOWN:
            try:
                if self._jobs.release(job.id, job.fence):
                    lease.publish(_WORKER_LEFT)
                    lease.publish(StateEvent(state=JobState.QUEUED.value, attempt=job.attempt - 1))
                    return DeliveryOutcome.RELEASED
            except TabrlError as error:
                logger.error("job %s: cannot hand back (%s)", job.id, error.code)
        return self._cancelled_or_lost(job, lease)

    def _finish(
        self,
        job: Job,
        lease: JobLease,
        state: JobState,
        *,
        result: TrainResult | None = None,
        failure: Failure | None = None,
    ) -> DeliveryOutcome:
        """End the job, trying again as long as the lease is ours."""
        while not lease.lost:
            try:
                ended = self._jobs.finish(job.id, job.fence, state, result=result, failure=failure)
            except Unavailable as error:
                logger.warning("job %s: cannot finish yet (%s)", job.id, error.code)
                time.sleep(self.RETRY_S)
                continue
            if not ended:
                break
            self._metrics.observe_end(job, state, failure)
            logger.info("job %s: %s %s", job.id, state, failure.code if failure else "")
            lease.publish(
                StateEvent(
                    state=state.value,
                    attempt=job.attempt,
                    code=failure.code if failure else None,
                    message=failure.message if failure else None,
                )
            )
            return DeliveryOutcome.FINISHED
        logger.warning("job %s: lost at fence %d", job.id, job.fence)
        return DeliveryOutcome.LOST


def _ids_of(job: Job) -> AbstractContextManager[object]:
    """Log entries say whose job it is, where people log in."""
    owner = {} if job.owner == LOCAL else {"owner_id": job.owner}
    return ids(job_id=job.id, task_id=job.task_id, **owner)


def _unexpected(job: Job, error: Exception) -> Failure:
    return Failure(
        kind=FailureKind.INFRASTRUCTURE,
        code="unexpected_error",
        message=(
            f"The {job.kind} worker met an error of its own ({type(error).__name__}); "
            f"its log tells where, under {job.id}."
        ),
    )
