"""From a sentence to candidates, and from a candidate to training."""

from __future__ import annotations

from typing import Any

import pytest

from tabrl.contracts.quantities import Catalogue
from tabrl.contracts.training import TrainBudget, TrainSpec
from tabrl.domain.errors import NotFound, Unavailable
from tabrl.domain.jobs import Failure, FailureKind, JobKind, JobState
from tests.support.factories import ARTIFACT, CHECK, candidate
from tests.support.gateway import Gateway


def test_a_new_task_is_written_in_the_background(gateway: Gateway) -> None:
    response = gateway.http.post(
        "/api/tasks", json={"robot": "toy", "prompt": "  stand tall\nand smile \n"}
    )
    assert response.status_code == 202
    task = response.json()
    assert task["prompt"] == "stand tall\nand smile"
    assert (task["state"], task["candidates"], task["jobs"]) == ("writing", [], [])
    assert gateway.queue.sent == [(JobKind.REWARD, task["job_id"])]
    job = gateway.http.get(f"/api/jobs/{task['job_id']}").json()
    assert (job["kind"], job["state"], job["place_in_queue"]) == ("reward", "queued", 1)
    assert gateway.context.jobs.get(task["job_id"]).enqueued_at is not None
    assert gateway.http.get(f"/api/tasks/{task['id']}").json() == task


def test_a_dead_queue_does_not_lose_a_task(gateway: Gateway) -> None:
    gateway.queue.broken = Unavailable("The queue failed.", code="queue_unavailable")
    task = gateway.task()
    assert gateway.context.jobs.get(task["job_id"]).state is JobState.QUEUED
    assert gateway.context.jobs.get(task["job_id"]).enqueued_at is None


def test_candidates_appear_with_code_terms_and_checks(gateway: Gateway) -> None:
    task = gateway.http.get(f"/api/tasks/{gateway.ready_task()}").json()
    assert task["state"] == "ready"
    assert (task["understood"], task["not_understood"]) == (["stand"], ["tall"])
    first, second = task["candidates"]
    assert (first["n"], second["n"]) == (1, 2)
    assert first["code"] == "def reward_1(): ..."
    assert first["terms"] == ["forward", "sway"]
    assert first["weights"] == {"forward": 1.0, "sway": 0.5}
    assert first["checks"][0]["name"] == "mean forward speed"
    assert first["checks"][0]["target"] == "≥ 0.3 m/s"
    assert first["report"]["best_clip"] == "walk"
    preview = gateway.http.get(f"/api/tasks/{task['id']}/candidates/1/preview").json()
    assert preview["clip"] == "walk"
    assert len(preview["qpos"][0]) == 19


def test_a_failed_writing_says_whose_fault_it_was(gateway: Gateway) -> None:
    task = gateway.task()
    gateway.context.jobs.claim(task["job_id"], 15, 3)
    failure = Failure(kind=FailureKind.CODE, code="not_understood", message="Name a motion.")
    gateway.context.jobs.finish(task["job_id"], 1, JobState.FAILED, failure=failure)
    shown = gateway.http.get(f"/api/tasks/{task['id']}").json()
    assert shown["state"] == "failed"
    assert shown["failure"] == {
        "kind": "code",
        "code": "not_understood",
        "message": "Name a motion.",
        "line": None,
    }


def test_the_list_is_newest_first_and_light(gateway: Gateway) -> None:
    first, second = gateway.ready_task(), gateway.task()["id"]
    (job,) = gateway.train(first)
    tasks = gateway.http.get("/api/tasks").json()["tasks"]
    assert [task["id"] for task in tasks] == [second, first]
    assert "candidates" not in tasks[0]
    assert [one["id"] for one in tasks[1]["jobs"]] == [job["id"]]
    assert tasks[0]["jobs"] == []


def test_weights_can_be_changed(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    url = f"/api/tasks/{task_id}/candidates/1"
    changed = gateway.http.patch(url, json={"weights": {"sway": 0.9}})
    assert changed.status_code == 200
    assert changed.json()["weights"] == {"forward": 1.0, "sway": 0.9}
    task = gateway.http.get(f"/api/tasks/{task_id}").json()
    assert task["candidates"][0] == changed.json()
    assert gateway.http.patch(url, json={}).json() == changed.json()


def test_training_gets_a_specification_and_a_model(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    (view,) = gateway.train(task_id, 2)
    assert (view["kind"], view["state"], view["candidate"]) == ("train", "queued", 2)
    job = gateway.context.jobs.get(view["id"])
    assert job.spec == TrainSpec(
        robot="toy",
        artifact_sha256=ARTIFACT,
        weights={"forward": 1.0, "sway": 0.5},
        checks=(CHECK,),
        seed=0,
        budget=TrainBudget(),
    )
    assert gateway.queue.sent[-1] == (JobKind.TRAIN, job.id)
    model = gateway.http.get(f"/api/models/{view['model_id']}").json()
    assert (model["params_version"], model["params_sha256"]) == (0, "")
    assert (model["job_id"], model["job_state"]) == (job.id, "queued")
    assert gateway.context.models.get(model["id"]).params_key == "base/toy/policy.safetensors"
    assert [one["id"] for one in gateway.http.get(f"/api/tasks/{task_id}").json()["jobs"]] == [
        job.id
    ]


def test_all_candidates_train_in_their_order(gateway: Gateway) -> None:
    jobs = gateway.train(gateway.ready_task(3), "all")
    assert [job["candidate"] for job in jobs] == [1, 2, 3]
    assert [job["place_in_queue"] for job in jobs] == [1, 2, 3]
    assert len({job["model_id"] for job in jobs}) == 3


def test_weights_of_a_training_leave_the_candidate_alone(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    body = {"candidate": 1, "weights": {"forward": 0.25}}
    (job,) = gateway.http.post(f"/api/tasks/{task_id}/train", json=body).json()["jobs"]
    assert job["weights"] == {"forward": 0.25, "sway": 0.5}
    assert gateway.context.tasks.candidate(task_id, 1).weights == {"forward": 1.0, "sway": 0.5}


def test_work_of_low_priority_waits_for_the_rest(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    url = f"/api/tasks/{task_id}/train"
    low, normal = (
        gateway.http.post(url, json={"candidate": 1, **body}).json()["jobs"][0]["id"]
        for body in ({"priority": "low"}, {})
    )
    jobs = [gateway.http.get(f"/api/jobs/{one}").json() for one in (low, normal)]
    assert [job["priority"] for job in jobs] == ["low", "normal"]
    assert [job["place_in_queue"] for job in jobs] == [2, 1]
    urgent = gateway.http.post(url, json={"candidate": 1, "priority": "high"})
    assert urgent.status_code == 422


def test_a_repeated_key_starts_nothing_twice(gateway: Gateway) -> None:
    body: dict[str, Any] = {"robot": "toy", "prompt": "stand"}
    headers = {"Idempotency-Key": "once"}
    first = gateway.http.post("/api/tasks", json=body, headers=headers)
    again = gateway.http.post("/api/tasks", json={**body, "prompt": " stand "}, headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(gateway.queue.sent) == 1

    task_id = gateway.ready_task()
    url = f"/api/tasks/{task_id}/train"
    first = gateway.http.post(url, json={"candidate": "all"}, headers=headers)
    again = gateway.http.post(url, json={"candidate": "all"}, headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    other = gateway.http.post(url, json={"candidate": 1}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(gateway.http.get("/api/jobs?kind=train").json()["jobs"]) == 2
    elsewhere = f"/api/tasks/{gateway.ready_task()}/train"
    assert gateway.http.post(elsewhere, json={"candidate": 1}, headers=headers).status_code == 202


@pytest.mark.parametrize("candidate", [1, "all"])
def test_a_task_that_is_not_ready_cannot_be_trained(gateway: Gateway, candidate: int | str) -> None:
    url = f"/api/tasks/{gateway.task()['id']}/train"
    refused = gateway.http.post(url, json={"candidate": candidate})
    assert (refused.status_code, refused.json()["code"]) == (409, "task_not_ready")


def test_an_edit_is_a_job_of_its_own(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    url = f"/api/tasks/{task_id}/candidates"
    code = "def reward(state, action):\n    return state.base_height()\n"
    headers = {"Idempotency-Key": "once"}
    first = gateway.http.post(url, json={"parent": 2, "code": code}, headers=headers)
    assert first.status_code == 202, first.text
    job = first.json()
    assert (job["kind"], job["candidate"], job["state"]) == ("reward", 2, "queued")
    again = gateway.http.post(url, json={"parent": 2, "code": code}, headers=headers)
    assert again.json()["id"] == job["id"]
    revision = gateway.context.tasks.revision(job["id"])
    assert revision is not None
    assert (revision.parent, revision.code, revision.weights) == (2, code, None)
    assert job["id"] in [sent for _, sent in gateway.queue.sent]
    assert gateway.http.get(f"/api/tasks/{task_id}").json()["state"] == "ready"


def test_an_edit_of_weights_keeps_the_others(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    url = f"/api/tasks/{task_id}/candidates"
    job = gateway.http.post(url, json={"parent": 1, "weights": {"forward": 0.5}}).json()
    revision = gateway.context.tasks.revision(job["id"])
    assert revision is not None
    assert revision.weights == {**candidate(1).weights, "forward": 0.5}


def test_a_task_that_is_not_ready_cannot_be_edited(gateway: Gateway) -> None:
    url = f"/api/tasks/{gateway.task()['id']}/candidates"
    refused = gateway.http.post(url, json={"parent": 1, "code": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "task_not_ready")


def asking(quantity: str, **more: object) -> dict[str, object]:
    """A specification with one target."""
    target = {"quantity": quantity, "shape": {"kind": "constant", "value": 0.4}, **more}
    return {"phases": [{"targets": [target]}]}


def test_an_edit_of_the_motion_goes_to_the_worker_as_data(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    url = f"/api/tasks/{task_id}/candidates"
    sent = gateway.http.post(url, json={"parent": 1, "motion": asking("forward_speed")})
    assert sent.status_code == 202, sent.text
    revision = gateway.context.tasks.revision(sent.json()["id"])
    assert revision is not None
    assert revision.motion is not None
    assert revision.motion.phases[0].find("forward_speed") is not None
    known = gateway.http.get("/api/robots/toy/askables").json()
    assert (known[0]["name"], known[0]["unit"]) == ("forward_speed", "m/s")


FOOT = {"id": "foot", "quantity": "foot_height", "statistic": "max", "at_least": 0.1}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"parent": 1}, 422, "empty_revision"),
        ({"parent": 9, "code": "x"}, 404, "unknown_candidate"),
        ({"parent": 1, "code": "x", "motion": asking("forward_speed")}, 422, "two_revisions"),
        ({"parent": 1, "motion": asking("wings")}, 422, "bad_motion"),
        ({"parent": 1, "motion": asking("foot_height")}, 422, "bad_motion"),
        ({"parent": 1, "motion": {"phases": []}}, 422, "invalid_request"),
        ({"parent": 1, "weights": {"nothing": 1.0}}, 422, "unknown_term"),
        ({"parent": 1, "code": "x" * 20_001}, 422, "invalid_request"),
        ({"parent": 1, "checks": []}, 422, "invalid_request"),
        ({"parent": 1, "checks": [{**FOOT, "part": "heel"}]}, 422, "bad_check"),
        ({"parent": 1, "checks": [FOOT]}, 422, "bad_check"),
        ({"parent": 1, "checks": [{**FOOT, "quantity": "mood"}]}, 422, "bad_check"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(
    gateway: Gateway, body: dict[str, object], status: int, code: str
) -> None:
    task_id = gateway.ready_task()
    refused = gateway.http.post(f"/api/tasks/{task_id}/candidates", json=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_checks_are_named_by_what_their_robot_has(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check() -> tuple[str, str]:
        shown = gateway.http.get(f"/api/tasks/{task_id}").json()["candidates"][0]["checks"][0]
        return shown["name"], shown["target"]

    def gone(robot_id: str) -> Catalogue:
        raise NotFound(f"no {robot_id}", code="unknown_robot")

    task_id = gateway.ready_task()
    assert check() == ("mean forward speed", "≥ 0.3 m/s")
    # A task outlives its robot's folder.
    monkeypatch.setattr(gateway.context.robots, "catalogue_of", gone)
    assert check() == ("mean forward speed", "≥ 0.3")


def test_a_check_may_be_of_what_phases_do_late(gateway: Gateway) -> None:
    late = {"parent": 1, "checks": [{**FOOT, "part": "toe", "start_s": 12.5, "end_s": 15.0}]}
    plain, phased = gateway.ready_task(), gateway.ready_task(phases_s=(8.0, 7.0))
    refused = gateway.http.post(f"/api/tasks/{plain}/candidates", json=late)
    assert refused.json()["code"] == "bad_check"
    assert "10 s" in refused.json()["detail"]
    taken = gateway.http.post(f"/api/tasks/{phased}/candidates", json=late)
    assert taken.status_code == 202, taken.text
    for task_id, phases_s in ((plain, []), (phased, [8.0, 7.0])):
        shown = gateway.http.get(f"/api/tasks/{task_id}").json()["candidates"]
        assert shown[0]["phases_s"] == phases_s


def test_a_task_goes_on_from_a_candidate(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    parent = {"task_id": task_id, "candidate": 2, "job_id": None}
    body = {"robot": "toy", "prompt": "slower", "parent": parent}
    created = gateway.http.post("/api/tasks", json=body)
    assert created.status_code == 202, created.text
    assert created.json()["parent"] == parent
    for wrong, code in (
        ({**parent, "candidate": 7}, "unknown_candidate"),
        ({**parent, "task_id": "tsk_missing"}, "unknown_task"),
        ({**parent, "job_id": "job_missing"}, "unknown_job"),
    ):
        refused = gateway.http.post("/api/tasks", json={**body, "parent": wrong})
        assert (refused.status_code, refused.json()["code"]) == (404, code)
    (other,) = gateway.train(task_id, 1)
    edits = gateway.http.post(f"/api/tasks/{task_id}/candidates", json={"parent": 2, "code": "x"})
    for wrong_job in (other, edits.json()):
        refused = gateway.http.post(
            "/api/tasks", json={**body, "parent": {**parent, "job_id": wrong_job["id"]}}
        )
        assert refused.json().get("code") == "other_training"


def test_tasks_are_found_by_words_robot_star_and_where_they_stand(gateway: Gateway) -> None:
    taught, ready = gateway.ready_task(), gateway.ready_task()
    (job,) = gateway.train(taught)
    writing = gateway.task("Sway 100 % slowly_")["id"]

    def found(**query: str) -> list[str]:
        answer = gateway.http.get("/api/tasks", params=query)
        return [task["id"] for task in answer.json()["tasks"]]

    assert found(standing="learning") == [taught]
    gateway.finish(job["id"])
    assert found(standing="taught") == [taught]
    assert found(standing="ready") == [ready]
    assert found(standing="writing") == found(text="sWAY 100 %") == found(text="y_") == [writing]
    assert found(text="y_tall") == found(text="100 % %") == []  # no wildcards
    assert found(text="stand", robot="toy") == [ready, taught]
    assert found(robot="other") == found(standing="failed") == found(starred="true") == []
    gateway.http.patch(f"/api/tasks/{ready}", json={"starred": True})
    assert found(starred="true") == [ready]
    first = gateway.http.get("/api/tasks", params={"text": "stand", "limit": "1"}).json()
    assert found(text="stand", before=first["next"]) == [taught]
