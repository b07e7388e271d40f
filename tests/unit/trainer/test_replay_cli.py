"""`tabrl-replay` on a database and a store of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl_trainer.replay_cli import main
from tests.support.factories import training


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
