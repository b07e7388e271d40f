"""Redis hangs: the first request waits for it, the next ones do not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tabrl.contracts.events import Event, StateEvent
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import Job, JobKind
from tabrl.ports.events import StoredEvent
from tabrl_api.jobs.resting import Rest, RestingEventBus, RestingTaskQueue
from tests.support.factories import training

QUEUED = StateEvent(state="queued", attempt=0)


class Hanging:
    """A bus and a queue that answer nobody until they are `well`."""

    def __init__(self) -> None:
        self.asked = 0
        self.well = False

    def _ask(self) -> None:
        self.asked += 1
        if not self.well:
            raise Unavailable("no answer", code="redis_unavailable")

    def publish(self, job_id: str, event: Event) -> None:
        self._ask()

    def read(self, job_id: str, after: str = "0-0") -> list[StoredEvent]:
        self._ask()
        return []

    def enqueue(self, job: Job) -> None:
        self._ask()

    def depth(self, kind: JobKind) -> int:
        self._ask()
        return 0


def test_one_failure_spares_all_others_the_wait_until_it_has_rested() -> None:
    now = [100.0]
    part, rest = Hanging(), Rest(3.0, clock=lambda: now[0])
    bus, queue = RestingEventBus(part, rest), RestingTaskQueue(part, rest)
    job, _ = training(datetime.now(UTC))
    for ask in (lambda: bus.publish("job_a", QUEUED), lambda: queue.enqueue(job)) * 3:
        with pytest.raises(Unavailable):
            ask()
    assert part.asked == 1
    with pytest.raises(Unavailable):
        queue.depth(JobKind.TRAIN)  # whether it answers is found out by asking
    assert part.asked == 2
    now[0] += 3.1
    part.well = True
    bus.publish("job_a", QUEUED)
    queue.enqueue(job)
    assert part.asked == 4
