"""What the gateway lets go of, by a clock that the test moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabrl.adapters.settings import Settings
from tabrl.contracts.events import NoticeEvent, StateEvent
from tabrl.domain.errors import NotFound, Unavailable
from tabrl.domain.jobs import Job, JobState
from tabrl.domain.models import Model
from tabrl.ports import StoredEvent
from tabrl.ports.blobs import CHECKPOINTS, EPISODES, PARAMS
from tabrl_api.context import AppContext
from tabrl_api.housekeeping import Housekeeper, thinned
from tests.support.factories import progress, train_result, training
from tests.support.gateway import Gateway
from tests.twins import ManualClock
from tests.twins.gateway import wire_in_memory

HOUR_S = 3600.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def context(tmp_path: Path, clock: ManualClock) -> AppContext:
    return wire_in_memory(Settings(data=tmp_path, keep_days=2), clock=clock)


def ended(context: AppContext) -> tuple[Job, Model]:
    """A training that ended now, with two snapshots and a checkpoint."""
    job, model = training(context.clock.now())
    context.jobs.create_training([job], [model])
    assert context.jobs.claim(job.id, 15, 3)
    for n in (1, 2):
        key = f"{PARAMS}/{job.id}/1/{n}.safetensors"
        context.blobs.put(key, b"policy")
        model = context.models.publish(
            model.id, fence=1, params_key=key, params_sha256="c" * 64, step=n
        )
        context.bus.publish(job.id, progress(n, forward=1.0))
    context.blobs.put(f"{CHECKPOINTS}/{job.id}/000001/000002.safetensors", b"state")
    context.blobs.put(f"{EPISODES}/{job.id}/000001/evaluated.safetensors", b"episodes")
    context.bus.publish(job.id, StateEvent(state="succeeded", attempt=1))
    assert context.jobs.finish(job.id, 1, JobState.SUCCEEDED, result=train_result())
    return job, model


def test_a_finished_training_keeps_what_it_delivered_and_its_curve(
    context: AppContext, clock: ManualClock
) -> None:
    job, model = ended(context)
    house = Housekeeper(context)
    clock.advance(60)
    house.keep_house()
    assert context.archive.read(job.id) == context.bus.read(job.id)
    assert len(context.blobs.list(f"{PARAMS}/{job.id}")) == 2
    clock.advance(HOUR_S)
    house.keep_house()
    assert context.blobs.list(f"{PARAMS}/{job.id}") == [model.params_key]
    assert context.blobs.list(CHECKPOINTS) == []
    assert len(context.blobs.list(EPISODES)) == 1
    assert context.jobs.get(job.id).state is JobState.SUCCEEDED


def test_a_running_training_keeps_everything(context: AppContext, clock: ManualClock) -> None:
    job, model = training(clock.now())
    context.jobs.create_training([job], [model])
    assert context.jobs.claim(job.id, 1e6, 3)
    for n in (1, 2):
        context.blobs.put(f"{PARAMS}/{job.id}/1/{n}.safetensors", b"policy")
    clock.advance(10 * 24 * HOUR_S)
    Housekeeper(context).keep_house()
    assert len(context.blobs.list(f"{PARAMS}/{job.id}")) == 2
    assert context.jobs.get(job.id)


def test_unused_tasks_go_with_their_blobs(context: AppContext, clock: ManualClock) -> None:
    job, _ = ended(context)
    clock.advance(49 * HOUR_S)
    Housekeeper(context).keep_house()
    assert context.jobs.list() == []
    assert context.blobs.list(PARAMS) == []
    assert context.blobs.list(EPISODES) == []
    assert context.retention.doomed(10) == []
    action = {"action": "tasks_expired"}
    assert context.registry.get_sample_value("tabrl_sweeper_actions_total", action) == 1
    with pytest.raises(NotFound):
        context.jobs.get(job.id)


def test_zero_days_keep_tasks_for_ever(tmp_path: Path, clock: ManualClock) -> None:
    context = wire_in_memory(Settings(data=tmp_path, keep_days=0), clock=clock)
    ended(context)
    clock.advance(1e9)
    Housekeeper(context).keep_house()
    assert len(context.jobs.list()) == 1


def test_a_part_that_is_down_keeps_no_other_step_from_its_work(
    context: AppContext, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, _ = ended(context)

    def down(*_: object) -> list[StoredEvent]:
        raise Unavailable("Redis failed.", code="redis_unavailable")

    monkeypatch.setattr(context.bus, "read", down)
    clock.advance(49 * HOUR_S)
    house = Housekeeper(context)
    house.keep_house()
    assert context.jobs.list() == []
    assert context.archive.read(job.id) == []
    assert context.registry.get_sample_value("tabrl_sweeper_failures_total") == 1


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    told = StoredEvent("0-1", NoticeEvent(code="told", message=""))
    curve = [StoredEvent(f"{n}-0", progress(n, forward=1.0)) for n in range(1, 1001)]
    kept = thinned([told, *curve], points=100)
    assert (kept[0], kept[1], kept[-1]) == (told, curve[0], curve[-1])
    assert len(kept) == 101
    assert thinned(curve[:100], points=100) == curve[:100]


def test_tasks_and_models_are_deleted_and_starred_over_http(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    started = gateway.http.post(f"/api/tasks/{task_id}/train", json={"candidate": 1}).json()
    (job,) = started["jobs"]
    refused = gateway.http.delete(f"/api/tasks/{task_id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "task_in_use")
    refused = gateway.http.delete(f"/api/models/{job['model_id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "model_in_use")
    assert gateway.http.post(f"/api/jobs/{job['id']}/cancel").status_code == 200
    assert gateway.http.delete(f"/api/models/{job['model_id']}").status_code == 204
    assert gateway.http.get(f"/api/models/{job['model_id']}").status_code == 404
    starred = gateway.http.patch(f"/api/tasks/{task_id}", json={"starred": True})
    assert starred.json()["starred"] is True
    assert starred.json()["jobs"] == []
    assert gateway.http.delete(f"/api/tasks/{task_id}").status_code == 204
    assert gateway.http.get(f"/api/tasks/{task_id}").status_code == 404
    assert gateway.http.delete(f"/api/tasks/{task_id}").status_code == 404


def test_events_that_redis_has_forgotten_are_told_from_the_archive(gateway: Gateway) -> None:
    task = gateway.task()
    job_id = task["job_id"]
    gateway.http.post(f"/api/jobs/{job_id}/cancel")
    events = [
        StoredEvent("5-0", progress(1, forward=1.0)),
        StoredEvent("6-0", StateEvent(state="cancelled", attempt=0)),
    ]
    gateway.context.archive.keep(job_id, events)
    gateway.context.bus._streams.clear()  # type: ignore[attr-defined]
    told = gateway.http.get(f"/api/jobs/{job_id}/events").text
    assert "event: progress" in told
    assert "id: 6-0" in told
    assert told.count("event: state") == 1
