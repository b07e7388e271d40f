"""Somebody else changes a job between the look and the change: nobody's change is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, Engine, text

from tabrl.adapters.sql.engine import make_engine, writing
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.domain.jobs import Job, JobState
from tests.support.factories import training
from tests.twins import ManualClock

LEASE_S = 15.0


@dataclass
class Race:
    """Two repositories over one database; the rival acts just before the other writes."""

    clock: ManualClock
    jobs: SqlJobRepository
    rival: SqlJobRepository
    engine: Engine
    patch: pytest.MonkeyPatch

    def add(self) -> str:
        job, model = training(self.clock.now())
        self.rival.create_training([job], [model])
        return job.id

    def add_running(self) -> str:
        job_id = self.add()
        assert self.rival.claim(job_id, LEASE_S, 3) is not None
        return job_id

    def lose_to(self, change: Callable[[], object]) -> None:
        """Let the rival be faster once."""
        waiting = [change]

        def late(engine: Engine) -> AbstractContextManager[Connection]:
            if engine is self.engine and waiting:
                waiting.pop()()
            return writing(engine)

        self.patch.setattr("tabrl.adapters.sql.jobs.writing", late)

    def row(self, job_id: str) -> Job:
        return self.rival.get(job_id)


@pytest.fixture
def race(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Race]:
    clock = ManualClock()
    own = make_engine(engine.url.render_as_string(hide_password=False))
    jobs, rival = SqlJobRepository(own, clock), SqlJobRepository(engine, clock)
    yield Race(clock, jobs, rival, own, monkeypatch)
    own.dispose()


def test_of_two_claims_one_wins(race: Race) -> None:
    job_id = race.add()
    race.lose_to(lambda: race.rival.claim(job_id, LEASE_S, 3))
    assert race.jobs.claim(job_id, LEASE_S, 3) is None
    assert race.row(job_id).fence == 1


def test_a_holder_heard_of_in_time_keeps_the_job(race: Race) -> None:
    job_id = race.add_running()
    race.clock.advance(LEASE_S + 1)
    race.lose_to(lambda: race.rival.heartbeat(job_id, 1, LEASE_S))
    assert race.jobs.claim(job_id, LEASE_S, 3) is None
    race.clock.advance(LEASE_S + 1)
    race.lose_to(lambda: race.rival.heartbeat(job_id, 1, LEASE_S))
    assert race.jobs.expire_leases(3) == []
    assert (race.row(job_id).state, race.row(job_id).fence) == (JobState.RUNNING, 1)


def test_a_heartbeat_goes_on_beside_a_cancel(race: Race) -> None:
    job_id = race.add_running()
    race.clock.advance(1)
    race.lose_to(lambda: race.rival.request_cancel(job_id))
    assert race.jobs.heartbeat(job_id, 1, LEASE_S)
    row = race.row(job_id)
    assert row.state is JobState.CANCELLING
    assert row.lease_until is not None
    assert (row.lease_until - race.clock.now()).total_seconds() == LEASE_S


def test_a_result_stands_that_meets_a_cancel(race: Race) -> None:
    job_id = race.add_running()
    race.lose_to(lambda: race.rival.request_cancel(job_id))
    assert race.jobs.finish(job_id, 1, JobState.SUCCEEDED)
    assert race.row(job_id).state is JobState.SUCCEEDED


def test_a_cancelled_job_is_not_handed_back(race: Race) -> None:
    job_id = race.add_running()
    race.lose_to(lambda: race.rival.request_cancel(job_id))
    assert not race.jobs.release(job_id, 1)
    assert race.row(job_id).state is JobState.CANCELLING


def test_a_cancel_reaches_a_job_that_was_just_claimed(race: Race) -> None:
    job_id = race.add()
    race.lose_to(lambda: race.rival.claim(job_id, LEASE_S, 3))
    assert race.jobs.request_cancel(job_id).state is JobState.CANCELLING
    assert race.row(job_id).finished_at is None


def test_a_sent_message_is_noted_though_the_job_was_claimed(race: Race) -> None:
    job_id = race.add()
    race.lose_to(lambda: race.rival.claim(job_id, LEASE_S, 3))
    race.jobs.mark_enqueued(job_id)
    row = race.row(job_id)
    assert (row.state, row.fence, row.enqueued_at) == (JobState.RUNNING, 1, race.clock.now())


def test_a_row_that_cannot_be_read_stops_nobody(race: Race) -> None:
    broken, silent, waiting = race.add_running(), race.add_running(), race.add()
    with writing(race.engine) as connection:
        connection.execute(text("UPDATE jobs SET kind = 'gone' WHERE id = :id"), {"id": broken})
    race.clock.advance(LEASE_S + 1)
    assert [job.id for job in race.jobs.expire_leases(3)] == [silent]
    with writing(race.engine) as connection:
        connection.execute(text("UPDATE jobs SET state = 'queued' WHERE id = :id"), {"id": broken})
    age = race.clock.now() - race.row(waiting).queued_at
    assert [job.id for job in race.jobs.waiting(unsent_for=age, sent_for=age)] == [waiting]
