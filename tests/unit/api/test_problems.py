"""Bad input: each with its own status, a stable code and words, and nothing broken after it."""

from __future__ import annotations

import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tabrl.domain.errors import Unavailable
from tabrl.domain.models import Model
from tests.support.gateway import Gateway


def check_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:tabrl:problem:{code}"
    assert body["title"] == HTTPStatus(status).phrase
    assert body["detail"]
    return body


GOOD = {"robot": "toy", "prompt": "stand"}


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({**GOOD, "prompt": ""}, 422, "invalid_request", "prompt must not be empty"),
        ({**GOOD, "prompt": " \n\t "}, 422, "invalid_request", "prompt must not be empty"),
        ({**GOOD, "prompt": "x" * 10_000}, 422, "invalid_request", "at most 2000 characters"),
        ({**GOOD, "prompt": "a\x00b"}, 422, "invalid_request", "control"),
        ({**GOOD, "prompt": 7}, 422, "invalid_request", "prompt"),
        ({"robot": "toy"}, 422, "invalid_request", "prompt is missing"),
        ({**GOOD, "speed": 3}, 422, "invalid_request", "speed is not known"),
        ([], 422, "invalid_request", ""),
        ({**GOOD, "robot": "go9"}, 404, "unknown_robot", "robot"),
        ({**GOOD, "robot": "../go1"}, 404, "unknown_robot", "robot"),
        ({**GOOD, "robot": "x" * 65}, 422, "invalid_request", "robot"),
    ],
)
def test_tasks(gateway: Gateway, body: Any, status: int, code: str, words: str) -> None:
    problem = check_problem(gateway.http.post("/api/tasks", json=body), status, code)
    assert words in problem["detail"]
    assert gateway.http.get("/api/tasks").json() == {"tasks": [], "next": None}
    assert gateway.queue.sent == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"robot":"toy","prompt":"\xff"}', b'"\\ud800"'])
def test_broken_json(gateway: Gateway, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = gateway.http.post("/api/tasks", content=body, headers=headers)
    assert response.status_code in (400, 422)
    check_problem(response, response.status_code, response.json()["code"])


def test_lone_surrogates_are_no_text(gateway: Gateway) -> None:
    body = b'{"robot":"toy","prompt":"\\ud800 stand"}'
    headers = {"Content-Type": "application/json"}
    response = gateway.http.post("/api/tasks", content=body, headers=headers)
    check_problem(response, 422, "invalid_request")


def test_a_robot_without_a_pretrained_policy(gateway: Gateway) -> None:
    gateway.context.blobs.delete([Model.base_params_key("toy")])
    (robot,) = gateway.http.get("/api/robots").json()
    assert (robot["trained"], robot["training_command"]) == (False, "tabrl-train-base toy")
    refused = gateway.http.post("/api/tasks", json=GOOD)
    check_problem(refused, 409, "robot_not_trained")
    assert "tabrl-train-base toy" in refused.json()["hint"]
    assert gateway.queue.sent == []


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/robots/go9/scene.xml", "unknown_robot"),
        ("GET", "/api/robots/go9/visuals.glb", "unknown_robot"),
        ("GET", "/api/robots/..%2ftoy/visuals.glb", "unknown_route"),
        ("GET", "/api/robots/toy/visuals.glb", "visuals_not_built"),
        ("GET", "/api/robots/toy/picture.png", "picture_not_drawn"),
        ("GET", "/api/tasks/tsk_no", "unknown_task"),
        ("GET", "/api/tasks/tsk_no/candidates/1/preview", "unknown_task"),
        ("GET", "/api/jobs/job_no", "unknown_job"),
        ("GET", "/api/jobs/job_no/events", "unknown_job"),
        ("POST", "/api/jobs/job_no/cancel", "unknown_job"),
        ("GET", "/api/models/mdl_no", "unknown_model"),
        ("GET", "/api/models/mdl_no/params", "unknown_model"),
        ("GET", "/api/nothing", "unknown_route"),
        ("GET", "/api", "unknown_route"),
        ("GET", "/assets/none.js", "unknown_file"),
    ],
)
def test_unknown_things(gateway: Gateway, method: str, path: str, code: str) -> None:
    check_problem(gateway.http.request(method, path), 404, code)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("train", {"candidate": 9}, 404, "unknown_candidate"),
        ("train", {"candidate": 0}, 422, "invalid_request"),
        ("train", {"candidate": "best"}, 422, "invalid_request"),
        ("train", {}, 422, "invalid_request"),
        ("train", {"candidate": 1, "weights": {"jump": 1}}, 422, "unknown_term"),
        ("train", {"candidate": 1, "weights": {}}, 422, "invalid_request"),
        ("train", {"candidate": 1, "weights": {"sway": 1e9}}, 422, "invalid_request"),
        ("train", {"candidate": 1, "weights": {"sway": 0, "forward": 0}}, 422, "all_weights_zero"),
        ("train", {"candidate": "all", "weights": {"sway": 1}}, 422, "weights_for_all"),
        ("candidates/1", {"code": "..."}, 422, "candidate_fixed"),
        ("candidates/1", {"checks": []}, 422, "candidate_fixed"),
        ("candidates/1", {"weights": {"jump": 1}}, 422, "unknown_term"),
        ("candidates/9", {"weights": {"sway": 1}}, 404, "unknown_candidate"),
        ("candidates/0", {"weights": {"sway": 1}}, 422, "invalid_request"),
    ],
)
def test_training_and_weights(
    gateway: Gateway, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    task_id = gateway.ready_task()
    method = "POST" if path == "train" else "PATCH"
    response = gateway.http.request(method, f"/api/tasks/{task_id}/{path}", json=body)
    check_problem(response, status, code)
    assert gateway.http.get("/api/jobs?kind=train").json() == {"jobs": [], "next": None}
    assert gateway.context.tasks.candidate(task_id, 1).weights == {"forward": 1.0, "sway": 0.5}


def test_weights_must_be_numbers(gateway: Gateway) -> None:
    url = f"/api/tasks/{gateway.ready_task()}/train"
    body = b'{"candidate": 1, "weights": {"sway": NaN}}'
    response = gateway.http.post(url, content=body, headers={"Content-Type": "application/json"})
    check_problem(response, 422, "invalid_request")


def test_a_finished_job_cannot_be_cancelled(gateway: Gateway) -> None:
    (job,) = gateway.train(gateway.ready_task())
    gateway.finish(job["id"])
    for _ in range(2):
        check_problem(gateway.http.post(f"/api/jobs/{job['id']}/cancel"), 409, "job_finished")
    assert gateway.http.get(f"/api/jobs/{job['id']}").json()["state"] == "succeeded"


@pytest.mark.parametrize("query", ["kind=dance", "state=happy"])
def test_unknown_filters(gateway: Gateway, query: str) -> None:
    check_problem(gateway.http.get(f"/api/jobs?{query}"), 422, "invalid_request")


@pytest.mark.parametrize("key", ["", "x" * 201, "with space"])
def test_unusable_idempotency_keys(gateway: Gateway, key: str) -> None:
    response = gateway.http.post("/api/tasks", json=GOOD, headers={"Idempotency-Key": key})
    check_problem(response, 422, "invalid_request")
    assert gateway.queue.sent == []


@pytest.mark.parametrize("last", ["x", "1-x", "-"])
def test_an_impossible_place_in_a_stream(gateway: Gateway, last: str) -> None:
    url = f"/api/jobs/{gateway.task()['job_id']}/events"
    check_problem(gateway.http.get(url, headers={"Last-Event-ID": last}), 422, "last_event_id")


def test_wrong_method(gateway: Gateway) -> None:
    response = gateway.http.delete("/api/tasks")
    check_problem(response, 405, "method_not_allowed")


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1.evil.example"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_origins(gateway: Gateway, method: str, origin: str) -> None:
    response = gateway.http.request(method, "/api/tasks", json=GOOD, headers={"Origin": origin})
    check_problem(response, 403, "origin_refused")
    assert gateway.queue.sent == []


def test_the_own_origin_is_no_stranger(gateway: Gateway) -> None:
    headers = {"Origin": "http://127.0.0.1:8400"}
    assert gateway.http.post("/api/tasks", json=GOOD, headers=headers).status_code == 202


def test_foreign_hosts(gateway: Gateway) -> None:
    for path in ("/api/tasks", "/", "/api/nothing"):
        response = gateway.http.get(path, headers={"Host": "evil.example"})
        check_problem(response, 421, "host_refused")
    assert gateway.http.get("/healthz", headers={"Host": "10.1.2.3"}).status_code == 200


def test_oversized_bodies(gateway: Gateway) -> None:
    declared = gateway.http.post("/api/tasks", content=b"x" * 70_000)
    check_problem(declared, 413, "body_too_large")
    undeclared = gateway.http.post(
        "/api/tasks",
        content=(b'{"robot":"toy","prompt":"' + b"x" * 70_000 for _ in range(1)),
        headers={"Content-Type": "application/json"},
    )
    assert undeclared.status_code in (400, 422)


def test_a_part_that_is_down(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise Unavailable("The database does not answer.", code="database_unavailable")

    monkeypatch.setattr(gateway.context.tasks, "get", down)
    response = gateway.http.get("/api/tasks/tsk_x")
    check_problem(response, 503, "database_unavailable")
    assert response.headers["retry-after"]


def test_our_own_errors_quote_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(tmp_path, raise_errors=False)

    def broken(*_: object) -> None:
        raise RuntimeError("SECRET sentence")

    monkeypatch.setattr(gateway.context.tasks, "create", broken)
    with caplog.at_level(logging.DEBUG, logger="tabrl"):
        response = gateway.http.post("/api/tasks", json={**GOOD, "prompt": "SECRET"})
    check_problem(response, 500, "internal_error")
    assert "SECRET" not in response.text
    assert "RuntimeError" in caplog.text
    assert "SECRET" not in caplog.text


def test_a_whole_life_leaves_no_prose_in_the_log(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        gateway.task("SECRET dance")
        gateway.http.post("/api/tasks", json={**GOOD, "prompt": "SECRET" * 1000})
        gateway.http.post("/api/tasks", json={**GOOD, "robot": "go9", "prompt": "SECRET"})
        gateway.queue.broken = Unavailable("The queue failed.", code="queue_unavailable")
        gateway.task("SECRET again")
        gateway.train(gateway.ready_task())
    assert "queue_unavailable" in caplog.text
    assert "SECRET" not in caplog.text
    assert "def reward" not in caplog.text
