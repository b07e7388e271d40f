"""The exporter over HTTP, and the gateway that asks it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tabrl.adapters.settings import Settings
from tabrl.contracts.ground import Ground, GroundShape
from tabrl.control.policy import dump_policy, read_policy
from tabrl.export.exportable import Exportable
from tabrl.export.formats import FORMATS
from tabrl.robots import Robot, get_robot, scene_xml
from tabrl_exporter.bootstrap import build
from tests.support.made_up import made_up_params, made_up_schedule

SAME = {"model": "mdl_1", "version": 3}


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(build(Settings(data=tmp_path, web_dist=tmp_path / "dist"))) as client:
        yield client


def test_an_export_is_a_folder_in_a_zip(robot: Robot, exporter: TestClient) -> None:
    params = made_up_params(robot, made_up_schedule(robot))
    answer = exporter.post("/exports/numpy", params=SAME, content=params)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    model = Exportable("mdl_1", 3, 0, robot, params, scene_xml(robot.id))
    wanted = FORMATS["numpy"].write(model)
    assert found == {f"mdl_1-numpy/{name}": data for name, data in wanted.items()}
    again = exporter.post("/exports/numpy", params=SAME, content=params)
    assert again.content == answer.content
    behind = exporter.post(
        "/exports/numpy", params=SAME, content=params + b"episodes",
        headers={"X-Episodes-Bytes": "8"},
    )  # fmt: skip
    assert behind.content == answer.content


@pytest.mark.parametrize("name", ["numpy", "onnx"])
def test_who_learnt_on_another_ground_takes_it_along(exporter: TestClient, name: str) -> None:
    robot, slope = get_robot("go1"), Ground(shape=GroundShape.SLOPE, angle_deg=8.0)
    scene = scene_xml(robot.id, slope)
    header, weights = read_policy(made_up_params(robot))
    changes = {"ground": slope, "scene_sha256": hashlib.sha256(scene).hexdigest()}
    params = dump_policy(header.model_copy(update=changes), weights)
    answer = exporter.post(f"/exports/{name}", params=SAME, content=params)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read(f"mdl_1-{name}/scene.xml") == scene


def test_what_it_refuses_has_a_code_and_a_hint(robot: Robot, exporter: TestClient) -> None:
    params = made_up_params(robot)
    unknown = exporter.post("/exports/floppy", params=SAME, content=params)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_format")
    assert "numpy" in unknown.json()["hint"]
    damaged = exporter.post("/exports/numpy", params=SAME, content=b"no params")
    assert (damaged.status_code, damaged.json()["code"]) == (422, "bad_params")
    header, weights = read_policy(params)
    other = dump_policy(header.model_copy(update={"scene_sha256": "0" * 64}), weights)
    changed = exporter.post("/exports/numpy", params=SAME, content=other)
    assert (changed.status_code, changed.json()["code"]) == (409, "scene_changed")


def test_it_says_how_it_is_and_what_it_did(robot: Robot, exporter: TestClient) -> None:
    exporter.post("/exports/numpy", params=SAME, content=made_up_params(robot))
    exporter.post("/exports/numpy", params=SAME, content=b"no params")
    assert exporter.get("/healthz").text == exporter.get("/readyz").text == "ok"
    names = [one["name"] for one in exporter.get("/formats").json()]
    assert names[0] == "numpy"
    told = exporter.get("/metrics").text
    assert 'tabrl_exports_total{format="numpy",outcome="done"} 1.0' in told
    assert 'tabrl_exports_total{format="numpy",outcome="refused"} 1.0' in told
    assert "tabrl_build_info{" in told
