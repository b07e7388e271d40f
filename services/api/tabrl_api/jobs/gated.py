"""Redis behind a gate, so that no request waits for it twice.

What it would have been told is in the rows: the reaper sends jobs again, and readers find states.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tabrl.adapters.gate import Gate
from tabrl.contracts.events import Event
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import Job, JobKind
from tabrl.ports import EventBus, TaskQueue
from tabrl.ports.events import StoredEvent


def queue_gate(queue: TaskQueue) -> Gate:
    """Open as long as Redis says how long a queue is."""

    def answers() -> bool:
        try:
            queue.depth(JobKind.TRAIN)
        except Unavailable:
            return False
        return True

    return Gate("Redis", answers)


class GatedEventBus:
    """An `EventBus` in front of another; what is read is asked for in any case."""

    def __init__(self, bus: EventBus, gate: Gate) -> None:
        self._bus, self._gate = bus, gate

    def publish(self, job_id: str, event: Event) -> None:
        """See `EventBus.publish`."""
        with _through(self._gate, "redis_unavailable"):
            self._bus.publish(job_id, event)

    def read(self, job_id: str, after: str = "0-0") -> list[StoredEvent]:
        """See `EventBus.read`."""
        return self._bus.read(job_id, after)


class GatedTaskQueue:
    """A `TaskQueue` in front of another; its depth is asked for in any case."""

    def __init__(self, queue: TaskQueue, gate: Gate) -> None:
        self._queue, self._gate = queue, gate

    def enqueue(self, job: Job) -> None:
        """See `TaskQueue.enqueue`."""
        with _through(self._gate, "queue_unavailable"):
            self._queue.enqueue(job)

    def depth(self, kind: JobKind) -> int:
        """See `TaskQueue.depth`."""
        return self._queue.depth(kind)


@contextmanager
def _through(gate: Gate, code: str) -> Iterator[None]:
    """Around a call. Raises `Unavailable` (`code`) instead of it while the gate is closed."""
    if gate.closed:
        raise Unavailable("Redis does not answer.", code=code)
    try:
        yield
    except Unavailable:
        gate.doubt()
        raise
