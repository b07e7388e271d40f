"""Trainings on other grounds than flat."""

from __future__ import annotations

import pytest

from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.training import EvaluationRow
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import read_policy
from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import get_robot, scene_sha256
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.factory import make_simulator
from tabrl_trainer.ground import untrained_ground
from tabrl_trainer.pretrained import load_pretrained
from tabrl_trainer.storage.params import params_file

ROBOT, BUMPS = get_robot("go1"), Ground(shape="rough", height_m=0.03)


def row(fall_rate: float) -> EvaluationRow:
    return EvaluationRow(reward=1.0, terms={}, fall_rate=fall_rate, episodes=128)


def test_what_the_pretrained_policy_does_not_know_is_said_with_its_figures() -> None:
    (finding,) = untrained_ground(BUMPS, row(0.25), row(0.0))
    assert finding.code == "untrained_ground"
    assert finding.message == (
        "The pretrained policy was trained on flat ground alone, not on rough ground, bumps up to "
        "3 cm. There it failed in 25% of 128 episodes, the result in 0% of 128."
    )
    assert untrained_ground(FLAT, row(0.25), row(0.0)) == ()


@pytest.mark.parametrize("kind", ["mjx", "warp"])
def test_only_the_cpu_simulates_other_grounds(kind: str) -> None:
    with pytest.raises(Invalid, match="flat ground alone") as refused:
        make_simulator(ROBOT.on(BUMPS), 2, kind=kind)
    assert refused.value.code == "bad_ground"
    assert isinstance(make_simulator(ROBOT.on(BUMPS), 2, kind="auto"), CpuSimulator)


def test_a_params_file_knows_its_ground() -> None:
    weights = load_policy(load_pretrained(ROBOT.id).policy).weights
    neutral = CommandSchedule.neutral(embodiment_of(ROBOT).commands)
    data = params_file(ROBOT.id, weights, neutral, 3, BUMPS)
    header, _ = read_policy(data)
    assert header.ground == BUMPS
    assert header.scene_sha256 == scene_sha256(ROBOT.id, BUMPS) != scene_sha256(ROBOT.id)
    assert load_policy(data).embodiment is embodiment_of(ROBOT.on(BUMPS))
    # Of flat ground it is as it was before grounds: earlier servers read it.
    flat = params_file(ROBOT.id, weights, neutral, 3)
    assert b"ground" not in flat[: int.from_bytes(flat[:8], "little")]
