"""`tabrl export` writes what the api sends, and nothing where it cannot."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tabrl.export.archive import archived

ADDRESS = "/api/models/mdl_1/exports/numpy"
FILES = {"README.md": b"read me", "parts/scene.xml": b"<mujoco/>"}


def test_files_are_unpacked_into_the_folder(tabrl: Any, api: Any, tmp_path: Path) -> None:
    api.blobs[ADDRESS] = archived(FILES, folder="mdl_1-numpy")
    code, out, _ = tabrl("export", "mdl_1", str(tmp_path / "out"))
    assert code == 0
    assert out.split() == [str(tmp_path / "out" / name) for name in FILES]
    assert {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*.*")
    } == FILES


def test_the_format_stands_in_the_address(tabrl: Any, api: Any, tmp_path: Path) -> None:
    api.problem = (
        404,
        {"code": "unknown_format", "detail": "no such format", "hint": "Choose one of: numpy."},
    )
    code, _, said = tabrl("export", "mdl_1", str(tmp_path / "out"), "--format", "floppy")
    assert code == 1
    assert "no such format" in said
    assert "numpy" in said
    assert api.requests[-1][1] == "/api/models/mdl_1/exports/floppy"
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(tabrl: Any, api: Any, tmp_path: Path) -> None:
    api.blobs[ADDRESS] = archived(FILES, folder="mdl_1-numpy")
    (tmp_path / "mine").write_text("mine")
    code, _, said = tabrl("export", "mdl_1", str(tmp_path))
    assert (code, "is not empty" in said) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["../evil", "/evil", "folder/../../evil", "evil"])
def test_nothing_is_written_beside_the_folder(
    tabrl: Any, api: Any, tmp_path: Path, name: str
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"evil")
    api.blobs[ADDRESS] = buffer.getvalue()
    code, _, said = tabrl("export", "mdl_1", str(tmp_path / "out"))
    assert (code, "no readable export" in said) == (1, True)
    assert [*tmp_path.iterdir()] == []


def test_what_is_no_archive_is_told(tabrl: Any, api: Any, tmp_path: Path) -> None:
    api.blobs[ADDRESS] = b"<html>"
    code, _, said = tabrl("export", "mdl_1", str(tmp_path / "out"))
    assert (code, "no readable export" in said) == (1, True)
