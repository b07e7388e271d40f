"""`tabrl-playground`: Playground's own trainer, started on the reward of a training."""

from __future__ import annotations

import subprocess
import sys
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
from tabrl.contracts.training import TrainSpec
from tabrl.embodiments.load import load_policy
from tabrl.robots import get_robot
from tabrl_trainer.playground.cli import main
from tests.support.training_job import MOVES, exported_for, training_of

ROBOT = get_robot("pointer")
FEW = ("--robots", "32", "--unroll", "8", "--evaluations", "0", "--steps", "512")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TABRL_DATABASE_URL", f"sqlite:///{tmp_path / 'tabrl.db'}")
    monkeypatch.setenv("TABRL_DATA", str(tmp_path))
    made = Settings()
    upgrade(make_engine(made.database))
    return made


def _job(settings: Settings, *, verified: bool) -> str:
    """A training that waits, with its reward in the store."""
    artifact = exported_for(ROBOT)
    spec = TrainSpec(
        robot=ROBOT.id, artifact_sha256=artifact.sha256, weights=artifact.weights, checks=(MOVES,)
    )
    job, model = training_of(spec, datetime.now(UTC))
    database, clock = make_engine(settings.database), SystemClock()
    SqlJobRepository(database, clock).create_training([job], [model])
    make_blob_store(settings.blobs).put(f"artifacts/{artifact.sha256}.bin", artifact.blob)
    if verified:
        SqlVerifiedArtifacts(database, clock).record(artifact.sha256, ROBOT.id)
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
