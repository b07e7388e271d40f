"""`tabrl-certify`: a pretrained policy, or a params file, on robots other than their scene."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tabrl.contracts.ground import Ground, GroundShape
from tabrl.control.command_schedule import CommandSchedule
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl_trainer.certify import main
from tests.support.made_up import made_up_params

GO1 = embodiment_of(get_robot("go1"))


def test_the_pretrained_policy_is_certified_at_its_kinds_walk(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["go1", "--episodes", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    names = [row["name"] for row in rows]
    assert names[: len(GO1.disturbances)] == [one.name for one in GO1.disturbances]
    assert rows[0]["fall_rate"] == 0.0
    assert rows[0]["speed_error"] < 0.15


def test_a_params_file_is_measured_under_its_own_schedule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crouch = CommandSchedule.asking(GO1.commands, height=-0.05)
    path = tmp_path / "policy.safetensors"
    path.write_bytes(made_up_params(GO1.robot, crouch))
    assert main([str(path), "--episodes", "2"]) == 0
    table = capsys.readouterr().out
    assert crouch.in_words() in table
    assert all(one.words in table for one in GO1.disturbances)


def test_a_policy_of_a_slope_is_not_measured_in_level_scenes_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uphill = GO1.robot.on(Ground(shape=GroundShape.SLOPE, angle_deg=10.0))
    path = tmp_path / "policy.safetensors"
    path.write_bytes(made_up_params(uphill))
    assert main([str(path), "--episodes", "2"]) == 0
    told = capsys.readouterr().out
    assert "not measured in scenes of others" in told
    assert "uphill, 10°" in told


@pytest.mark.parametrize("name", ["nothing-like-it", "pointer"])
def test_what_cannot_be_certified_is_said(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name]) == 1
    assert "tabrl-certify: " in capsys.readouterr().err


def test_a_kind_without_disturbances_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "policy.safetensors"
    path.write_bytes(made_up_params(get_robot("pointer")))
    assert main([str(path)]) == 1
    assert "nothing to certify" in capsys.readouterr().err
