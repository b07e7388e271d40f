"""The log-in that docker-compose gives trainer and inference, on a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.migrate import upgrade
from tests.support.missing import missing
from tests.support.servers.postgres import PostgresServer

ROLES = Path(__file__).resolve().parents[3] / "deploy" / "postgres" / "roles.sql"


@pytest.fixture
def runner_url(postgres_server: PostgresServer) -> str:
    """A migrated database, as the runner's log-in sees it."""
    database = "compose"
    owner = postgres_server.create(database)
    psql = shutil.which("psql") or missing("psql", "postgresql")
    folder = owner.split("host=")[1]
    subprocess.run(
        [psql, "--set", "ON_ERROR_STOP=1", "-h", folder, "-U", "tabrl", "-d", database],
        stdin=ROLES.open(),
        env={**os.environ, "RUNNER_PASSWORD": "it's"},
        check=True,
    )
    upgrade(make_engine(owner))
    return postgres_server.url(database, "tabrl_runner")


def test_the_runner_sees_jobs_and_no_generated_source(runner_url: str) -> None:
    engine = make_engine(runner_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM jobs")).scalar_one() == 0
    for table in ("tasks", "candidates", "candidate_sources"):
        with engine.connect() as connection, pytest.raises(ProgrammingError, match="denied"):
            connection.execute(text(f"SELECT * FROM {table}"))
    engine.dispose()
