"""`tabrl robots add`: what it prints, writes and refuses."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabrl.robot_import import importing
from tabrl.robots import get_robot
from tabrl.robots.registry import ROBOTS_VARIABLE, forget
from tabrl_local.launcher import provide_looks
from tabrl_local.robots import own_looks
from tests.support.models.arm import arm
from tests.support.models.dog import CUBE, Dog
from tests.support.robots import PACKAGED


@pytest.fixture
def robots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of robots, which `TABRL_ROBOTS` names."""
    folder = tmp_path / "robots"
    monkeypatch.setenv(ROBOTS_VARIABLE, str(folder))
    forget()
    yield folder
    monkeypatch.undo()
    forget()


@pytest.fixture
def dog(tmp_path: Path) -> Path:
    return Dog(reverse_actuators=True).write(tmp_path / "stray")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_it_shows_what_it_found_and_writes_a_folder(tabrl: Any, robots: Path, dog: Path) -> None:
    code, out, err = tabrl("robots", "add", str(dog))
    assert code == 0, err
    assert files(robots) == ["stray/picture.png", "stray/robot.toml", "stray/stray.xml"]
    lines = out.splitlines()
    assert lines[0] == f"stray  from {dog / 'stray.xml'}"
    assert "legged: 8.2 kg, 8 joints that move, stands 0.31 m high" in out
    legs = [line.split() for line in lines if line.startswith(("nose_", "back_"))]
    assert legs[0] == [
        "nose_r", "front", "right", "nose_r_thigh", "nose_r_knee", "+", "+", "sphere,", "radius",
        "20", "mm",
    ]  # fmt: skip
    knee = next(line.split() for line in legs_of(out) if line.startswith("nose_r_knee"))
    assert knee[:6] == ["nose_r_knee", "-1.50", "-2.60", "0.10", "60", "1.5"]
    assert knee[-2:][1] == "%"
    assert "held home for 2 s" in out
    assert "a control step of 20 ms costs" in out
    assert "actuators are in another order" in out
    assert f"TABRL_ROBOTS={robots} tabrl-train-base stray" in out
    forget()
    assert get_robot("stray").name == "Stray"


def legs_of(out: str) -> list[str]:
    return [line for line in out.splitlines() if "N·m" in line]


def test_its_manifest_says_what_is_to_be_looked_through(
    tabrl: Any, robots: Path, dog: Path
) -> None:
    tabrl("robots", "add", str(dog), "--id", "rex", "--name", "Rex")
    text = (robots / "rex/robot.toml").read_text()
    assert text.startswith("# Rex: written by `tabrl robots add` from stray.xml")
    data = tomllib.loads(text)
    assert (data["id"], data["name"], data["scene"]) == ("rex", "Rex", "rex.xml")
    assert data["description"] == "A robot of 8.2 kg with four legs and 8 joints, 0.31 m high."
    assert [limb["place"] for limb in data["limbs"]] == [
        ["front", "right"], ["front", "left"], ["rear", "right"], ["rear", "left"],
    ]  # fmt: skip


def test_twice_is_safe(tabrl: Any, robots: Path, dog: Path) -> None:
    tabrl("robots", "add", str(dog))
    code, out, _ = tabrl("robots", "add", str(dog))
    assert code == 0
    assert "stray is in, as before," in out
    manifest = robots / "stray/robot.toml"
    manifest.write_text(manifest.read_text().replace('maker = ""', 'maker = "me"'))
    code, _, err = tabrl("robots", "add", str(dog))
    assert code == 1
    assert "its robot.toml would change: --replace" in err
    assert 'maker = "me"' in manifest.read_text()
    code, out, _ = tabrl("robots", "add", str(dog), "--replace")
    assert code == 0
    assert "stray written anew to" in out
    assert 'maker = ""' in manifest.read_text()


def test_nothing_is_written_where_nobody_asked(
    tabrl: Any, tmp_path: Path, dog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ROBOTS_VARIABLE, raising=False)
    before = files(tmp_path)
    code, _, err = tabrl("robots", "add", str(dog))
    assert code == 1
    assert "name a folder with --into" in err
    code, out, _ = tabrl("robots", "add", str(dog), "--dry-run")
    assert code == 0
    assert "Nothing was written" in out
    assert files(tmp_path) == before
    code, _, err = tabrl("robots", "add", str(dog), "--into", str(tmp_path / "mine"))
    assert code == 0, err
    assert files(tmp_path / "mine") == ["stray/picture.png", "stray/robot.toml", "stray/stray.xml"]


def test_what_to_type_next_can_be_typed(tabrl: Any, tmp_path: Path, dog: Path) -> None:
    into = tmp_path / "my robots"
    code, out, err = tabrl("robots", "add", str(dog), "--into", str(into))
    assert code == 0, err
    assert f"TABRL_ROBOTS='{into}' tabrl up" in out


def test_json_holds_everything_that_was_found(tabrl: Any, robots: Path, dog: Path) -> None:
    code, out, _ = tabrl("robots", "add", str(dog), "--json")
    assert code == 0
    found = json.loads(out)
    assert found["folder"] == str(robots / "stray")
    assert found["kind"] == "legged"
    assert len(found["joints"]) == 8
    assert found["joints"][0].keys() == {
        "name", "home", "range", "stiffness", "damping", "torque_limit", "torque", "sag",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Dog(kind="motor", gains=""), "is a motor that takes torques"),
        (Dog(root=""), "say --floating"),
        (Dog(gains='kp="3" kv="0.1"'), "does not stand at home"),
    ],
)
def test_a_refusal_is_one_line_and_leaves_nothing(
    tabrl: Any, robots: Path, tmp_path: Path, wrong: Dog, reason: str
) -> None:
    code, out, err = tabrl("robots", "add", str(wrong.write(tmp_path / "stray")))
    assert code == 1
    assert out == ""
    assert reason in err
    assert len(err.strip().splitlines()) == 1
    assert not robots.exists()


def test_an_id_of_another_robot_is_refused(tabrl: Any, robots: Path, dog: Path) -> None:
    known = PACKAGED[0].id
    code, _, err = tabrl("robots", "add", str(dog), "--id", known)
    assert code == 1
    assert f"there is another robot {known} in" in err
    assert not robots.exists()


def test_an_arm_without_its_kind_is_shown_and_not_written(
    tabrl: Any, robots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tabrl.robot_import.importing.kind_package", lambda kind: None)
    code, out, err = tabrl("robots", "add", str(arm(tmp_path / "lever")))
    assert code == 1
    assert "arm: 6.4 kg, 3 joints that move, reaches 0.52 m" in out
    assert "the site tcp" in out
    assert "this TabRL has no kind of robot named arm yet" in err
    assert not robots.exists()


def test_looks_of_its_own_are_found_by_the_launcher(
    tabrl: Any, robots: Path, tmp_path: Path
) -> None:
    head = '<asset><mesh name="hull" file="hull.obj" scale="5 2 1"/></asset>'
    trunk = '<geom type="mesh" mesh="hull" mass="6"/>'
    folder = Dog(head=head, trunk=trunk).write(tmp_path / "stray")
    (folder / "hull.obj").write_text(CUBE)
    code, out, err = tabrl("robots", "add", str(folder))
    assert code == 0, err
    assert "the page shows a mesh of the model" in out
    forget()
    assert own_looks() == {
        "stray.glb": robots / "stray/visuals.glb",
        "stray.png": robots / "stray/picture.png",
    }
    built, shown = robots.parent / "built", robots.parent / "shown"
    built.mkdir()
    for name in ("stray.png", "go1.glb"):
        (built / name).write_bytes(b"of set-up")
    provide_looks(built, shown)
    assert (shown / "stray.glb").read_bytes()[:4] == b"glTF"
    assert (shown / "stray.png").read_bytes() == (robots / "stray/picture.png").read_bytes()
    assert (shown / "go1.glb").read_bytes() == b"of set-up"

    (folder / "stray.xml").write_text(Dog().xml())
    assert tabrl("robots", "add", str(folder), "--replace")[0] == 0
    forget()
    provide_looks(built, shown)
    assert not (shown / "stray.glb").exists()  # it was of the robot before


@pytest.mark.parametrize("part", ["hold_home", "draw_picture"])
def test_what_nobody_foresaw_is_one_line_and_writes_nothing(
    tabrl: Any, robots: Path, dog: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr(importing, part, broken)
    code, _, err = tabrl("robots", "add", str(dog))
    assert code == 1
    assert "failed unexpectedly (ZeroDivisionError: float division by zero)" in err
    assert "Traceback" not in err
    assert not robots.exists()
