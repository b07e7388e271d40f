"""The version before this one: its filled database, its workers beside ours, and the way back."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.servers.postgres import PostgresServer
from tests.support.servers.redis import RedisServer
from tests.support.workers.town import PATIENCE_S, Town
from tests.support.workers.version_before import version_before

_POSTGRES = pytest.param("postgres", marks=pytest.mark.needs_postgres)
COUNTED = "attempt 1, fence 1"


@pytest.fixture(params=["sqlite", _POSTGRES])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/town.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create("versions")


@pytest.fixture
def town(redis_server: RedisServer, tmp_path: Path, database_url: str) -> Iterator[Town]:
    with ExitStack() as stack:
        yield Town(redis_server, tmp_path, stack, database_url)


@pytest.fixture
def before(tmp_path: Path) -> dict[str, str]:
    """The environment in which processes are of the version before."""
    return version_before(tmp_path / "before")


def test_an_upgrade_under_way_and_back_loses_nothing(town: Town, before: dict[str, str]) -> None:
    gateway = town.gateway(before)
    town.start("toy_worker", "0.2", environment=before)
    old_log = town.last_log()
    earlier = [town.post(f"earlier {n}") for n in range(3)]
    for task in earlier:
        town.reaches(task["job_id"], "succeeded")
    assert "priority" not in town.job(earlier[0]["job_id"])  # it is that version indeed
    stop(gateway)
    under_way = town.start("toy_worker", "4", environment=before)

    gateway = town.gateway()
    town.worker(0.2)
    new_log = town.last_log()
    tasks = [town.post(f"between {n}") for n in range(20)]
    for task in tasks:
        town.reaches(task["job_id"], "succeeded")
        assert town.job(task["job_id"])["attempt"] == 1
    for log in (old_log, new_log):
        assert COUNTED in log.read_text()
    for task in earlier:
        assert town.http.get(f"/api/tasks/{task['id']}").json()["prompt"] == task["prompt"]
    stop(under_way)

    stop(gateway)
    back = town.start("tabrl_api.operator", "roll-back")
    assert back.wait(PATIENCE_S) == 0, town.last_log().read_text()
    town.gateway(before)
    assert "priority" not in town.job(tasks[0]["job_id"])
    task = town.post("after")
    town.reaches(task["job_id"], "succeeded")
    listed = town.http.get("/api/tasks").json()["tasks"]
    assert {one["id"] for one in (*earlier, *tasks, task)} == {one["id"] for one in listed}


def stop(process: subprocess.Popen[bytes]) -> None:
    """As an upgrade does."""
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE_S)
