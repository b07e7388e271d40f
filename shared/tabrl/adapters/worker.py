"""Running jobs: claim, keep the lease, call a handler, and finish each job exactly once.

Both workers use it. A delivered message is only a hint: what the claim says goes.
"""

from __future__ import annotations

import threading
import time
from enum import StrEnum

from tabrl.adapters.lease import JobLease
from tabrl.adapters.logs import ids, logger, where
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.settings import Settings
from tabrl.contracts.events import NoticeEvent, StateEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import TabrlError, Unavailable
from tabrl.domain.jobs import Failure, FailureKind, Job, JobState
from tabrl.ports.events import EventBus
from tabrl.ports.jobs import JobRepository
from tabrl.ports.queue import Clock
from tabrl.ports.work import JobFailedError, JobHandler, JobStoppedError, StopReason

_WORKER_LEFT = NoticeEvent(
    code="worker_left", message="The worker shuts down. Another one takes the job over."
)


class DeliveryOutcome(StrEnum):
    """How a delivery ended."""

    FINISHED = "finished"
    NOT_OURS = "not_ours"  # leased by another worker, ended, or unknown: drop the message
    RELEASED = "released"  # handed back on shutdown: the message goes back too
    LOST = "lost"  # the lease is or will be lost: the reaper sends the job again


class JobRunner:
    """Turns job ids into finished jobs, one call of `handler` for each claim."""

    RETRY_S = 0.5

    def __init__(
        self,
        handler: JobHandler,
        *,
        jobs: JobRepository,
        bus: EventBus,
        clock: Clock,
        metrics: WorkerMetrics,
        settings: Settings,
    ) -> None:
        self._handler = handler
        self._jobs = jobs
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._settings = settings
        self._shutdown = threading.Event()

    def shut_down(self) -> None:
        """Ask the running handler to checkpoint and stop; jobs are handed back from now on."""
        self._shutdown.set()

    def run(self, job_id: str) -> DeliveryOutcome:
        """Work on a job if it is ours to take. Raises nothing."""
        try:
            job = self._jobs.claim(job_id, self._settings.lease_s, self._settings.max_attempts)
        except Exception as error:  # without an answer the job stays queued and is sent again
            logger.error("job %s: cannot claim: %s", job_id, where(error))
            return DeliveryOutcome.LOST
        if job is None:
            logger.info("job %s: not ours to take", job_id)
            return DeliveryOutcome.NOT_OURS
        kind = job.kind.value
        waited = (self._clock.now() - job.queued_at).total_seconds()
        self._metrics.wait_seconds.labels(kind).observe(max(0.0, waited))
        started = time.monotonic()
        with self._metrics.busy.track_inprogress(), ids(job_id=job.id, task_id=job.task_id):
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
            lease_s=self._settings.lease_s,
            heartbeat_s=self._settings.heartbeat_s,
        ) as lease:
            lease.publish(StateEvent(state=JobState.RUNNING.value, attempt=job.attempt))
            try:
                result = self._handler(job, lease)
            except JobStoppedError as stop:
                return self._stopped(job, lease, stop.reason)
            except JobFailedError as error:
                return self._finish(job, lease, JobState.FAILED, failure=error.failure)
            except Unavailable as error:
                # Not finishing is the retry: the lease runs out and the reaper sends it again.
                logger.error("job %s: left to a later attempt: %s", job.id, where(error))
                return DeliveryOutcome.LOST
            except TabrlError as error:
                failure = Failure(
                    kind=FailureKind.INFRASTRUCTURE, code=error.code, message=error.message
                )
                return self._finish(job, lease, JobState.FAILED, failure=failure)
            except Exception as error:
                logger.error("job %s: unexpected %s", job.id, where(error))
                return self._finish(job, lease, JobState.FAILED, failure=_unexpected(job, error))
            return self._finish(job, lease, JobState.SUCCEEDED, result=result)

    def _stopped(self, job: Job, lease: JobLease, reason: StopReason) -> DeliveryOutcome:
        if reason is StopReason.CANCELLED:
            return self._finish(job, lease, JobState.CANCELLED)
        if reason is StopReason.SHUTDOWN:
            try:
                if self._jobs.release(job.id, job.fence):
                    lease.publish(_WORKER_LEFT)
                    lease.publish(StateEvent(state=JobState.QUEUED.value, attempt=job.attempt - 1))
                    return DeliveryOutcome.RELEASED
                if self._jobs.requests(job.id).cancel:
                    return self._finish(job, lease, JobState.CANCELLED)
            except TabrlError as error:
                logger.error("job %s: cannot hand back (%s)", job.id, error.code)
        logger.warning("job %s: lost at fence %d", job.id, job.fence)
        return DeliveryOutcome.LOST

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


def _unexpected(job: Job, error: Exception) -> Failure:
    return Failure(
        kind=FailureKind.INFRASTRUCTURE,
        code="unexpected_error",
        message=(
            f"The {job.kind} worker met an error of its own ({type(error).__name__}); "
            f"its log tells where, under {job.id}."
        ),
    )
