"""A job as spans of its task's trace: how long it waited, the work, and each stage of it."""

from __future__ import annotations

from opentelemetry.trace import Span, Status, StatusCode

from tabrl.adapters.tracing import Attribute, Tracing
from tabrl.contracts.events import Event, StageEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import Job, JobKind

_NAMES = {JobKind.REWARD: "write", JobKind.TRAIN: "train"}


class TraceObserver:
    """Traces one attempt at a job; it must be made and ended in the thread that works on it."""

    def __init__(self, tracing: Tracing, job: Job) -> None:
        self._tracing = tracing
        ids: dict[str, Attribute] = {"job": job.id, "attempt": job.attempt}
        tracing.waited(job.task_id, "queue", job.queued_at, **ids)
        self._work = tracing.enter(job.task_id, _NAMES[job.kind], robot=job.robot, **ids)
        self._stage: Span | None = None

    def event(self, event: Event) -> None:
        """A stage ends where the next one begins."""
        if isinstance(event, StageEvent):
            self._close()
            self._stage = self._tracing.begin(event.stage)

    def end(self, result: TrainResult | None, error: BaseException | None) -> None:
        """The work has ended; of an error only its type is told."""
        self._close()
        if error is not None:
            self._work.span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        self._work.leave()

    def _close(self) -> None:
        if self._stage is not None:
            self._stage.end()
            self._stage = None
