"""What every store of jobs and tasks lets go of, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tabrl.contracts.events import NoticeEvent
from tabrl.domain.errors import Conflict, NotFound
from tabrl.domain.jobs import Job, JobState
from tabrl.domain.models import Model
from tabrl.domain.tasks import Task, WrittenTask
from tabrl.ports import EndedTraining, IdempotencyKey, StoredEvent
from tests.integration.platform.conftest import Store
from tests.support.factories import candidate, train_result, training, writing

DAY_S = 86_400.0


def written(store: Store) -> Task:
    """A task whose candidates are written."""
    task, job = writing(store.clock.now())
    store.tasks.create(task, job)
    claimed = store.jobs.claim(job.id, 15, 3)
    assert claimed is not None
    found = WrittenTask(candidates=[candidate()])
    store.tasks.store(task.id, found, job_id=job.id, fence=claimed.fence)
    store.sources.put(task.id, {1: "code"}, job_id=job.id, fence=claimed.fence)
    assert store.jobs.finish(job.id, claimed.fence, JobState.SUCCEEDED)
    return task


def trained(store: Store, task: Task, *, ended: bool = True) -> tuple[Job, Model]:
    """A training of a task."""
    job, model = training(store.clock.now(), task.id)
    store.jobs.create_training([job], [model])
    claimed = store.jobs.claim(job.id, 15, 3)
    assert claimed is not None
    if ended:
        assert store.jobs.finish(job.id, claimed.fence, JobState.SUCCEEDED, result=train_result())
    return job, model


def test_a_deleted_task_takes_everything_along(store: Store) -> None:
    kept, gone = written(store), written(store)
    (job, model), (other, _) = trained(store, gone), trained(store, kept)
    store.archive.keep(job.id, [])
    store.retention.delete_task(gone.id)
    for missing in (
        lambda: store.tasks.get(gone.id),
        lambda: store.tasks.candidate(gone.id, 1),
        lambda: store.jobs.get(job.id),
        lambda: store.jobs.get(gone.job_id),
        lambda: store.models.get(model.id),
        lambda: store.retention.delete_task(gone.id),
    ):
        with pytest.raises(NotFound):
            missing()
    assert store.sources.get(gone.id) == {}
    assert store.tasks.candidate(kept.id, 1)
    assert store.jobs.get(other.id)
    doomed = store.retention.doomed(10)
    assert set(doomed) == {
        f"{folder}/{one}"
        for folder in ("params", "checkpoints", "episodes")
        for one in (job.id, gone.job_id)
    }
    for prefix in doomed:
        store.retention.forget_doomed(prefix)
    assert store.retention.doomed(10) == []


def test_what_is_worked_on_is_not_deleted(store: Store) -> None:
    task = written(store)
    job, model = trained(store, task, ended=False)
    with pytest.raises(Conflict) as refused:
        store.retention.delete_task(task.id)
    assert refused.value.code == "task_in_use"
    with pytest.raises(Conflict) as refused:
        store.retention.delete_model(model.id)
    assert refused.value.code == "model_in_use"
    assert store.jobs.finish(job.id, 1, JobState.SUCCEEDED, result=train_result())
    store.retention.delete_model(model.id)
    assert store.jobs.list(task_ids=[task.id]) == [store.jobs.get(task.job_id)]
    with pytest.raises(NotFound):
        store.retention.delete_model(model.id)


def test_tasks_expire_that_nobody_used_or_starred(store: Store) -> None:
    unused, starred, used, running = (written(store) for _ in range(4))
    store.retention.star(starred.id, True)
    trained(store, running, ended=False)
    store.clock.advance(DAY_S)
    trained(store, used)
    lost, _ = trained(store, unused.model_copy(update={"id": "tsk_lost"}))
    before = store.clock.now()
    assert store.retention.expired_tasks(before, 10) == [unused.id]
    assert store.tasks.get(starred.id).starred
    store.retention.star(starred.id, False)
    assert set(store.retention.expired_tasks(before, 10)) == {unused.id, starred.id}
    assert store.retention.expired_tasks(before, 1) == [unused.id]
    with pytest.raises(NotFound):
        store.retention.star("tsk_none", True)
    store.clock.advance(1)
    assert "tsk_lost" in store.retention.expired_tasks(store.clock.now(), 10)
    store.retention.delete_task("tsk_lost")
    with pytest.raises(NotFound):
        store.jobs.get(lost.id)


def test_idempotency_keys_are_forgotten(store: Store) -> None:
    key = IdempotencyKey("create_task", "k", "1" * 64)
    first, again = writing(store.clock.now()), writing(store.clock.now())
    assert store.tasks.create(*first, key) == first[0].id
    store.clock.advance(DAY_S)
    assert store.retention.forget_keys(store.clock.now() - timedelta(days=1)) == 0
    assert store.tasks.create(*again, key) == first[0].id
    store.clock.advance(1)
    assert store.retention.forget_keys(store.clock.now() - timedelta(days=1)) == 1
    assert store.tasks.create(*again, key) == again[0].id


def test_events_of_ended_jobs_are_kept_once(store: Store) -> None:
    task = written(store)
    job, model = trained(store, task)
    trained(store, task, ended=False)
    assert store.retention.unrecorded(store.clock.now(), 10) == []
    store.clock.advance(1)
    now = store.clock.now()
    assert store.retention.unrecorded(now, 10) == [task.job_id, job.id]
    events = [
        StoredEvent(f"{n}-{n}", NoticeEvent(code=f"n{n}", message="über")) for n in (9, 10, 11)
    ]
    store.archive.keep(job.id, events)
    store.archive.keep(job.id, [])
    assert store.archive.read(job.id) == events
    assert store.archive.read(job.id, "10-9") == events[1:]
    assert store.archive.read(job.id, "10-10") == events[2:]
    assert store.archive.read("job_none") == []
    assert store.retention.unrecorded(now, 10) == [task.job_id]
    assert store.retention.uncleared(now, 10) == [EndedTraining(job.id, model.params_key)]
    store.retention.mark_cleared(job.id)
    assert store.retention.uncleared(now, 10) == []
