"""Where work stands: jobs, their events, models."""

from __future__ import annotations

import json

import pytest
from httpx import Response

from tabrl.contracts.events import NoticeEvent, StageEvent, StateEvent
from tabrl.contracts.training import ProgressSummary
from tabrl.domain.jobs import JobState
from tabrl.domain.models import Model
from tests.support.factories import train_result
from tests.support.gateway import Gateway
from tests.unit.api.test_problems import check_problem


def frames(response: Response) -> list[dict[str, str]]:
    """The frames of a finished event stream, comments left out."""
    assert response.headers["content-type"].startswith("text/event-stream")
    parsed = []
    for block in response.text.split("\n\n"):
        lines = [line.partition(": ") for line in block.splitlines()]
        frame = {name: value for name, _, value in lines if name}
        if frame:
            parsed.append(frame)
    return parsed


def test_cancel_of_a_waiting_job(gateway: Gateway) -> None:
    first, second = gateway.train(gateway.ready_task(), "all")
    cancelled = gateway.http.post(f"/api/jobs/{first['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert gateway.http.get(f"/api/jobs/{second['id']}").json()["place_in_queue"] == 1


def test_cancel_of_a_running_job(gateway: Gateway) -> None:
    (job,) = gateway.train(gateway.ready_task())
    gateway.context.jobs.claim(job["id"], 15, 3)
    for _ in range(2):  # asking again is no error while it is still stopping
        cancelling = gateway.http.post(f"/api/jobs/{job['id']}/cancel").json()
        assert cancelling["state"] == "cancelling"
    last = gateway.context.bus.read(job["id"])[-1].event
    assert isinstance(last, StateEvent)
    assert last.state == "cancelling"


def test_a_finished_job_shows_its_result(gateway: Gateway) -> None:
    (job,) = gateway.train(gateway.ready_task())
    gateway.finish(job["id"])
    view = gateway.http.get(f"/api/jobs/{job['id']}").json()
    assert view["result"] == train_result().model_dump(mode="json")
    assert view["place_in_queue"] is None
    assert gateway.http.get("/api/jobs?state=succeeded&kind=train").json()["jobs"] == [view]
    assert gateway.http.get("/api/jobs?state=failed").json()["jobs"] == []


def test_events_come_in_order_and_the_stream_ends_with_the_job(gateway: Gateway) -> None:
    (job,) = gateway.train(gateway.ready_task())
    bus, url = gateway.context.bus, f"/api/jobs/{job['id']}/events"
    for event in (
        StateEvent(state="running", attempt=1),
        NoticeEvent(code="resumed", message="line one\nline two"),
        StateEvent(state="succeeded", attempt=1),
        NoticeEvent(code="late", message="after the end"),
    ):
        bus.publish(job["id"], event)
    got = frames(gateway.http.get(url))
    assert [frame["event"] for frame in got] == ["state", "state", "notice", "state"]
    assert json.loads(got[2]["data"])["message"] == "line one\nline two"
    assert json.loads(got[3]["data"])["state"] == "succeeded"

    resumed = frames(gateway.http.get(url, headers={"Last-Event-ID": got[1]["id"]}))
    assert resumed == got[2:]


def test_a_lost_last_event_is_told_from_the_row(gateway: Gateway) -> None:
    (job,) = gateway.train(gateway.ready_task())
    gateway.finish(job["id"])  # its worker could not publish
    got = frames(gateway.http.get(f"/api/jobs/{job['id']}/events"))
    assert [json.loads(frame["data"])["state"] for frame in got] == ["queued", "succeeded"]
    assert "id" not in got[1]
    again = gateway.http.get(
        f"/api/jobs/{job['id']}/events", headers={"Last-Event-ID": got[0]["id"]}
    )
    assert again.status_code == 204  # a browser stops reconnecting


def test_one_stream_tells_of_several_jobs_and_goes_on_where_it_was(gateway: Gateway) -> None:
    (one,) = gateway.train(gateway.ready_task())
    (other,) = gateway.train(gateway.ready_task())
    for job in (one, other):
        for state in ("running", "succeeded"):
            gateway.context.bus.publish(job["id"], StateEvent(state=state, attempt=1))
    url = f"/api/events?job={one['id']}&job={other['id']}&job=job_no"
    got = frames(gateway.http.get(url))
    told = [(frame["event"], frame["id"].partition("/")[0]) for frame in got]
    assert [event for event, job in told if job == one["id"]] == ["state"] * 3 + ["over"]
    assert [event for event, job in told if job == other["id"]] == ["state"] * 3 + ["over"]
    assert ("over", "job_no") in told

    second = next(frame["id"] for frame in got if '"running"' in frame["data"])
    rest = frames(gateway.http.get(f"/api/events?job={second}"))
    assert [frame["event"] for frame in rest] == ["state", "over"]
    check_problem(gateway.http.get("/api/events?job=job_x/soon"), 422, "last_event_id")


def test_a_model_follows_its_training(gateway: Gateway) -> None:
    (job,) = gateway.train(gateway.ready_task())
    gateway.context.jobs.claim(job["id"], 15, 3)
    gateway.context.blobs.put("params/x.safetensors", b"weights")
    gateway.context.models.publish(
        job["model_id"], fence=1, params_key="params/x.safetensors", params_sha256="d" * 64, step=8
    )
    model = gateway.http.get(f"/api/models/{job['model_id']}").json()
    assert (model["params_version"], model["params_sha256"], model["step"]) == (1, "d" * 64, 8)
    assert model["scene_url"] == "/api/robots/toy/scene.xml"
    assert model["inference_url"] == (f"ws://127.0.0.1:8401/api/models/{job['model_id']}/inference")
    assert model["job_state"] == JobState.RUNNING
    assert gateway.http.get("/api/models").json() == {"models": [model]}
    params = gateway.http.get(f"/api/models/{job['model_id']}/params")
    assert params.content == b"weights"
    assert params.headers["tabrl-params-version"] == "1"


@pytest.mark.parametrize("recorded", [True, False])
def test_recorded_episodes_are_those_of_the_last_attempt(gateway: Gateway, recorded: bool) -> None:
    (job,) = gateway.train(gateway.ready_task())
    address = f"/api/models/{job['model_id']}"
    assert gateway.http.get(address).json()["episodes_url"] is None
    check_problem(gateway.http.get(f"{address}/episodes"), 404, "no_episodes")
    gateway.context.jobs.claim(job["id"], 15, 3)
    for fence in (1, 12) if recorded else ():
        key = f"episodes/{job['id']}/{fence:06d}/evaluated.safetensors"
        gateway.context.blobs.put(key, f"attempt {fence}".encode())
    result = train_result().model_copy(update={"recorded": recorded})
    assert gateway.context.jobs.finish(job["id"], 1, JobState.SUCCEEDED, result=result)
    url = gateway.http.get(address).json()["episodes_url"]
    assert url == (f"{address}/episodes" if recorded else None)
    if recorded:
        assert gateway.http.get(url).content == b"attempt 12"
    check_problem(gateway.http.get("/api/models/example-toy/episodes"), 404, "unknown_model")


def test_params_before_the_base_policy_was_stored(gateway: Gateway) -> None:
    (job,) = gateway.train(gateway.ready_task())
    gateway.context.blobs.delete([Model.base_params_key("toy")])
    response = gateway.http.get(f"/api/models/{job['model_id']}/params")
    assert (response.status_code, response.json()["code"]) == (404, "blob_not_found")


def test_weights_change_while_it_trains(gateway: Gateway) -> None:
    task_id = gateway.ready_task()
    (job,) = gateway.train(task_id)
    url = f"/api/jobs/{job['id']}"
    changed = gateway.http.patch(url, json={"weights": {"forward": 4.0}})
    assert changed.status_code == 200, changed.text
    assert changed.json()["weights"] == {**job["weights"], "forward": 4.0}
    again = gateway.http.patch(url, json={"weights": {"sway": 0.25}}).json()
    assert again["weights"] == {**job["weights"], "forward": 4.0, "sway": 0.25}
    assert gateway.context.jobs.requests(job["id"]).weights == again["weights"]
    unknown = gateway.http.patch(url, json={"weights": {"nothing": 1.0}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_term")
    zero = gateway.http.patch(url, json={"weights": dict.fromkeys(job["weights"], 0.0)})
    assert zero.json()["code"] == "all_weights_zero"
    gateway.context.bus.publish(job["id"], StageEvent(stage="evaluation", elapsed_s=50.0))
    over = gateway.http.patch(url, json={"weights": {"forward": 9.0}})
    assert (over.status_code, over.json()["code"]) == (409, "learning_over")
    assert "again with these weights" in over.json()["hint"]
    assert gateway.context.jobs.requests(job["id"]).weights == again["weights"]
    # A worker that died in its evaluation learns on in another attempt.
    gateway.context.bus.publish(job["id"], StageEvent(stage="ppo", elapsed_s=2.0))
    on = gateway.http.patch(url, json={"weights": {"forward": 9.0}})
    assert on.status_code == 200, on.text
    gateway.finish(job["id"])
    late = gateway.http.patch(url, json={"weights": {"forward": 1.0}})
    assert (late.status_code, late.json()["code"]) == (409, "job_finished")
    writing = gateway.http.get(f"/api/tasks/{task_id}").json()["job_id"]
    no = gateway.http.patch(f"/api/jobs/{writing}", json={"weights": {"forward": 1.0}})
    assert no.json()["code"] == "not_a_training"


def test_a_quote_is_measured_on_what_such_jobs_took(gateway: Gateway) -> None:
    quote = gateway.http.get("/api/robots/toy/quote?trainings=2").json()
    assert quote["training"] == {
        "jobs": 2, "seconds": 138.0, "starts_in_s": 0.0, "samples": None, "cost_usd": None,
        "measured_on": 0,
    }  # fmt: skip
    for _ in range(3):
        (job,) = gateway.train(gateway.ready_task())
        gateway.finish(job["id"])
    quote = gateway.http.get("/api/robots/toy/quote?trainings=2").json()
    assert (quote["training"]["measured_on"], quote["training"]["samples"]) == (3, 2000)
    assert quote["training"]["seconds"] < 10
    assert quote["writing"]["measured_on"] == 3
    assert gateway.http.get("/api/robots/nobody/quote").status_code == 404


def test_a_waiting_job_tells_when_it_starts_and_a_running_one_how_far_it_is(
    gateway: Gateway,
) -> None:
    first, second, third = gateway.train(gateway.ready_task(3), "all")
    assert [job["starts_in_s"] for job in (first, second, third)] == [0.0, 69.0, 138.0]
    assert gateway.context.jobs.claim(first["id"], 15, 3) is not None
    far = ProgressSummary(
        update=3, samples=10, samples_per_s=5.0, reward=0.5, elapsed_s=2.0, eta_s=8.0
    )
    gateway.context.jobs.heartbeat(first["id"], 1, 15, stage="ppo", progress=far)
    running = gateway.http.get(f"/api/jobs/{first['id']}").json()
    assert (running["stage"], running["progress"]["update"]) == ("ppo", 3)
    assert running["starts_in_s"] is None
    waiting = gateway.http.get(f"/api/jobs/{second['id']}").json()
    assert waiting["place_in_queue"] == 1
    assert 60.0 < waiting["starts_in_s"] <= 69.0
    assert gateway.context.jobs.postpone(first["id"], 1, 30.0)
    held = gateway.http.get(f"/api/jobs/{first['id']}").json()
    assert (held["place_in_queue"], held["state"]) == (1, "queued")
    assert held["not_before"] is not None


def test_what_is_built_in_is_there_for_everybody(gateway: Gateway) -> None:
    (robot,) = gateway.http.get("/api/robots").json()
    gateway.context.blobs.put(Model.example_params_key("toy"), b"example")
    (taught,) = gateway.http.get("/api/robots").json()
    assert (robot["example"], robot["pretrained"]["prompt"]) == (None, "")
    assert taught["example"]["prompt"] == taught["examples"][0]
    for kind, content in (("example", b"example"), ("pretrained", None)):
        model_id = f"{kind}-toy"
        assert taught[kind]["model_id"] == model_id
        model = gateway.http.get(f"/api/models/{model_id}").json()
        assert model["inference_url"] == taught[kind]["inference_url"]
        assert (model["scene_sha256"], model["job_state"]) == (taught["scene_sha256"], "succeeded")
        params = gateway.http.get(f"/api/models/{model_id}/params")
        assert content in (None, params.content)
        assert gateway.http.delete(f"/api/models/{model_id}").status_code == 404
    check_problem(gateway.http.get("/api/models/example-rex"), 404, "unknown_robot")
