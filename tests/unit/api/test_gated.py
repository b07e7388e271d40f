"""Redis hangs: the first request waits for it, the next ones do not."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from tabrl.contracts.events import Event, StateEvent
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import Job, JobKind
from tabrl.ports.events import StoredEvent
from tabrl_api.jobs.gated import GatedEventBus, GatedTaskQueue, queue_gate
from tests.support.factories import training

QUEUED = StateEvent(state="queued", attempt=0)


class Hanging:
    """A bus and a queue that refuse everybody until they are `well`."""

    def __init__(self) -> None:
        self.asked = 0
        self.well = threading.Event()

    def _ask(self) -> None:
        if not self.well.is_set():
            raise Unavailable("no answer", code="redis_unavailable")

    def publish(self, job_id: str, event: Event) -> None:
        self.asked += 1
        self._ask()

    def read(self, job_id: str, after: str = "0-0") -> list[StoredEvent]:
        self._ask()
        return []

    def enqueue(self, job: Job) -> None:
        self.asked += 1
        self._ask()

    def depth(self, kind: JobKind) -> int:
        self._ask()
        return 0


def eventually_passes(bus: GatedEventBus) -> None:
    ends = time.monotonic() + 10.0
    while True:
        try:
            bus.publish("job_a", QUEUED)
            return
        except Unavailable:
            assert time.monotonic() < ends, "the gate stays closed"
            time.sleep(0.02)


def test_one_failure_spares_all_others_the_wait_until_there_is_an_answer() -> None:
    part = Hanging()
    gate = queue_gate(part)
    bus, queue = GatedEventBus(part, gate), GatedTaskQueue(part, gate)
    job, _ = training(datetime.now(UTC))
    with pytest.raises(Unavailable):
        bus.publish("job_a", QUEUED)
    ends = time.monotonic() + 10.0
    while not gate.closed:
        assert time.monotonic() < ends, "the gate stays open"
        time.sleep(0.02)
    for ask in (lambda: bus.publish("job_a", QUEUED), lambda: queue.enqueue(job)) * 3:
        with pytest.raises(Unavailable):
            ask()
    assert part.asked == 1
    part.well.set()
    eventually_passes(bus)
    queue.enqueue(job)
    assert not gate.closed


def test_nobody_is_refused_for_a_failure_that_was_only_one() -> None:
    part = Hanging()
    bus = GatedEventBus(part, queue_gate(part))
    with pytest.raises(Unavailable):
        bus.publish("job_a", QUEUED)
    part.well.set()
    bus.publish("job_a", QUEUED)
