"""The lease of a job: a thread renews it and listens for requests to stop."""

from __future__ import annotations

import threading
import time
from contextvars import copy_context
from types import TracebackType
from typing import Self

from tabrl.adapters.logs import logger
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.contracts.events import Event
from tabrl.domain.errors import TabrlError
from tabrl.domain.jobs import Job
from tabrl.ports.events import EventBus
from tabrl.ports.jobs import JobRepository, Weights
from tabrl.ports.work import JobStoppedError, StopReason


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
        lease_s: float,
        heartbeat_s: float,
    ) -> None:
        self._job = job
        self._jobs = jobs
        self._bus = bus
        self._metrics = metrics
        self._shutdown = shutdown
        self._lease_s = lease_s
        self._heartbeat_s = heartbeat_s
        self._extended = time.monotonic()
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
        return self._weights

    def publish(self, event: Event) -> None:
        """Tell the user; best effort, and silent once the job belongs to somebody else."""
        if self._lost.is_set():
            return
        try:
            self._bus.publish(self._job.id, event)
        except TabrlError as error:
            self._metrics.events_dropped.inc()
            logger.warning("job %s: an event was dropped (%s)", self._job.id, error.code)

    def __enter__(self) -> Self:
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

    def _keep(self) -> None:
        next_heartbeat = self._extended + self._heartbeat_s
        while not self._done.wait(min(self.POLL_S, self._heartbeat_s)):
            try:
                if time.monotonic() >= next_heartbeat:
                    asked = time.monotonic()
                    if not self._jobs.heartbeat(self._job.id, self.fence, self._lease_s):
                        self._lost.set()
                        return
                    self._extended, next_heartbeat = asked, asked + self._heartbeat_s
                requests = self._jobs.requests(self._job.id)
                self._weights = requests.weights
                if requests.cancel:
                    self._cancelled.set()
            except Exception as error:  # whatever the database does, the lease must be watched
                self._metrics.heartbeats_failed.inc()
                logger.warning("job %s: heartbeat failed (%s)", self._job.id, type(error).__name__)
            if time.monotonic() - self._extended > self._lease_s:
                self._lost.set()  # nobody confirmed us in time: another worker may have it
                return
