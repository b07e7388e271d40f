"""`tabrl-playground`: Playground's own trainer, started on the reward of a training."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.contracts.ground import Ground, GroundShape
from tabrl.contracts.training import TrainSpec
from tabrl.control.policy import PolicyWeights
from tabrl.embodiments.load import load_policy
from tabrl.robots import Robot, get_robot
from tabrl.sim.reward.function import RewardFunction
from tabrl_trainer.playground.cli import main
from tabrl_trainer.playground.environment import TabrlEnvironment
from tabrl_trainer.playground.step_reward import StepReward
from tabrl_trainer.playground.train import BraxPPO
from tests.support.made_up import made_up_weights
from tests.support.training_job import MOVES, exported_for, training_of

ROBOT = get_robot("pointer")
NOTHING: Mapping[str, float] = {}
FEW = ("--robots", "32", "--unroll", "8", "--evaluations", "0", "--steps", "512")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TABRL_DATABASE_URL", f"sqlite:///{tmp_path / 'tabrl.db'}")
    monkeypatch.setenv("TABRL_DATA", str(tmp_path))
    made = Settings()
    upgrade(make_engine(made.database))
    return made


def _job(
    settings: Settings,
    *,
    verified: bool,
    robot: Robot = ROBOT,
    asked: Mapping[str, float] = NOTHING,
) -> str:
    """A training that waits, with its reward in the store, under weights that were `asked` for."""
    artifact = exported_for(robot)
    spec = TrainSpec(
        robot=robot.id, artifact_sha256=artifact.sha256, weights=artifact.weights, checks=(MOVES,),
        ground=robot.ground,
    )  # fmt: skip
    job, model = training_of(spec, datetime.now(UTC))
    database, clock = make_engine(settings.database), SystemClock()
    jobs = SqlJobRepository(database, clock)
    jobs.create_training([job], [model])
    if asked:
        jobs.request_weights(job.id, asked)
    make_blob_store(settings.blobs).put(f"artifacts/{artifact.sha256}.bin", artifact.blob)
    if verified:
        SqlVerifiedArtifacts(database, clock).record(artifact.sha256, robot.id)
    return job.id


@pytest.mark.timeout(900)
def test_playgrounds_trainer_learns_from_a_reward_of_ours(
    settings: Settings, tmp_path: Path
) -> None:
    job, out = _job(settings, verified=True), tmp_path / "policy.safetensors"
    command = [sys.executable, "-m", "tabrl_trainer.playground.cli", job, *FEW, "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    policy = load_policy(out.read_bytes())
    assert policy.header.robot == ROBOT.id
    qpos = np.array([ROBOT.home, ROBOT.home], np.float64)
    action, targets = policy.control(np.zeros(2), qpos, np.zeros_like(qpos), qpos)
    assert np.isfinite(action).all()
    assert np.isfinite(targets).all()
    assert np.ptp(policy.weights.std) > 0.1, "it has seen the robot move"


def test_the_ground_and_the_weights_in_force_are_those_of_the_training(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot = get_robot("go1").on(Ground(shape=GroundShape.SLOPE, angle_deg=10.0))
    trained, paid = list[TabrlEnvironment](), list[Mapping[str, float]]()

    def train(environment: TabrlEnvironment, *_: object) -> PolicyWeights:
        trained.append(environment)
        return made_up_weights(robot)

    def reward(function: RewardFunction, weights: Mapping[str, float]) -> StepReward:
        paid.append(weights)
        return StepReward(function, weights)

    monkeypatch.setattr("tabrl_trainer.playground.train.train", train)
    monkeypatch.setattr("tabrl_trainer.playground.step_reward.StepReward", reward)
    job, out = _job(settings, verified=True, robot=robot, asked={"calm": 7.0}), tmp_path / "policy"
    assert main([job, "--out", str(out)]) == 0
    assert trained[0].embodiment.robot.ground == robot.ground
    assert load_policy(out.read_bytes()).header.ground == robot.ground
    assert paid[0]["calm"] == 7.0


@pytest.mark.parametrize("robots", [1, 4, 10, 20, 32, 500, 512])
def test_any_number_of_robots_is_split_evenly(robots: int) -> None:
    batch, minibatches = BraxPPO(environments=robots).batch
    assert batch * minibatches == robots


@pytest.mark.parametrize("option", ["--robots", "--steps", "--unroll"])
def test_none_at_all_are_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["job_aaaaaaaaaaaaaaaa", option, "0"])
    assert "1 or more" in capsys.readouterr().err


def test_only_a_reward_that_was_verified_is_trained_on(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([_job(settings, verified=False)]) == 1
    assert "was never verified" in capsys.readouterr().err


def test_what_is_no_training_is_named(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["job_aaaaaaaaaaaaaaaa"]) == 1
    assert "tabrl-playground: " in capsys.readouterr().err


def test_without_playground_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tabrl_trainer.playground.cli.find_spec", lambda name: None)
    assert main(["job_aaaaaaaaaaaaaaaa"]) == 1
    assert "pip install playground" in capsys.readouterr().err
