"""Where pretrained policies are looked for, which are refused, and how they are shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

import tabrl_trainer.pretrained
from tabrl.adapters.logs import logger
from tabrl.control.policy import PolicyHeader, dump_policy, load_policy
from tabrl.domain.errors import NotFound
from tabrl.domain.models import Model
from tabrl.robots import scene_sha256
from tabrl_trainer.pretrained import (
    BANK,
    OWN_FOLDER,
    POLICY,
    TRAIN_STATE,
    NotTrained,
    PretrainedPolicy,
    load_pretrained,
    seed_blobs,
)
from tests.support.engine import GO1
from tests.twins import MemoryBlobStore


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The robots' folders, and the package's under `packaged`; all empty."""
    monkeypatch.setattr(tabrl_trainer.pretrained, "robot_folder", tmp_path.joinpath)
    packaged = tmp_path / "packaged"
    monkeypatch.setattr(tabrl_trainer.pretrained, "packaged_folder", packaged.joinpath)
    return tmp_path


def write(folder: Path, shipped: PretrainedPolicy, header: PolicyHeader | None = None) -> bytes:
    """Write all files; returns the params file, under another header if one is given."""
    folder.mkdir(parents=True)
    policy = load_policy(shipped.policy)
    data = dump_policy(header or policy.header, policy.weights)
    (folder / POLICY).write_bytes(data)
    (folder / TRAIN_STATE).write_bytes(b"state")
    (folder / BANK).write_bytes(b"library")
    return data


@pytest.mark.usefixtures("folders")
def test_a_robot_without_a_pretrained_policy_is_named() -> None:
    with pytest.raises(NotTrained) as caught:
        load_pretrained(GO1.id)
    assert caught.value.code == "robot_not_trained"
    assert "tabrl-train-base go1" in caught.value.hint


def test_there_is_none_for_a_robot_that_nobody_knows() -> None:
    with pytest.raises(NotFound) as caught:
        load_pretrained("rex")
    assert caught.value.code == "unknown_robot"


def test_the_robots_own_folder_comes_first(folders: Path, shipped: PretrainedPolicy) -> None:
    packaged = write(folders / "packaged" / GO1.id, shipped)
    assert load_pretrained(GO1.id).policy == packaged
    header = PolicyHeader(robot=GO1.id, scene_sha256=scene_sha256(GO1.id), step=7)
    own = write(folders / GO1.id / OWN_FOLDER, shipped, header)
    assert own != packaged
    assert load_pretrained(GO1.id) == PretrainedPolicy(own, b"state", b"library")
    (folders / GO1.id / OWN_FOLDER / BANK).unlink()
    with pytest.raises(NotTrained, match="lacks a file"):
        load_pretrained(GO1.id)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (PolicyHeader(robot=GO1.id, scene_sha256="0" * 64), "another version of the robot's scene"),
        (PolicyHeader(robot="rex", scene_sha256=scene_sha256(GO1.id)), "unknown robot"),
    ],
)
def test_a_policy_of_another_robot_or_scene_is_refused(
    folders: Path, shipped: PretrainedPolicy, header: PolicyHeader, reason: str
) -> None:
    write(folders / GO1.id / OWN_FOLDER, shipped, header)
    with pytest.raises(NotTrained, match=reason) as caught:
        load_pretrained(GO1.id)
    assert caught.value.code == "pretrained_policy_mismatch"


def test_a_policy_is_for_the_robot_in_whose_folder_it_lies(
    folders: Path, shipped: PretrainedPolicy
) -> None:
    write(folders / "twin" / OWN_FOLDER, shipped)
    with pytest.raises(NotTrained, match="it was trained for go1"):
        load_pretrained("twin")


def test_seeding_puts_policy_and_library_where_the_services_look_and_replaces_old_ones(
    shipped: PretrainedPolicy,
) -> None:
    blobs = MemoryBlobStore()
    blobs.put(Model.base_params_key(GO1.id), b"of an older version")
    for _ in range(2):
        assert GO1.id in seed_blobs(blobs)
        assert blobs.get(Model.base_params_key(GO1.id)) == shipped.policy
        assert blobs.get(f"bank/{GO1.id}.npz") == shipped.library


@pytest.mark.usefixtures("folders")
def test_seeding_skips_untrained_robots_with_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(tabrl_trainer.pretrained, "list_robots", lambda: (GO1,))
    monkeypatch.setattr(logger, "warning", lambda line, *words: lines.append(line % words))
    blobs = MemoryBlobStore()
    assert seed_blobs(blobs) == ()
    assert blobs.list("") == []
    (line,) = lines
    assert line.startswith("robot_not_trained: ")
    assert "tabrl-train-base go1" in line
