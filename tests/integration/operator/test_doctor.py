"""The doctor beside real stores, as an operator runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.migrate import upgrade
from tabrl_api.operator.findings import Level
from tabrl_api.operator.stores import database, disk, queue, robots, store
from tests.support.servers.redis import RedisServer


@pytest.mark.needs_postgres
def test_databases_are_those_of_this_version(tmp_path: Path, postgres_url: str) -> None:
    settings = Settings(data=tmp_path)
    (empty,) = database(settings)
    assert (empty.level, "no tables yet" in empty.text) == (Level.BAD, True)
    engine = make_engine(settings.database)
    upgrade(engine)
    for url in (settings.database, postgres_url):
        (found,) = database(Settings(database_url=url))
        assert found.level is Level.GOOD, found.text
        assert re.search(r"tables at revision \d+", found.text)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    (old,) = database(settings)
    assert (old.level, "tables at revision 0001" in old.text) == (Level.BAD, True)


def test_redis_must_not_evict(redis_server: RedisServer, tmp_path: Path) -> None:
    (found,) = queue(Settings(redis_url=redis_server.url))
    assert found.level is Level.GOOD
    assert "waiting: 0 rewards, 0 trainings" in found.text
    (gone,) = queue(Settings(redis_url=f"unix://{tmp_path}/nowhere.sock"))
    assert gone.level is Level.BAD


def test_a_store_is_tried(tmp_path: Path, s3_url: str) -> None:
    for url in (s3_url, (tmp_path / "objects").as_uri()):
        (found,) = store(Settings(blob_url=url))
        assert found.level is Level.GOOD, found.text
    assert [*(tmp_path / "objects").rglob("*")] == [tmp_path / "objects/doctor"]
    (room,) = disk(Settings(data=tmp_path / "not/yet"))
    assert str(tmp_path) in room.text
    assert {one.level for one in robots(Settings(data=tmp_path))} == {Level.NOTE}


def test_one_screen_tells_everything_and_the_exit_code_whether_it_is_well(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    environment = {
        **os.environ,
        "TABRL_DATA": str(tmp_path),
        "TABRL_REDIS_URL": redis_server.url,
        "TABRL_PORT": "9",
        "TABRL_INFERENCE_URL": "ws://127.0.0.1:9",
        "OPENAI_API_KEY": "SECRET",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tabrl_api.operator", "doctor", "--part=trainer=http://127.0.0.1:9"],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert "SECRET" not in ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert len(lines) <= 25
    for part in ("data", "database", "redis", "store", "api", "inference", "trainer"):
        assert [line for line in lines if line[2:].startswith(part)], part
    assert lines[-1].endswith("to be seen to")
