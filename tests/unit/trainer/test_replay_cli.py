"""`tabrl-replay` on a database and a store of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.contracts.training import TrainingRecord
from tabrl.domain.jobs import JobState
from tabrl_trainer.replay_cli import main
from tests.support.factories import train_result, training


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqlJobRepository:
    url = f"sqlite:///{tmp_path / 'tabrl.db'}"
    monkeypatch.setenv("TABRL_DATABASE_URL", url)
    monkeypatch.setenv("TABRL_DATA", str(tmp_path))
    engine = make_engine(url)
    upgrade(engine)
    return SqlJobRepository(engine, SystemClock())


def test_an_unknown_job_and_one_without_a_schedule_are_named(
    jobs: SqlJobRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["job_aaaaaaaaaaaaaaaa"]) == 1
    assert "tabrl-replay: " in capsys.readouterr().err
    job, model = training(datetime.now(UTC))
    jobs.create_training([job], [model])
    assert main([job.id]) == 1
    error = capsys.readouterr().err
    assert job.id in error
    assert "only trainings that succeeded" in error


@pytest.mark.parametrize(
    ("known", "said"), [(False, "was never verified"), (True, "not the one that was checked")]
)
def test_only_a_reward_that_was_verified_is_done_again(
    jobs: SqlJobRepository, capsys: pytest.CaptureFixture[str], known: bool, said: str
) -> None:
    job, model = training(datetime.now(UTC))
    assert job.spec is not None
    sha256 = job.spec.artifact_sha256
    jobs.create_training([job], [model])
    claimed = jobs.claim(job.id, 60.0, 1)
    assert claimed is not None
    schedule = TrainingRecord(seed=0, generations=(1,), updates=1, kept=1)
    result = train_result().model_copy(update={"schedule": schedule})
    assert jobs.finish(job.id, claimed.fence, JobState.SUCCEEDED, result=result)
    settings = Settings()
    make_blob_store(settings.blobs).put(f"artifacts/{sha256}.bin", b"something else")
    if known:
        SqlVerifiedArtifacts(make_engine(settings.database), SystemClock()).record(
            sha256, job.robot
        )
    assert main([job.id]) == 1
    assert said in capsys.readouterr().err
