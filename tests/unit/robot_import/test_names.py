"""What a robot is called, wherever its model lies and whatever its letters are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tabrl.domain.errors import Invalid
from tabrl.robot_import.importing import import_robot
from tabrl.robot_import.options import ImportOptions
from tests.support.models.arm import arm

NO_TEXT = os.fsdecode(b"r\xffver")


def test_it_is_called_like_the_folder_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not like the one that a link leads to, or one below."""
    theirs = arm(tmp_path / "shelf/version_3")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "scene.xml").symlink_to(theirs / "lever.xml")
    assert import_robot(ImportOptions(linked)).report.id == "linked"
    nested = arm(tmp_path / "nested/deep/parts").parents[1]
    assert import_robot(ImportOptions(nested)).report.id == "nested"
    (tmp_path / "alias").symlink_to(theirs)
    assert import_robot(ImportOptions(tmp_path / "alias")).report.id == "alias"
    monkeypatch.chdir(theirs)
    assert import_robot(ImportOptions(Path())).report.id == "version_3"
    assert import_robot(ImportOptions(Path("lever.xml"))).report.id == "lever"


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="the name that --name says is no text") as refused:
        import_robot(ImportOptions(arm(tmp_path / "lever"), name=NO_TEXT))
    assert refused.value.code == "cannot_import"


def test_a_folder_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"r\?ver/lever.xml has a name that is no text in UTF-8"):
        import_robot(ImportOptions(arm(tmp_path / NO_TEXT)))


def test_another_file_whose_name_is_no_text_can_be_shown(tmp_path: Path) -> None:
    place = arm(tmp_path / "lever")
    (place / f"{NO_TEXT}.xml").write_text("<mujoco/>")
    report = import_robot(ImportOptions(place)).report
    assert report.others == ["r?ver.xml"]
    assert report.model_dump_json().encode()


def test_an_include_that_leads_to_itself_is_missing(tmp_path: Path) -> None:
    place = arm(tmp_path / "lever")
    (place / "loop.xml").symlink_to("loop.xml")
    text = (place / "lever.xml").read_text()
    (place / "lever.xml").write_text(
        text.replace("<worldbody>", '<include file="loop.xml"/><worldbody>', 1)
    )
    with pytest.raises(Invalid, match=r"loop\.xml that lever\.xml names is missing"):
        import_robot(ImportOptions(place))
