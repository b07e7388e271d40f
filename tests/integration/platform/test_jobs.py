"""What every job store promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tabrl.contracts.training import CheckResult, TrainResult
from tabrl.domain.errors import Conflict, Invalid, NotFound
from tabrl.domain.jobs import Failure, FailureKind, Job, JobKind, JobState
from tabrl.ports import IdempotencyKey
from tests.support.factories import train_result, training, writing

if TYPE_CHECKING:
    from tests.integration.platform.conftest import Store

FAILURE = Failure(kind=FailureKind.LEARNING, code="nan", message="The reward became NaN.")


def add(store: Store, **changes: object) -> Job:
    job, model = training(store.clock.now())
    job = job.model_copy(update=changes)
    store.jobs.create_training([job], [model])
    return job


def test_what_was_created_comes_back(store: Store) -> None:
    job = add(store)
    assert store.jobs.get(job.id) == job
    with pytest.raises(NotFound) as refused:
        store.jobs.get("job_missing")
    assert refused.value.code == "unknown_job"


def test_lists_are_newest_first_and_filtered(store: Store) -> None:
    first, second = add(store), add(store, task_id="tsk_other")
    task, writer = writing(store.clock.now())
    store.tasks.create(task, writer)
    store.jobs.claim(second.id, 15, 3)
    assert [job.id for job in store.jobs.list()] == [writer.id, second.id, first.id]
    assert [job.id for job in store.jobs.list(kind=JobKind.REWARD)] == [writer.id]
    assert [job.id for job in store.jobs.list(state=JobState.RUNNING)] == [second.id]
    assert [job.id for job in store.jobs.list(task_ids=["tsk_other"])] == [second.id]
    assert len(store.jobs.list(limit=2)) == 2
    assert store.jobs.counts() == {
        (JobKind.TRAIN, JobState.QUEUED): 1,
        (JobKind.TRAIN, JobState.RUNNING): 1,
        (JobKind.REWARD, JobState.QUEUED): 1,
    }


def test_claim_is_won_once(store: Store) -> None:
    job = add(store)
    claimed = store.jobs.claim(job.id, 15, 3)
    assert claimed is not None
    assert (claimed.state, claimed.fence, claimed.attempt) == (JobState.RUNNING, 1, 1)
    assert claimed.lease_until == store.clock.now() + timedelta(seconds=15)
    assert claimed.spec == job.spec
    assert store.jobs.claim(job.id, 15, 3) is None
    assert store.jobs.claim("job_missing", 15, 3) is None
    assert store.jobs.get(job.id) == claimed


def test_a_lapsed_lease_moves_the_fence(store: Store) -> None:
    job = add(store)
    store.jobs.claim(job.id, 15, 3)
    store.clock.advance(14)
    assert store.jobs.heartbeat(job.id, 1, 15)
    store.clock.advance(14)
    assert store.jobs.claim(job.id, 15, 3) is None
    store.clock.advance(2)
    second = store.jobs.claim(job.id, 15, 3)
    assert second is not None
    assert (second.fence, second.attempt) == (2, 2)
    assert not store.jobs.heartbeat(job.id, 1, 15)
    assert not store.jobs.finish(job.id, 1, JobState.SUCCEEDED, result=train_result())
    assert not store.jobs.release(job.id, 1)
    assert store.jobs.heartbeat(job.id, 2, 15)


def test_attempts_are_capped_at_the_claim(store: Store) -> None:
    job = add(store)
    for _ in range(2):
        assert store.jobs.claim(job.id, 15, 2) is not None
        store.clock.advance(16)
    assert store.jobs.claim(job.id, 15, 2) is None
    row = store.jobs.get(job.id)
    assert row.state is JobState.FAILED
    assert row.failure is not None
    assert (row.failure.kind, row.failure.code) == (
        FailureKind.INFRASTRUCTURE,
        "attempts_exhausted",
    )


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED])
def test_a_job_ends_once(store: Store, state: JobState) -> None:
    job = add(store)
    store.jobs.claim(job.id, 15, 3)
    result = train_result() if state is JobState.SUCCEEDED else None
    failure = FAILURE if state is JobState.FAILED else None
    assert store.jobs.finish(job.id, 1, state, result=result, failure=failure)
    assert not store.jobs.finish(job.id, 1, JobState.FAILED, failure=FAILURE)
    row = store.jobs.get(job.id)
    assert (row.state, row.result, row.failure) == (state, result, failure)
    assert row.finished_at == store.clock.now()
    assert row.lease_until is None
    assert store.jobs.claim(job.id, 15, 3) is None
    assert not store.jobs.heartbeat(job.id, 1, 15)
    with pytest.raises(Conflict) as refused:
        store.jobs.request_cancel(job.id)
    assert refused.value.code == "job_finished"


def test_only_a_cancelling_job_is_finished_as_cancelled(store: Store) -> None:
    job = add(store)
    store.jobs.claim(job.id, 15, 3)
    assert not store.jobs.finish(job.id, 1, JobState.CANCELLED)
    assert not store.jobs.requests(job.id).cancel
    assert store.jobs.request_cancel(job.id).state is JobState.CANCELLING
    assert store.jobs.request_cancel(job.id).state is JobState.CANCELLING
    assert store.jobs.requests(job.id).cancel
    assert store.jobs.heartbeat(job.id, 1, 15)
    assert not store.jobs.release(job.id, 1)
    assert store.jobs.claim(job.id, 15, 3) is None
    assert store.jobs.finish(job.id, 1, JobState.CANCELLED)
    assert not store.jobs.requests(job.id).cancel


def test_cancel_of_a_waiting_job_is_at_once(store: Store) -> None:
    job = add(store)
    assert store.jobs.request_cancel(job.id).state is JobState.CANCELLED
    assert store.jobs.get(job.id).finished_at == store.clock.now()
    assert store.jobs.claim(job.id, 15, 3) is None
    with pytest.raises(NotFound):
        store.jobs.request_cancel("job_missing")


def test_release_is_claimable_at_once_and_free(store: Store) -> None:
    job = add(store)
    store.jobs.claim(job.id, 15, 1)
    assert store.jobs.release(job.id, 1)
    row = store.jobs.get(job.id)
    assert (row.state, row.attempt, row.lease_until) == (JobState.QUEUED, 0, None)
    again = store.jobs.claim(job.id, 15, 1)
    assert again is not None
    assert again.fence == 2


def test_place_in_queue_is_per_kind(store: Store) -> None:
    first, second = add(store), add(store)
    task, writer = writing(store.clock.now())
    store.tasks.create(task, writer)
    ids = [job.id for job in (first, second, writer)]
    assert store.jobs.places(ids) == dict(zip(ids, (1, 2, 1), strict=True))
    assert store.jobs.claim(first.id, 15, 3) is not None
    assert store.jobs.places([first.id, second.id]) == {second.id: 1}
    assert store.jobs.places([]) == {}


def test_expired_leases_are_taken_away(store: Store) -> None:
    waiting, silent, cancelling, worn, leased = (add(store) for _ in range(5))
    for job in (silent, cancelling, worn):
        store.jobs.claim(job.id, 15, 3)
    store.jobs.request_cancel(cancelling.id)
    store.clock.advance(16)
    store.jobs.claim(worn.id, 10, 3)
    store.clock.advance(11)
    store.jobs.claim(leased.id, 15, 3)
    changed = {job.id: job for job in store.jobs.expire_leases(2)}
    assert {job_id: job.state for job_id, job in changed.items()} == {
        silent.id: JobState.QUEUED,
        cancelling.id: JobState.CANCELLED,
        worn.id: JobState.FAILED,
    }
    assert changed[worn.id].failure is not None
    assert changed[silent.id].enqueued_at is None
    assert changed[silent.id] == store.jobs.get(silent.id)
    assert store.jobs.get(waiting.id).state is JobState.QUEUED
    assert store.jobs.get(leased.id).state is JobState.RUNNING
    assert store.jobs.expire_leases(2) == []
    assert not store.jobs.heartbeat(silent.id, 1, 15)


def test_waiting_tells_lost_messages_from_fresh_ones(store: Store) -> None:
    def waiting() -> list[str]:
        grace, stale = timedelta(seconds=5), timedelta(seconds=600)
        return [job.id for job in store.jobs.waiting(unsent_for=grace, sent_for=stale)]

    unsent, sent, running = add(store), add(store), add(store)
    store.jobs.mark_enqueued(sent.id)
    store.jobs.claim(running.id, 1000, 3)
    assert waiting() == []
    store.clock.advance(5)
    assert waiting() == [unsent.id]
    store.clock.advance(595)
    assert waiting() == [unsent.id, sent.id]
    store.jobs.mark_enqueued(unsent.id)
    assert waiting() == [sent.id]


def test_training_is_created_once_for_a_key(store: Store) -> None:
    key = IdempotencyKey("train:tsk", "k1", "1" * 64)
    first, second = training(store.clock.now()), training(store.clock.now())
    assert store.jobs.create_training([first[0]], [first[1]], key) == [first[0].id]
    assert store.jobs.create_training([second[0]], [second[1]], key) == [first[0].id]
    assert [job.id for job in store.jobs.list()] == [first[0].id]
    assert [model.id for model in store.models.list()] == [first[1].id]
    with pytest.raises(Conflict) as refused:
        store.jobs.create_training([second[0]], [second[1]], key._replace(body_sha256="2" * 64))
    assert refused.value.code == "idempotency_key_reused"
    elsewhere = key._replace(scope="train:other", body_sha256="2" * 64)
    assert store.jobs.create_training([second[0]], [second[1]], elsewhere) == [second[0].id]


def test_of_two_requests_at_once_both_count(store: Store) -> None:
    job, _ = training(store.clock.now())
    assert job.spec is not None
    spec = job.spec.model_copy(update={"weights": {"forward": 1.0, "sway": 1.0}})
    job = add(store, spec=spec)

    def ask(changes: dict[str, float]) -> None:
        store.jobs.request_weights(job.id, changes)

    with ThreadPoolExecutor(2) as pool:
        for value in range(2, 12):
            list(pool.map(ask, ({"forward": value}, {"sway": value})))
            assert store.jobs.requests(job.id).weights == {"forward": value, "sway": value}
    with pytest.raises(NotFound):
        store.jobs.request_weights("job_missing", {"sway": 1.0})
    with pytest.raises(Invalid):
        store.jobs.request_weights(job.id, {"nothing": 1.0})
    store.jobs.request_cancel(job.id)
    with pytest.raises(Conflict) as refused:
        store.jobs.request_weights(job.id, {"sway": 1.0})
    assert refused.value.code == "job_finished"


def test_a_check_that_could_not_be_measured_is_kept(store: Store) -> None:
    job = add(store)
    store.jobs.claim(job.id, 15, 3)
    check = CheckResult(
        id="late", name="late speed", target="≥ 1 m/s", base=float("nan"), program=0.5,
        result=float("nan"), passed=False,
    )  # fmt: skip
    assert (check.base, check.program, check.result) == (None, 0.5, None)
    result = train_result().model_copy(update={"checks": [check]})
    assert store.jobs.finish(job.id, 1, JobState.SUCCEEDED, result=result)
    kept = store.jobs.get(job.id).result
    assert kept is not None
    assert TrainResult.model_validate_json(kept.model_dump_json()).checks == [check]
