"""A worker's handler with observers: they see its events and its end, and change nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tabrl.adapters.metrics import WorkerMetrics
from tabrl.contracts.events import Event, StageEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import Job
from tabrl.ports.jobs import Weights
from tabrl.ports.work import JobControl, JobHandler, StopReason


class JobObserver(Protocol):
    """Looks on at one attempt; may not raise."""

    def event(self, event: Event) -> None:
        """The handler told something."""
        ...

    def end(self, result: TrainResult | None, error: BaseException | None) -> None:
        """The handler has ended."""
        ...


class ObservedHandler:
    """A `JobHandler` in front of another, with new observers for every job."""

    def __init__(
        self, handler: JobHandler, observers: Sequence[Callable[[Job], JobObserver]]
    ) -> None:
        self._handler = handler
        self._observers = observers

    def __call__(self, job: Job, control: JobControl) -> TrainResult | None:
        """Returns and raises what the handler does."""
        observers = [make(job) for make in self._observers]
        try:
            result = self._handler(job, _ObservedControl(control, observers))
        except BaseException as error:
            for observer in reversed(observers):
                observer.end(None, error)
            raise
        for observer in reversed(observers):
            observer.end(result, None)
        return result


class _ObservedControl:
    """A `JobControl` that shows observers what is published."""

    def __init__(self, control: JobControl, observers: Sequence[JobObserver]) -> None:
        self._control = control
        self._observers = observers

    @property
    def fence(self) -> int:
        """See `JobControl.fence`."""
        return self._control.fence

    def should_stop(self) -> StopReason | None:
        """See `JobControl.should_stop`."""
        return self._control.should_stop()

    def raise_if_stopped(self) -> None:
        """See `JobControl.raise_if_stopped`."""
        self._control.raise_if_stopped()

    def requested_weights(self) -> Weights | None:
        """See `JobControl.requested_weights`."""
        return self._control.requested_weights()

    def publish(self, event: Event) -> None:
        """See `JobControl.publish`."""
        for observer in self._observers:
            observer.event(event)
        self._control.publish(event)


class StageObserver:
    """Measures how long the stages of an attempt take."""

    def __init__(self, metrics: WorkerMetrics, job: Job) -> None:
        self._metrics = metrics
        self._kind = job.kind.value
        self._stage: str | None = None
        self._since = 0.0

    def event(self, event: Event) -> None:
        """A stage ends where the next one begins."""
        if isinstance(event, StageEvent):
            self._close()
            self._stage, self._since = event.stage, time.monotonic()

    def end(self, result: TrainResult | None, error: BaseException | None) -> None:
        """The last stage has ended."""
        self._close()

    def _close(self) -> None:
        if self._stage is not None:
            seconds = time.monotonic() - self._since
            self._metrics.stage_seconds.labels(self._kind, self._stage).observe(seconds)
            self._stage = None
