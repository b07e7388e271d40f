"""The lease of a job: a thread renews it while the job makes progress, and listens for requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tabrl.adapters.logs import logger
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.outbox import EventOutbox
from tabrl.adapters.watch import ProgressWatch
from tabrl.contracts.events import Event, MeasuredEvent, ProgressEvent, StageEvent
from tabrl.contracts.tiers import followed_by
from tabrl.contracts.training import ProgressSummary
from tabrl.domain.jobs import Failure, Job
from tabrl.ports.events import EventBus
from tabrl.ports.jobs import JobRepository, Weights
from tabrl.ports.work import JobStoppedError, StopReason

STUCK_S = 10.0  # for a handler to end whose job was taken away
# Leases without an answer of the database before the worker gives the job up by itself. Until then
# it works on: only the fence says that somebody else has the job, and every write carries it.
UNCONFIRMED_LEASES = 10


@dataclass(frozen=True)
class LeaseTimes:
    """Seconds: how long a lease is, how often it is renewed, how long no progress is borne."""

    lease_s: float
    heartbeat_s: float
    stall_s: float


class JobLease:
    """A claimed job; a `JobControl` for its handler and a context manager for the runner."""

    POLL_S = 0.4  # how old the answer of `should_stop` can be

    def __init__(
        self,
        job: Job,
        *,
        jobs: JobRepository,
        bus: EventBus,
        metrics: WorkerMetrics,
        shutdown: threading.Event,
        times: LeaseTimes,
        overdue: Callable[[JobLease, Failure], None],
        stuck: Callable[[Failure], None],
    ) -> None:
        """What the runner does about a handler that hangs:

        Args:
            overdue: Takes the job from it; tried again if it raises.
            stuck: Called with the same failure if it has not ended some seconds later.
        """
        self._job, self._jobs, self._metrics = job, jobs, metrics
        self._shutdown, self._times = shutdown, times
        self._take_away, self._stuck = overdue, stuck
        self._outbox = EventOutbox(job.id, bus, metrics)
        self._watch = ProgressWatch(times.stall_s, job.deadline_s)
        self._extended = time.monotonic()
        self._stage: str | None = None
        self._told: tuple[str | None, ProgressSummary | None] = (None, None)
        self._progress: ProgressSummary | None = None
        self._history = () if job.progress is None else job.progress.history
        self._weights = job.weights
        self._cancelled = threading.Event()
        self._lost = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._keep,), name=f"lease-{job.id}", daemon=True
        )

    @property
    def fence(self) -> int:
        """Number of this claim."""
        return self._job.fence

    @property
    def lost(self) -> bool:
        """Whether somebody else may have the lease by now."""
        return self._lost.is_set()

    def should_stop(self) -> StopReason | None:
        """Whether to stop; the lease comes first because a loser must not write any more."""
        self._watch.progressed()
        if self._lost.is_set():
            return StopReason.LOST_LEASE
        if self._cancelled.is_set():
            return StopReason.CANCELLED
        return StopReason.SHUTDOWN if self._shutdown.is_set() else None

    def raise_if_stopped(self) -> None:
        """Raises `JobStoppedError` if the handler should stop."""
        reason = self.should_stop()
        if reason is not None:
            raise JobStoppedError(reason)

    def requested_weights(self) -> Weights | None:
        """The weights the user last asked for, `POLL_S` old at most."""
        self._watch.progressed()
        return self._weights

    def publish(self, event: Event) -> None:
        """Tell the user; never waits, and silent once the job belongs to somebody else."""
        if isinstance(event, StageEvent):
            self._stage = event.stage
            self._watch.began(event.stage)
        if isinstance(event, ProgressEvent):
            fields = event.model_dump(include=set(ProgressSummary.model_fields))
            self._progress = ProgressSummary(**fields, history=self._history)
        if isinstance(event, MeasuredEvent):
            self._history = followed_by(self._history, event.point)
            if self._progress is not None:
                self._progress = self._progress.model_copy(update={"history": self._history})
        self._watch.progressed()
        if not self._lost.is_set():
            self._outbox.put(event)

    def __enter__(self) -> Self:
        self._outbox.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        self._outbox.close()

    def _keep(self) -> None:
        while not self._done.wait(min(self.POLL_S, self._times.heartbeat_s)):
            failure = self._watch.overdue()
            try:
                if failure is not None:
                    self._take_away(self, failure)
                    self._lost.set()
                    self._wait_for_end(failure)
                    return
                if not self._renew():
                    self._lost.set()
                    return
                self._listen()
            except Exception as error:  # whatever the database does, the lease must be watched
                self._metrics.heartbeats_failed.inc()
                logger.warning("job %s: heartbeat failed (%s)", self._job.id, type(error).__name__)
            if time.monotonic() - self._extended > UNCONFIRMED_LEASES * self._times.lease_s:
                self._lost.set()
                return

    def _renew(self) -> bool:
        """Extend the lease if that is due or a stage began; `False` if the fence was lost."""
        asked = time.monotonic()
        stage, progress = news = (self._stage, self._progress)
        due = asked >= self._extended + self._times.heartbeat_s
        if not due and stage == self._told[0]:
            return True
        renewed = self._jobs.heartbeat(
            self._job.id, self.fence, self._times.lease_s, stage=stage, progress=progress
        )
        self._extended, self._told = asked, news
        return renewed

    def _listen(self) -> None:
        requests = self._jobs.requests(self._job.id)
        self._weights = requests.weights
        if requests.cancel:
            self._cancelled.set()

    def _wait_for_end(self, failure: Failure) -> None:
        if not self._done.wait(STUCK_S):
            self._stuck(failure)
