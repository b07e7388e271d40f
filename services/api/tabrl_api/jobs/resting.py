"""Redis left alone for a while after it did not answer, so that requests need not wait for it.

What it would have been told is in the rows: the reaper sends jobs again, and readers find states.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tabrl.contracts.events import Event
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import Job, JobKind
from tabrl.ports import EventBus, TaskQueue
from tabrl.ports.events import StoredEvent

REST_S = 3.0


class Rest:
    """From a failure on, whoever asks is refused at once until the rest is over."""

    def __init__(self, rest_s: float = REST_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest_s, self._clock = rest_s, clock
        self._until = 0.0

    @contextmanager
    def asking(self, code: str) -> Iterator[None]:
        """Around a call. Raises `Unavailable` (`code`) instead of it while the part rests."""
        if self._clock() < self._until:
            raise Unavailable("Redis did not answer a moment ago.", code=code)
        try:
            yield
        except Unavailable:
            self._until = self._clock() + self._rest_s
            raise


class RestingEventBus:
    """An `EventBus` in front of another; what is read is asked for in any case."""

    def __init__(self, bus: EventBus, rest: Rest) -> None:
        self._bus, self._rest = bus, rest

    def publish(self, job_id: str, event: Event) -> None:
        """See `EventBus.publish`."""
        with self._rest.asking("redis_unavailable"):
            self._bus.publish(job_id, event)

    def read(self, job_id: str, after: str = "0-0") -> list[StoredEvent]:
        """See `EventBus.read`."""
        return self._bus.read(job_id, after)


class RestingTaskQueue:
    """A `TaskQueue` in front of another; its depth is asked for in any case."""

    def __init__(self, queue: TaskQueue, rest: Rest) -> None:
        self._queue, self._rest = queue, rest

    def enqueue(self, job: Job) -> None:
        """See `TaskQueue.enqueue`."""
        with self._rest.asking("queue_unavailable"):
            self._queue.enqueue(job)

    def depth(self, kind: JobKind) -> int:
        """See `TaskQueue.depth`."""
        return self._queue.depth(kind)
