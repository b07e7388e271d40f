"""What a robot stands on, from the request to the training and its model."""

from __future__ import annotations

from typing import Any

from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.training import FIRST_VERSION, SPEC_VERSION
from tests.support.gateway import Gateway

UPHILL = {"shape": "slope", "angle_deg": 8.0}


def trained(gateway: Gateway, **more: Any) -> dict[str, Any]:
    """The only job of a training of the first candidate."""
    task = gateway.ready_task()
    answer = gateway.http.post(f"/api/tasks/{task}/train", json={"candidate": 1, **more})
    assert answer.status_code == 202, answer.text
    (job,) = answer.json()["jobs"]
    found: dict[str, Any] = job
    return found


def test_a_training_is_of_the_ground_that_it_names(gateway: Gateway) -> None:
    job = trained(gateway, ground=UPHILL)
    assert job["ground"]["angle_deg"] == 8.0
    stored = gateway.context.jobs.get(job["id"])
    assert stored.spec is not None
    assert stored.spec.ground == Ground.model_validate(UPHILL)
    assert stored.spec_version == SPEC_VERSION
    model = gateway.http.get(f"/api/models/{job['model_id']}").json()
    assert model["ground_words"] == "uphill, 8°"
    assert model["scene_url"] == "/api/robots/toy/scene.xml?shape=slope&angle_deg=8.0"
    scene = gateway.http.get(model["scene_url"])
    assert scene.text == "<mujoco model='8.0'/>"
    assert scene.headers["etag"] == f'"{model["scene_sha256"]}"'


def test_without_one_it_is_of_the_candidates_own(gateway: Gateway) -> None:
    job = trained(gateway)
    stored = gateway.context.jobs.get(job["id"])
    assert stored.spec is not None
    assert stored.spec.ground == FLAT
    assert stored.spec_version == FIRST_VERSION
    model = gateway.http.get(f"/api/models/{job['model_id']}").json()
    assert model["scene_url"] == "/api/robots/toy/scene.xml"
    assert model["ground_words"] == "flat ground"


def test_a_ground_that_the_robot_cannot_be_put_on_is_refused(gateway: Gateway) -> None:
    task = gateway.ready_task()
    steps = {"shape": "steps", "height_m": 0.1}
    answer = gateway.http.post(f"/api/tasks/{task}/train", json={"candidate": 1, "ground": steps})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_ground")
    scene = gateway.http.get("/api/robots/toy/scene.xml?shape=steps&height_m=0.1")
    assert (scene.status_code, scene.json()["code"]) == (422, "bad_ground")
    nonsense = gateway.http.get("/api/robots/toy/scene.xml?shape=slope")
    assert nonsense.status_code == 422
    unknown = gateway.http.get("/api/robots/toy/scene.xml?colour=red")
    assert unknown.status_code == 422


def test_a_robot_says_what_it_can_be_put_on(gateway: Gateway) -> None:
    (robot,) = gateway.http.get("/api/robots").json()
    assert [(one["name"], one["label"]) for one in robot["grounds"]] == [("flat", "flat ground")]
