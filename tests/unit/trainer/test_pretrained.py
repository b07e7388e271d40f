"""Where pretrained policies are looked for, which are refused, and how they are pretrained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tabrl_trainer.pretrained
from tabrl.adapters.logs import logger
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.policy import PolicyHeader, dump_policy
from tabrl.domain.errors import NotFound
from tabrl.domain.models import Model
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.export.robot_constants import robot_constants
from tabrl.robots import Robot, scene_sha256
from tabrl_trainer.pretrained import (
    BANK,
    OWN_FOLDER,
    POLICY,
    TRAIN_STATE,
    NotTrained,
    PretrainedPolicy,
    load_pretrained,
    seed_blobs,
    seed_constants,
)
from tests.support.robots import ROBOTS
from tests.twins import MemoryBlobStore


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The robots' folders, and the package's under `packaged`; all empty."""
    monkeypatch.setattr(tabrl_trainer.pretrained, "robot_folder", tmp_path.joinpath)
    packaged = tmp_path / "packaged"
    monkeypatch.setattr(tabrl_trainer.pretrained, "packaged_folder", packaged.joinpath)
    return tmp_path


def header_of(trained: Robot, **changes: str | int) -> PolicyHeader:
    """The header of a policy that stands."""
    neutral = ScheduleDocument.of(CommandSchedule.neutral(embodiment_of(trained).commands))
    header = PolicyHeader(robot=trained.id, scene_sha256=scene_sha256(trained.id), program=neutral)
    return header.model_copy(update=changes)


def write(folder: Path, pretrained: PretrainedPolicy, header: PolicyHeader | None = None) -> bytes:
    """Write all files; returns the params file, under another header if one is given."""
    folder.mkdir(parents=True)
    policy = load_policy(pretrained.policy)
    data = dump_policy(header or policy.header, policy.weights)
    (folder / POLICY).write_bytes(data)
    (folder / TRAIN_STATE).write_bytes(b"state")
    (folder / BANK).write_bytes(b"library")
    return data


@pytest.mark.usefixtures("folders")
def test_a_robot_without_a_pretrained_policy_is_named(trained_robot: Robot) -> None:
    with pytest.raises(NotTrained) as caught:
        load_pretrained(trained_robot.id)
    assert caught.value.code == "robot_not_trained"
    assert f"tabrl-train-base {trained_robot.id}" in caught.value.hint


def test_there_is_none_for_a_robot_that_nobody_knows() -> None:
    with pytest.raises(NotFound) as caught:
        load_pretrained("rex")
    assert caught.value.code == "unknown_robot"


def test_the_robots_own_folder_comes_first(
    folders: Path, trained_robot: Robot, pretrained: PretrainedPolicy
) -> None:
    packaged = write(folders / "packaged" / trained_robot.id, pretrained)
    assert load_pretrained(trained_robot.id).policy == packaged
    own = write(
        folders / trained_robot.id / OWN_FOLDER, pretrained, header_of(trained_robot, step=7)
    )
    assert own != packaged
    assert load_pretrained(trained_robot.id) == PretrainedPolicy(own, b"state", b"library")
    (folders / trained_robot.id / OWN_FOLDER / BANK).unlink()
    with pytest.raises(NotTrained, match="lacks a file"):
        load_pretrained(trained_robot.id)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scene_sha256": "0" * 64}, "another version of the robot's scene"),
        ({"robot": "rex"}, "unknown robot"),
    ],
)
def test_a_policy_of_another_robot_or_scene_is_refused(
    folders: Path,
    trained_robot: Robot,
    pretrained: PretrainedPolicy,
    change: dict[str, str],
    reason: str,
) -> None:
    header = header_of(trained_robot, **change)
    write(folders / trained_robot.id / OWN_FOLDER, pretrained, header)
    with pytest.raises(NotTrained, match=reason) as caught:
        load_pretrained(trained_robot.id)
    assert caught.value.code == "pretrained_policy_mismatch"


def test_a_policy_is_for_the_robot_in_whose_folder_it_lies(
    folders: Path, trained_robot: Robot, pretrained: PretrainedPolicy
) -> None:
    write(folders / "twin" / OWN_FOLDER, pretrained)
    with pytest.raises(NotTrained, match=f"it was trained for {trained_robot.id}"):
        load_pretrained("twin")


def test_seeding_puts_policy_and_library_where_the_services_look_and_replaces_old_ones(
    trained_robot: Robot, pretrained: PretrainedPolicy
) -> None:
    blobs = MemoryBlobStore()
    blobs.put(Model.base_params_key(trained_robot.id), b"of an older version")
    for _ in range(2):
        assert trained_robot.id in seed_blobs(blobs)
        assert blobs.get(Model.base_params_key(trained_robot.id)) == pretrained.policy
        assert blobs.get(f"bank/{trained_robot.id}.npz") == pretrained.library


@pytest.mark.usefixtures("folders")
def test_seeding_skips_untrained_robots_with_a_line_in_the_log(
    trained_robot: Robot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(tabrl_trainer.pretrained, "list_robots", lambda: (trained_robot,))
    monkeypatch.setattr(logger, "warning", lambda line, *words: lines.append(line % words))
    blobs = MemoryBlobStore()
    assert seed_blobs(blobs) == ()
    assert blobs.list("") == []
    (line,) = lines
    assert line.startswith("robot_not_trained: ")
    assert f"tabrl-train-base {trained_robot.id}" in line


def test_what_a_controller_must_know_is_stored_of_every_robot() -> None:
    blobs = MemoryBlobStore()
    for robot in ROBOTS:
        blobs.put(Model.robot_constants_key(robot.id), b"of an older version")
    seed_constants(blobs)
    for robot in ROBOTS:
        constants = json.loads(blobs.get(Model.robot_constants_key(robot.id)))
        assert constants == json.loads(json.dumps(robot_constants(embodiment_of(robot))))
