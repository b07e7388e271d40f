"""Policies in scenes that other projects made of the same robot."""

from __future__ import annotations

import json
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.physics import physics_model
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import get_robot, scene_xml
from tabrl.sim.elsewhere import Elsewhere, OtherScene, OtherScenes, other_model
from tabrl.sim.learning.networks import deployed
from tabrl_trainer.certify import main
from tabrl_trainer.pretrained import load_pretrained

GO1 = embodiment_of(get_robot("go1"))
(PLAYGROUND,) = OtherScenes.of("go1").scenes


@pytest.mark.parametrize("asked", [0.6, 0.8])
def test_the_policy_walks_in_playgrounds_scene_as_in_its_own(asked: float) -> None:
    policy = deployed(load_policy(load_pretrained("go1").policy).weights)
    schedule = CommandSchedule.asking(GO1.commands, vx=asked)
    row = Elsewhere(GO1, PLAYGROUND, 4).measure(policy, schedule, 6.0)
    assert row.fall_rate == 0.0
    assert row.speed is not None
    assert row.own_speed is not None
    assert row.speed == pytest.approx(row.own_speed, abs=0.01)
    assert row.speed == pytest.approx(asked, abs=0.05)


def test_the_scene_is_playgrounds_and_the_start_is_ours() -> None:
    model, ours = other_model(GO1, PLAYGROUND.file()), physics_model(GO1.robot)
    assert model.opt.timestep == pytest.approx(0.004)
    assert model.dof_damping[6:].min() > 0.4, "its motors are damped at the joints"
    assert ours.dof_damping[6:].max() == 0.0
    assert np.allclose(model.keyframe("home").qpos, GO1.home_qpos)
    assert not (model.geom_type == mujoco.mjtGeom.mjGEOM_MESH).any()


def test_a_scene_of_another_robot_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    other.write_bytes(scene_xml("anymal_c"))
    with pytest.raises(Invalid, match="its actuators are LF_HAA"):
        other_model(GO1, other)


def test_the_certificate_has_a_row_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["go1", "--episodes", "2", "--json"]) == 0
    last = json.loads(capsys.readouterr().out)[-1]
    assert (last["name"], last["words"]) == ("playground", PLAYGROUND.words)
    assert last["speed"] == pytest.approx(last["own_speed"], abs=0.02)
    missing = OtherScene(name="nowhere", words="in a scene of nobody", package="nobody", scene="a")
    monkeypatch.setattr(
        OtherScenes, "of", classmethod(lambda cls, robot_id: cls(scenes=(missing,)))
    )
    assert main(["go1", "--episodes", "2"]) == 0
    told = capsys.readouterr().out
    assert "not measured in a scene of nobody: the package nobody" in told


def test_every_document_of_other_scenes_can_be_read() -> None:
    assert OtherScenes.of("pointer").scenes == ()
