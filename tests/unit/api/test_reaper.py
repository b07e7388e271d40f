"""What the reaper repairs, by a clock that the test moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tabrl.adapters.settings import Settings
from tabrl.contracts.events import NoticeEvent, StateEvent
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import Job, JobState
from tabrl.ports.blobs import CHECKPOINTS
from tabrl_api.reaper import Reaper
from tests.support.factories import training
from tests.twins import (
    ManualClock,
    MemoryDatabase,
    MemoryEventBus,
    MemoryJobRepository,
    MemoryTaskQueue,
)
from tests.twins.gateway import wire_in_memory

DOWN = Unavailable("The queue failed.", code="queue_unavailable")


class Rig:
    """A reaper and what it looks at."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        database = MemoryDatabase(self.clock)
        self.jobs, self.queue = MemoryJobRepository(database), MemoryTaskQueue()
        self.bus = MemoryEventBus()
        context = wire_in_memory(Settings(data=folder, max_attempts=2), clock=self.clock)
        self.context = replace(context, jobs=self.jobs, queue=self.queue, bus=self.bus)
        self.reaper = Reaper(self.context)

    def add(self, *, sent: bool) -> Job:
        """A waiting job, its message sent and taken, or never sent."""
        job, model = training(self.clock.now())
        self.jobs.create_training([job], [model])
        if sent:
            self.jobs.mark_enqueued(job.id)
        return job

    def reap_after(self, seconds: float) -> list[str]:
        """What one round sends again."""
        self.clock.advance(seconds)
        before = len(self.queue.sent)
        self.reaper.reap()
        return [job_id for _, job_id in self.queue.sent[before:]]

    def repairs(self, action: str) -> float | None:
        """How often the reaper counts an action."""
        return self.context.registry.get_sample_value(
            "tabrl_sweeper_actions_total", {"action": action}
        )


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_message_that_was_never_sent_is_sent_after_a_grace(rig: Rig) -> None:
    job = rig.add(sent=False)
    assert rig.reap_after(4) == []
    assert rig.reap_after(1) == [job.id]
    assert rig.reap_after(1) == []
    assert rig.jobs.get(job.id).enqueued_at is not None
    assert rig.repairs("sent_again") == 1


def test_a_lost_message_is_noticed_by_the_empty_queue(rig: Rig) -> None:
    job = rig.add(sent=True)
    assert rig.reap_after(4) == []
    assert rig.reap_after(1) == [job.id]


def test_in_a_busy_queue_a_message_gets_ten_minutes(rig: Rig) -> None:
    job = rig.add(sent=True)
    rig.queue.enqueue(rig.add(sent=True))
    assert rig.reap_after(599) == []
    assert job.id in rig.reap_after(1)


def test_a_dead_workers_job_is_sent_at_once(rig: Rig) -> None:
    job = rig.add(sent=True)
    rig.jobs.claim(job.id, 15, 2)
    assert rig.reap_after(15) == []
    assert rig.reap_after(0.1) == [job.id]
    assert rig.jobs.get(job.id).state is JobState.QUEUED
    told, event = (entry.event for entry in rig.bus.read(job.id)[-2:])
    assert isinstance(told, NoticeEvent)
    assert told.code == "worker_lost"
    assert isinstance(event, StateEvent)
    assert (event.state, event.attempt) == ("queued", 1)
    assert rig.repairs("expired_queued") == 1


def test_a_job_that_kills_its_workers_is_given_up(rig: Rig) -> None:
    job = rig.add(sent=True)
    for _ in range(2):
        assert rig.jobs.claim(job.id, 15, 2) is not None
        rig.reap_after(16)
    row = rig.jobs.get(job.id)
    assert row.state is JobState.FAILED
    event = rig.bus.read(job.id)[-1].event
    assert isinstance(event, StateEvent)
    assert (event.state, event.code) == ("failed", "attempts_exhausted")
    assert event.message
    assert rig.reap_after(1000) == []


def test_a_cancelled_job_whose_worker_died_ends(rig: Rig) -> None:
    job = rig.add(sent=True)
    rig.jobs.claim(job.id, 15, 2)
    rig.jobs.request_cancel(job.id)
    assert rig.reap_after(16) == []
    assert rig.jobs.get(job.id).state is JobState.CANCELLED


def test_a_training_that_has_ended_leaves_no_checkpoints(rig: Rig) -> None:
    blobs, kept = rig.context.blobs, [f"{CHECKPOINTS}/job_elsewhere/000001/000007.safetensors"]
    blobs.put(kept[0], b"state")
    job = rig.add(sent=True)
    for attempt in (1, 2):
        assert rig.jobs.claim(job.id, 15, 2) is not None
        key = f"{CHECKPOINTS}/{job.id}/{attempt:06d}/000009.safetensors"
        blobs.put(key, b"state")
        kept.append(key)
        rig.reap_after(14)
        rig.reaper.clear()
        assert blobs.list(CHECKPOINTS) == sorted(kept)
        rig.reap_after(2)
    assert rig.jobs.get(job.id).state is JobState.FAILED
    rig.reaper.clear()
    assert blobs.list(CHECKPOINTS) == kept[:1]
    assert rig.repairs("checkpoints_cleared") == 1


def test_without_a_queue_nothing_is_marked_as_sent(rig: Rig) -> None:
    job = rig.add(sent=False)
    rig.queue.broken = DOWN
    with pytest.raises(Unavailable):
        rig.reap_after(6)
    assert rig.jobs.get(job.id).enqueued_at is None
    rig.queue.broken = None
    assert rig.reap_after(1) == [job.id]


def test_an_outage_of_the_database_is_nobodys_silence(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = rig.add(sent=True)
    assert rig.jobs.claim(job.id, 15, 2) is not None
    expire, down = rig.jobs.expire_leases, Unavailable("Down.", code="database_unavailable")
    seconds = [1000.0]
    monkeypatch.setattr("tabrl_api.reaper.time.monotonic", lambda: seconds[0])

    def fails(max_attempts: int) -> list[Job]:
        raise down

    monkeypatch.setattr(rig.jobs, "expire_leases", fails)
    with pytest.raises(Unavailable):
        rig.reap_after(60)
    monkeypatch.setattr(rig.jobs, "expire_leases", expire)
    seconds[0] += 1
    assert rig.reap_after(1) == []
    assert rig.jobs.heartbeat(job.id, 1, 15)  # the worker was there all the time
    seconds[0] += rig.context.settings.lease_s
    assert rig.reap_after(1) == []
    assert rig.jobs.get(job.id).state is JobState.RUNNING
