"""Writing a robot's folder: all or nothing, twice as once, never over what somebody changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tabrl.domain.errors import Invalid
from tabrl.robot_import.output.folder import Writing, write_folder

FILES = {"robot.toml": b'id = "rover"\n', "rover.xml": b"<mujoco/>", "visuals.glb": b"glTF"}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_new_folder_holds_the_files_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "robots/mine/rover"
    assert write_folder(FILES, target, replace=False) is Writing.NEW
    assert contents(tmp_path) == {f"robots/mine/rover/{name}": data for name, data in FILES.items()}


def test_twice_is_as_once(tmp_path: Path) -> None:
    target = tmp_path / "rover"
    write_folder(FILES, target, replace=False)
    before = {path: path.stat().st_mtime_ns for path in target.iterdir()}
    assert write_folder(FILES, target, replace=False) is Writing.SAME
    assert {path: path.stat().st_mtime_ns for path in target.iterdir()} == before


def test_what_somebody_changed_stays_until_it_is_to_be_replaced(tmp_path: Path) -> None:
    target = tmp_path / "rover"
    write_folder(FILES, target, replace=False)
    (target / "robot.toml").write_text('id = "rover"  # mine\n')
    (target / "pretrained").mkdir()
    (target / "pretrained/policy.bin").write_bytes(b"weeks of work")
    with pytest.raises(Invalid, match=r"its robot.toml would change: --replace"):
        write_folder(FILES, target, replace=False)
    assert "mine" in (target / "robot.toml").read_text()
    assert write_folder(FILES, target, replace=True) is Writing.REPLACED
    assert contents(target) == FILES | {"pretrained/policy.bin": b"weeks of work"}


def test_a_robot_without_meshes_does_not_keep_those_of_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "rover"
    write_folder(FILES, target, replace=False)
    plain = {name: data for name, data in FILES.items() if name != "visuals.glb"}
    with pytest.raises(Invalid, match=r"its visuals.glb would change: --replace"):
        write_folder(plain, target, replace=False)
    assert write_folder(plain, target, replace=True) is Writing.REPLACED
    assert contents(target) == plain


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/dear.txt").write_text("Dear")
    for replace in (False, True):
        with pytest.raises(Invalid, match="holds no robot: choose another --id or --into"):
            write_folder(FILES, tmp_path / "letters", replace=replace)
    assert contents(tmp_path) == {"letters/dear.txt": b"Dear"}


def test_an_empty_folder_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "rover").mkdir()
    assert write_folder(FILES, tmp_path / "rover", replace=False) is Writing.NEW
    assert contents(tmp_path / "rover") == FILES


def test_a_failure_on_the_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "visuals.glb":
            raise OSError(28, os.strerror(28))
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Invalid, match="No space left"):
        write_folder(FILES, tmp_path / "rover", replace=False)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_replacing_leaves_the_old_robot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "rover"
    write_folder(FILES, target, replace=False)
    write_bytes = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "visuals.glb":
            raise OSError(28, os.strerror(28))
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    changed = {name: data + b" " for name, data in FILES.items()}
    with pytest.raises(Invalid, match="No space left"):
        write_folder(changed, target, replace=True)
    assert contents(tmp_path) == {f"rover/{name}": data for name, data in FILES.items()}


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Invalid, match="cannot be written"):
        write_folder(FILES, tmp_path / "file/rover", replace=False)
