"""What every store of tasks, candidates, sources and models promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tabrl.domain.errors import Conflict, Invalid, NotFound
from tabrl.domain.jobs import Failure, FailureKind, Job, JobState
from tabrl.domain.task_filter import Standing, TaskFilter
from tabrl.domain.tasks import Dropped, Lineage, LlmUsage, Revision, Task, TaskState, WrittenTask
from tabrl.ports import IdempotencyKey
from tests.support.factories import PREVIEW, candidate, training, writing

if TYPE_CHECKING:
    from tests.integration.platform.conftest import Store


def add(store: Store, key: IdempotencyKey | None = None) -> tuple[Task, Job]:
    task, job = writing(store.clock.now(), prompt="trot\n🐕")
    store.tasks.create(task, job, key)
    return task, job


def write(store: Store, task: Task, job: Job, fence: int = 1, count: int = 2) -> None:
    written = WrittenTask(
        candidates=[candidate(n) for n in range(1, count + 1)],
        previews={1: PREVIEW},
        understood=["trot"],
        not_understood=["🐕"],
        usage=LlmUsage(model="m", prompt_version="1", calls=2, prompt_tokens=10, cost_usd=0.01),
        dropped=[Dropped(name="third", code="reward_import", message="It imports.")],
        notices=["Two of three."],
    )
    store.tasks.store(task.id, written, job_id=job.id, fence=fence)
    sources = {n: f"def reward_{n}(): ..." for n in range(1, count + 1)}
    store.sources.put(task.id, sources, job_id=job.id, fence=fence)


def test_a_task_follows_its_writing(store: Store) -> None:
    task, job = add(store)
    assert store.tasks.get(task.id) == task
    store.jobs.claim(job.id, 15, 3)
    write(store, task, job)
    assert store.tasks.candidates(task.id) == []
    with pytest.raises(NotFound):
        store.tasks.candidate(task.id, 1)
    store.jobs.finish(job.id, 1, JobState.SUCCEEDED)
    ready = store.tasks.get(task.id)
    assert ready.state is TaskState.READY
    assert (ready.understood, ready.not_understood) == (["trot"], ["🐕"])
    assert ready.usage is not None
    assert (ready.usage.calls, ready.usage.cost_usd) == (2, 0.01)
    assert [one.name for one in ready.dropped] == ["third"]
    assert ready.notices == ["Two of three."]
    assert store.tasks.candidates(task.id) == [candidate(1), candidate(2)]
    assert store.tasks.candidate(task.id, 2) == candidate(2)
    assert store.tasks.preview(task.id, 1) == PREVIEW
    assert store.sources.get(task.id) == {1: "def reward_1(): ...", 2: "def reward_2(): ..."}


def test_a_failed_writing_tells_why(store: Store) -> None:
    task, job = add(store)
    failure = Failure(kind=FailureKind.CODE, code="not_understood", message="Say a motion.")
    store.jobs.claim(job.id, 15, 3)
    store.jobs.finish(job.id, 1, JobState.FAILED, failure=failure)
    assert store.tasks.get(task.id).state is TaskState.FAILED
    assert store.tasks.get(task.id).failure == failure


@pytest.mark.parametrize(
    ("n", "code"), [(3, "unknown_candidate"), (2, "no_preview")], ids=["candidate", "preview"]
)
def test_what_is_not_there_is_named(store: Store, n: int, code: str) -> None:
    task, job = add(store)
    store.jobs.claim(job.id, 15, 3)
    write(store, task, job)
    store.jobs.finish(job.id, 1, JobState.SUCCEEDED)
    with pytest.raises(NotFound) as refused:
        store.tasks.preview(task.id, n)
    assert refused.value.code == code
    with pytest.raises(NotFound) as unknown:
        store.tasks.candidate("tsk_missing", 1)
    assert unknown.value.code == "unknown_task"
    assert store.sources.get("tsk_missing") == {}


def test_a_later_attempt_replaces_what_an_earlier_one_left(store: Store) -> None:
    task, job = add(store)
    store.jobs.claim(job.id, 15, 3)
    write(store, task, job, count=3)
    store.clock.advance(16)
    store.jobs.claim(job.id, 15, 3)
    for late in (1, 7):
        with pytest.raises(Conflict) as refused:
            write(store, task, job, fence=late)
        assert refused.value.code == "fence_lost"
        with pytest.raises(Conflict):
            store.sources.put(task.id, {1: "late"}, job_id=job.id, fence=late)
    write(store, task, job, fence=2, count=1)
    store.jobs.finish(job.id, 2, JobState.SUCCEEDED)
    assert store.tasks.candidates(task.id) == [candidate(1)]
    assert set(store.sources.get(task.id)) == {1}
    with pytest.raises(Conflict):
        write(store, task, job, fence=2)


def test_a_task_keeps_what_it_goes_on_from(store: Store) -> None:
    first, _ = add(store)
    task, job = writing(store.clock.now(), prompt="slower")
    lineage = Lineage(task_id=first.id, candidate=2, job_id="job_seen")
    store.tasks.create(task.model_copy(update={"parent": lineage}), job)
    assert store.tasks.get(task.id).parent == lineage


def test_a_revision_becomes_one_more_candidate(store: Store) -> None:
    task, job = add(store)
    store.jobs.claim(job.id, 15, 3)
    write(store, task, job)
    store.jobs.finish(job.id, 1, JobState.SUCCEEDED)
    assert store.tasks.revision(job.id) is None
    revision = Revision(task_id=task.id, parent=1, code="def reward_9(): ...")
    key = IdempotencyKey(f"revise:{task.id}", "k", "1" * 64)
    (_, first), (_, second), (_, repeated) = (writing(store.clock.now()) for _ in range(3))
    assert store.tasks.create_revision(revision, first, key) == first.id
    assert store.tasks.create_revision(revision, repeated, key) == first.id
    assert store.tasks.create_revision(revision, second) == second.id
    assert store.tasks.revision(first.id) == revision

    edited = candidate(1).model_copy(update={"name": "edited", "parent": 1})
    for waiting in (first, second):
        with pytest.raises(Conflict):
            store.tasks.add_candidate(task.id, edited, PREVIEW, job_id=waiting.id, fence=1)
        store.jobs.claim(waiting.id, 15, 3)
    added = store.tasks.add_candidate(task.id, edited, PREVIEW, job_id=first.id, fence=1)
    assert (added.n, added.parent, added.revised_by) == (3, 1, first.id)
    store.sources.add(task.id, 3, "def reward_9(): ...", job_id=first.id, fence=1)
    again = store.tasks.add_candidate(task.id, edited, PREVIEW, job_id=first.id, fence=1)
    assert again == added  # a second attempt of the same job
    assert store.tasks.add_candidate(task.id, edited, None, job_id=second.id, fence=1).n == 4
    assert [one.n for one in store.tasks.candidates(task.id)] == [1, 2, 3, 4]
    assert store.tasks.preview(task.id, 3) == PREVIEW
    assert set(store.sources.get(task.id)) == {1, 2, 3}
    assert store.tasks.get(task.id).state is TaskState.READY


def test_weights_change_and_nothing_else(store: Store) -> None:
    task, job = add(store)
    store.jobs.claim(job.id, 15, 3)
    write(store, task, job)
    store.jobs.finish(job.id, 1, JobState.SUCCEEDED)
    store.tasks.set_weights(task.id, 1, {"forward": 2.0})
    changed = store.tasks.set_weights(task.id, 1, {"sway": 0.0})
    assert changed == candidate(1).model_copy(update={"weights": {"forward": 2.0, "sway": 0.0}})
    assert store.tasks.candidates(task.id) == [changed, candidate(2)]
    assert store.tasks.preview(task.id, 1) == PREVIEW


def test_of_two_changes_of_weights_at_once_both_hold(store: Store) -> None:
    task, job = add(store)
    store.jobs.claim(job.id, 15, 3)
    write(store, task, job)
    store.jobs.finish(job.id, 1, JobState.SUCCEEDED)

    def change(changes: dict[str, float]) -> None:
        store.tasks.set_weights(task.id, 1, changes)

    with ThreadPoolExecutor(2) as pool:
        for value in range(2, 12):
            list(pool.map(change, ({"forward": value}, {"sway": value})))
            assert store.tasks.candidate(task.id, 1).weights == {"forward": value, "sway": value}
    with pytest.raises(NotFound):
        store.tasks.set_weights(task.id, 9, {"sway": 1.0})
    with pytest.raises(Invalid):
        store.tasks.set_weights(task.id, 1, {"nothing": 1.0})


def test_a_task_is_created_once_for_a_key(store: Store) -> None:
    key = IdempotencyKey("create_task", "k1", "1" * 64)
    first, _ = add(store, key)
    second, job = writing(store.clock.now())
    assert store.tasks.create(second, job, key) == first.id
    assert [task.id for task in store.tasks.list()] == [first.id]
    with pytest.raises(Conflict) as refused:
        store.tasks.create(second, job, key._replace(body_sha256="2" * 64))
    assert refused.value.code == "idempotency_key_reused"
    add(store)
    assert store.tasks.list()[-1].id == first.id
    assert len(store.tasks.list(limit=1)) == 1


def test_tasks_are_found_by_words_and_where_they_stand(store: Store) -> None:
    taught, job = add(store)
    store.jobs.claim(job.id, 15, 3)
    write(store, taught, job)
    store.jobs.finish(job.id, 1, JobState.SUCCEEDED)
    fresh, fresh_job = writing(store.clock.now(), prompt="Sway 100 % slowly")
    store.tasks.create(fresh, fresh_job)

    def found(**wanted: Any) -> list[str]:
        return [task.id for task in store.tasks.list(wanted=TaskFilter(**wanted))]

    assert found(standing=Standing.READY) == [taught.id]
    learning, model = training(store.clock.now())
    learning = learning.model_copy(update={"task_id": taught.id})
    store.jobs.create_training([learning], [model.model_copy(update={"task_id": taught.id})])
    assert found(standing=Standing.LEARNING) == [taught.id]
    assert found(standing=Standing.READY) == found(standing=Standing.TAUGHT) == []
    store.jobs.claim(learning.id, 15, 3)
    store.jobs.finish(learning.id, 1, JobState.SUCCEEDED)
    assert found(standing=Standing.TAUGHT, robot=taught.robot) == [taught.id]
    assert found(standing=Standing.WRITING) == [fresh.id]
    assert found(text="sWAY 100 %") == [fresh.id]
    assert found(text="s_ay") == found(text="sway%slowly") == found(text="sway", robot="x") == []
    assert found(starred=True) == found(standing=Standing.FAILED) == []
    assert found() == [fresh.id, taught.id]


def test_models_move_on_only_under_the_fence(store: Store) -> None:
    job, model = training(store.clock.now())
    store.jobs.create_training([job], [model])
    assert store.models.get(model.id) == model

    def publish(fence: int, step: int) -> int:
        published = store.models.publish(
            model.id,
            fence=fence,
            params_key=f"params/{job.id}/{fence}/{step}.safetensors",
            params_sha256=f"{step:064x}",
            step=step,
        )
        assert store.models.get(model.id) == published
        return published.params_version

    with pytest.raises(Conflict):
        publish(0, 1)  # nobody holds the job yet
    store.jobs.claim(job.id, 15, 3)
    assert [publish(1, step) for step in (1, 2)] == [1, 2]
    store.clock.advance(16)
    store.jobs.claim(job.id, 15, 3)
    with pytest.raises(Conflict) as refused:
        publish(1, 3)
    assert refused.value.code == "fence_lost"
    assert publish(2, 3) == 3  # versions go on counting over attempts
    store.jobs.finish(job.id, 2, JobState.SUCCEEDED)
    with pytest.raises(Conflict):
        publish(2, 4)
    assert store.models.get(model.id).step == 3
    with pytest.raises(NotFound) as unknown:
        store.models.get("mdl_missing")
    assert unknown.value.code == "unknown_model"


def test_models_are_listed_by_their_last_change(store: Store) -> None:
    pairs = [training(store.clock.now()) for _ in range(2)]
    for job, model in pairs:
        store.jobs.create_training([job], [model])
    (old_job, old), (_, new) = pairs
    assert [model.id for model in store.models.list()] == [new.id, old.id]
    store.jobs.claim(old_job.id, 15, 3)
    store.clock.advance(1)
    store.models.publish(old.id, fence=1, params_key="k", params_sha256="0" * 64, step=1)
    assert [model.id for model in store.models.list()] == [old.id, new.id]
    assert len(store.models.list(limit=1)) == 1
