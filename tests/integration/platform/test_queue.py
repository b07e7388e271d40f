"""Whose turn it is: claims by rank, places, rows of another version, and the database's clock."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, text

from tabrl.adapters.sql.engine import writing
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.contracts.training import SPEC_VERSION, ProgressSummary
from tabrl.domain.jobs import Failure, FailureKind, Job, JobKind, JobState
from tests.support.factories import training
from tests.twins import ManualClock

if TYPE_CHECKING:
    from tests.integration.platform.conftest import Store

LEASE_S = 15.0
BROKEN = Failure(kind=FailureKind.INFRASTRUCTURE, code="unexpected_error", message="It broke.")


def add(store: Store, count: int = 1, **changes: object) -> list[Job]:
    pairs = [training(store.clock.now()) for _ in range(count)]
    jobs = [job.model_copy(update=changes) for job, _ in pairs]
    store.jobs.create_training(jobs, [model for _, model in pairs])
    return jobs


def claim(store: Store) -> Job:
    job = store.jobs.claim_next(JobKind.TRAIN, LEASE_S)
    assert job is not None
    return job


def served(store: Store, count: int) -> list[str]:
    """Whose jobs one worker does after each other."""
    owners = []
    for _ in range(count):
        job = claim(store)
        owners.append(job.owner)
        assert store.jobs.finish(job.id, job.fence, JobState.SUCCEEDED)
    return owners


def test_the_first_come_is_claimed_first_and_once(store: Store) -> None:
    first, second = add(store, 2)
    assert store.jobs.claim_next(JobKind.REWARD, LEASE_S) is None
    claimed = claim(store)
    assert (claimed.id, claimed.state, claimed.fence, claimed.attempt) == (
        first.id, JobState.RUNNING, 1, 1,
    )  # fmt: skip
    assert claimed.claimed_at == claimed.started_at == store.clock.now()
    assert claimed.lease_until == store.clock.now() + timedelta(seconds=LEASE_S)
    assert store.jobs.get(first.id) == claimed
    assert claim(store).id == second.id
    assert store.jobs.claim_next(JobKind.TRAIN, LEASE_S) is None


def test_a_single_job_starts_within_two_of_anothers_hundred(store: Store) -> None:
    add(store, 100, owner="many")
    assert served(store, 37) == ["many"] * 37
    add(store, owner="one")
    assert "one" in served(store, 2)
    add(store, 3, owner="one")
    assert served(store, 6).count("one") == 3


def test_who_comes_again_and_again_takes_no_more_than_a_share(store: Store) -> None:
    add(store, 10, owner="many")
    add(store, owner="one")
    owners = []
    for _ in range(8):
        owners += served(store, 1)
        if owners[-1] == "one":
            add(store, owner="one")
    assert 3 <= owners.count("one") <= 5


def test_priority_comes_before_rank(store: Store) -> None:
    (later,) = add(store, priority=1)
    (sooner,) = add(store)
    assert store.jobs.places([later.id, sooner.id]) == {sooner.id: 1, later.id: 2}
    assert [claim(store).id, claim(store).id] == [sooner.id, later.id]


def test_a_job_handed_back_keeps_its_place(store: Store) -> None:
    first, second, third = add(store, 3)
    assert claim(store).id == first.id
    assert store.jobs.release(first.id, 1)
    assert store.jobs.places([first.id, second.id, third.id]) == {
        first.id: 1, second.id: 2, third.id: 3,
    }  # fmt: skip
    again = claim(store)
    assert (again.id, again.fence, again.attempt) == (first.id, 2, 1)
    store.clock.advance(LEASE_S + 1)
    assert [job.id for job in store.jobs.expire_leases(3)] == [first.id]
    assert store.jobs.places([first.id]) == {first.id: 1}
    assert claim(store).id == first.id


def test_an_outage_uses_up_no_attempt_and_holds_nobody_else_up(store: Store) -> None:
    first, second = add(store, 2)
    claim(store)
    assert store.jobs.postpone(first.id, 1, 8.0)
    row = store.jobs.get(first.id)
    assert (row.state, row.attempt, row.outages) == (JobState.QUEUED, 0, 1)
    assert row.not_before == store.clock.now() + timedelta(seconds=8)
    assert store.jobs.places([first.id, second.id]) == {first.id: 1, second.id: 1}
    assert claim(store).id == second.id
    assert store.jobs.claim_next(JobKind.TRAIN, LEASE_S) is None
    waiting = timedelta(seconds=5)
    store.clock.advance(7.9)
    assert store.jobs.waiting(unsent_for=waiting, sent_for=waiting) == []
    store.clock.advance(0.1)
    sent = store.jobs.waiting(unsent_for=waiting, sent_for=waiting)
    assert [job.id for job in sent] == [first.id]
    claimed = claim(store)
    assert (claimed.id, claimed.attempt, claimed.not_before) == (first.id, 1, None)


def test_a_failed_attempt_is_made_again_until_they_are_used_up(store: Store) -> None:
    (job,) = add(store)
    claim(store)
    waiting = store.jobs.retry(job.id, 1, BROKEN, 2.0, 2)
    assert waiting is not None
    assert (waiting.state, waiting.attempt, waiting.failure) == (JobState.QUEUED, 1, None)
    assert store.jobs.retry(job.id, 1, BROKEN, 2.0, 2) is None
    store.clock.advance(2)
    claim(store)
    failed = store.jobs.retry(job.id, 2, BROKEN, 2.0, 2)
    assert failed is not None
    assert (failed.state, failed.failure) == (JobState.FAILED, BROKEN)


def test_a_heartbeat_says_how_far_the_job_is(store: Store) -> None:
    (job,) = add(store)
    claim(store)
    far = ProgressSummary(
        update=3, samples=10, samples_per_s=5.0, reward=0.5, elapsed_s=2.0, eta_s=8.0
    )
    assert store.jobs.heartbeat(job.id, 1, LEASE_S, stage="ppo", progress=far)
    assert store.jobs.heartbeat(job.id, 1, LEASE_S)
    row = store.jobs.get(job.id)
    assert (row.stage, row.progress) == ("ppo", far)
    assert not store.jobs.heartbeat(job.id, 2, LEASE_S, stage="evaluation")


def test_a_newer_specification_is_left_to_newer_workers(store: Store) -> None:
    (newer,) = add(store, spec_version=SPEC_VERSION + 1)
    (known,) = add(store)
    assert claim(store).id == known.id
    assert store.jobs.claim_next(JobKind.TRAIN, LEASE_S) is None
    row = store.jobs.get(newer.id)
    assert (row.state, row.attempt) == (JobState.QUEUED, 0)


def rewrite(engine: Engine, column: str, job_id: str, document: object) -> None:
    """As another version would have written it."""
    with writing(engine) as connection:
        connection.execute(
            text(f"UPDATE jobs SET {column} = :document WHERE id = :id"),
            {"document": json.dumps(document), "id": job_id},
        )


@pytest.fixture
def jobs(engine: Engine) -> SqlJobRepository:
    return SqlJobRepository(engine)


def create(jobs: SqlJobRepository, count: int = 1) -> list[Job]:
    pairs = [training(ManualClock().now()) for _ in range(count)]
    jobs.create_training([job for job, _ in pairs], [model for _, model in pairs])
    return [job for job, _ in pairs]


def test_what_a_newer_version_added_is_ignored_and_kept(
    engine: Engine, jobs: SqlJobRepository
) -> None:
    (job,) = create(jobs)
    assert job.spec is not None
    spec = job.spec.model_dump(mode="json")
    spec["checks"][0]["mood"] = "good"
    spec["budget"]["patience_s"] = 3
    rewrite(engine, "spec", job.id, spec | {"flavour": 7})
    claimed = jobs.claim_next(JobKind.TRAIN, LEASE_S)
    assert claimed is not None
    assert claimed.spec == job.spec
    assert jobs.finish(job.id, 1, JobState.SUCCEEDED)
    with writing(engine) as connection:
        kept = connection.execute(text("SELECT spec FROM jobs")).scalar_one()
    assert "flavour" in str(kept)


def test_a_specification_that_cannot_be_read_is_declined_without_an_attempt(
    engine: Engine, jobs: SqlJobRepository
) -> None:
    foreign, known = create(jobs, 2)
    rewrite(engine, "spec", foreign.id, {"all": "new"})
    claimed = jobs.claim_next(JobKind.TRAIN, LEASE_S)
    assert claimed is not None
    assert claimed.id == known.id
    assert jobs.claim_next(JobKind.TRAIN, LEASE_S) is None
    row = jobs.get(foreign.id)
    assert (row.state, row.attempt, row.fence, row.spec) == (JobState.QUEUED, 0, 0, None)
    assert {job.id for job in jobs.list()} == {foreign.id, known.id}


def test_a_silent_holder_loses_a_job_that_nobody_here_can_read(
    engine: Engine, jobs: SqlJobRepository
) -> None:
    foreign, known = create(jobs, 2)
    for job in (foreign, known):
        assert jobs.claim(job.id, -1.0, 3) is not None  # a lease that has lapsed
    rewrite(engine, "spec", foreign.id, {"all": "new"})
    rewrite(engine, "result", foreign.id, ["of", "another", "shape"])
    assert {job.id for job in jobs.expire_leases(3)} == {foreign.id, known.id}
    assert jobs.get(foreign.id).state is JobState.QUEUED


def test_a_host_whose_clock_is_wrong_takes_nobodys_job(engine: Engine) -> None:
    right, wrong = SqlJobRepository(engine), SqlJobRepository(engine)
    (job,) = create(right)
    claimed = right.claim_next(JobKind.TRAIN, LEASE_S)
    assert claimed is not None
    assert claimed.claimed_at is not None
    assert claimed.lease_until == claimed.claimed_at + timedelta(seconds=LEASE_S)
    assert wrong.expire_leases(3) == []  # no time of the process goes into it
    assert right.heartbeat(job.id, 1, LEASE_S)
    renewed = right.get(job.id).lease_until
    assert renewed is not None
    assert timedelta(0) <= renewed - claimed.lease_until < timedelta(seconds=10)
