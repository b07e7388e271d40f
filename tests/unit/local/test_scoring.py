"""A rollout's success checks."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot, scene_sha256, scene_xml
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.rollout import Recording
from tabrl_local.scoring import score, score_rollout

GO1 = get_robot("go1")
HEIGHT: dict[str, Any] = {
    "id": "tall", "quantity": "height", "statistic": "mean", "start_s": 1.0, "end_s": 2.0,
    "at_least": 0.2,
}  # fmt: skip


@pytest.fixture(scope="module")
def standing() -> Recording:
    """Two seconds of physics under the home pose's targets."""
    model = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    recording = Recording.empty(100, model, embodiment_of(GO1), scene_sha256("go1"))
    for t in range(100):
        recording.time[t], recording.qpos[t], recording.qvel[t] = data.time, data.qpos, data.qvel
        recording.ctrl[t] = data.ctrl[:] = GO1.home
        mujoco.mj_step(model, data, 2)
    return recording


def spec(**options: object) -> CheckSpec:
    return CheckSpec.model_validate({**HEIGHT, **options})


def test_a_recording_is_held_against_checks(standing: Recording) -> None:
    weight = spec(id="load", quantity="foot_force", at_least=100.0, at_most=150.0)
    still = spec(quantity="drift", statistic="max", at_most=0.1, at_least=None)
    too_tall = spec(at_least=0.4)
    late = spec(start_s=5.0, end_s=9.0)
    asked = spec(quantity="command", part="vx")
    checks = [spec(), weight, still, too_tall, late, asked]
    found = score(checks, standing, embodiment_of(GO1), scene_xml("go1"))
    assert [check.passed for check in found] == [True, True, True, False, None, None]
    assert found[0].value == pytest.approx(float(standing.qpos[50:, 2].mean()), abs=2e-3)
    assert found[0].name == "mean height"
    assert found[3].target == "≥ 0.4 m"
    assert found[4].value is None


def test_the_checks_are_those_of_the_models_candidate(
    api: Any, serve_model: Any, standing: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_model(scene_xml("go1"), "ws://127.0.0.1:1/")
    task = api.task()
    newer = {**HEIGHT, "id": "new", "quantity": "mood"}
    task["candidates"][0]["checks"] = [newer, {**HEIGHT, "name": "x", "target": "y", "unit": "m"}]
    task["candidates"][1]["checks"] = [{**HEIGHT, "id": "other"}]
    monkeypatch.setattr(type(api), "task", lambda _: task)
    with Api(api.url) as client:
        found = score_rollout(client, "mdl_1", standing)
    assert [(check.id, check.passed) for check in found] == [("new", None), ("tall", True)]
    assert "does not know" in found[0].note
    assert found[1].note == ""


def test_a_model_whose_task_is_gone_has_no_checks(
    api: Any, serve_model: Any, standing: Recording
) -> None:
    serve_model(scene_xml("go1"), "ws://127.0.0.1:1/")
    api.model = {**api.model, "task_id": "tsk_9"}
    with Api(api.url) as client:
        assert score_rollout(client, "mdl_1", standing) == []


def test_an_api_that_cannot_tell_is_no_task_without_checks(
    api: Any, serve_model: Any, standing: Recording
) -> None:
    serve_model(scene_xml("go1"), "ws://127.0.0.1:1/")
    api.problem = (503, {"status": 503, "code": "database_unavailable", "detail": "no database"})
    with Api(api.url) as client, pytest.raises(CommandError) as failed:
        score_rollout(client, "mdl_1", standing)
    assert failed.value.code == "database_unavailable"


def test_a_single_step_shows_nothing(standing: Recording) -> None:
    model = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    short = Recording.empty(1, model, embodiment_of(GO1), scene_sha256("go1"))
    assert np.isfinite(short.time).all()
    assert [
        check.passed for check in score([spec()], short, embodiment_of(GO1), scene_xml("go1"))
    ] == [None]
