"""The folder for browsers: all that the page loads, what it says, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tabrl.domain.errors import Invalid
from tabrl.export.exportable import Exportable
from tabrl.export.formats import format_named
from tabrl.export.robot_constants import robot_constants
from tabrl.export.web import KINDS, web_folder
from tabrl.robots import Robot, get_robot, scene_xml
from tests.support.made_up import made_up_params, made_up_schedule

ASSETS = {
    "share-1a.js": 'import "./view-2b.js"; new Worker(new URL("worker-3c.js", import.meta.url))',
    "view-2b.js": 'import "./share-1a.js"',  # round and round
    "worker-3c.js": 'locateFile("mujoco-4d.wasm")',
    "share-5e.css": 'src: url("./font-6f.woff2")',
    "mujoco-4d.wasm": "wasm share-1a.js editor-7g.js",
    "font-6f.woff2": "font",
    "editor-7g.js": "of the other page alone",
}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A built page with two entries."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<script src="./assets/editor-7g.js">')
    (tmp_path / "share.html").write_text(
        '<link href="./assets/share-5e.css"><script src="./assets/share-1a.js">'
    )
    for name, text in ASSETS.items():
        (tmp_path / "assets" / name).write_text(text)
        (tmp_path / "assets" / f"{name}.br").write_text("packed")
    return tmp_path


def exportable(robot: Robot, page: Path | None) -> Exportable:
    params = made_up_params(robot, made_up_schedule(robot))
    scene = scene_xml(robot.id)
    return Exportable("mdl_1", 3, 70, robot, params, scene, page=page, sentence="wave <twice>")


def test_the_folder_holds_what_the_page_loads_and_nothing_else(robot: Robot, page: Path) -> None:
    model = exportable(robot, page)
    if robot.embodiment not in KINDS:
        with pytest.raises(Invalid) as refused:
            web_folder(model)
        assert refused.value.code == "no_browser_controller"
        return
    files = web_folder(model)
    assert {name for name in files if name.startswith("assets/")} == {
        f"assets/{name}" for name in ASSETS if name != "editor-7g.js"
    }
    assert files["index.html"] == (page / "share.html").read_bytes()
    assert files["model/policy.safetensors"] == model.params
    assert files["model/scene.xml"] == model.scene
    constants = json.loads(json.dumps(robot_constants(model.embodiment)))
    assert json.loads(files["model/robot.json"]) == constants
    assert "model/visuals.glb" not in files
    show = json.loads(files["model/show.json"])
    assert (show["sentence"], show["meshes"]) == ("wave <twice>", False)
    assert show["asked"] == model.policy.schedule.in_words()
    assert show["robot"]["control_hz"] == constants["control_hz"]
    with_meshes = web_folder(replace(model, visuals=b"glTF"))
    assert with_meshes["model/visuals.glb"] == b"glTF"
    assert json.loads(with_meshes["model/show.json"])["meshes"] is True


def test_evaluated_episodes_are_in_it_if_there_are_some(page: Path) -> None:
    model = exportable(get_robot("go1"), page)
    without, whole = web_folder(model), web_folder(replace(model, episodes=b"episodes"))
    name = "model/episodes.safetensors"
    assert (name in without, json.loads(without["model/show.json"])["episodes"]) == (False, False)
    assert name not in without["README.md"].decode()
    assert (whole[name], json.loads(whole["model/show.json"])["episodes"]) == (b"episodes", True)
    assert name in whole["README.md"].decode()


def test_without_a_built_page_there_is_no_folder(robot: Robot, tmp_path: Path) -> None:
    for page in (None, tmp_path):
        with pytest.raises(Invalid) as refused:
            format_named("web").write(exportable(robot, page))
        assert refused.value.code in ("page_not_built", "no_browser_controller")
