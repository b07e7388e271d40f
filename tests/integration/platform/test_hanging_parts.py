"""Parts that hang or lack something: whoever asks them has an answer in seconds."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.sql.engine import make_engine, reading
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.domain.errors import Conflict, NotFound, Unavailable
from tests.support.servers.poor_store import poor_store
from tests.support.servers.postgres import PostgresServer


@contextmanager
def stopped(*processes: int) -> Iterator[None]:
    """Hold processes still, as a machine that swaps or a network that swallows everything."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@dataclass(frozen=True)
class Hanging:
    """A database whose server and backends can be stopped."""

    engine: Engine
    processes: tuple[int, int]

    @classmethod
    def of(cls, server: PostgresServer, name: str, *, hasty: bool = False) -> Hanging:
        url = server.create(name)
        engine = make_engine(url, hasty=hasty)
        upgrade(engine)
        with reading(engine) as connection:
            backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        pids = (Path(url.partition("host=")[2]) / "data" / "postmaster.pid").read_text()
        return cls(engine, (int(backend), int(pids.split()[0])))


def refused_in(jobs: SqlJobRepository) -> float:
    """Seconds until it is said that there is no answer."""
    began = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        jobs.counts()
    assert refused.value.code == "database_unavailable"
    return time.monotonic() - began


@pytest.mark.needs_postgres
def test_a_database_that_hangs_is_unavailable_in_seconds(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tabrl.adapters.sql.engine._ANSWER_S", 1.0)
    hanging = Hanging.of(postgres_server, "hanging")
    jobs = SqlJobRepository(hanging.engine)
    with stopped(*hanging.processes):
        assert refused_in(jobs) < 8.0
    assert jobs.counts() == {}
    hanging.engine.dispose()


@pytest.mark.needs_postgres
def test_who_is_in_haste_waits_once_and_is_then_refused_at_once(
    postgres_server: PostgresServer,
) -> None:
    hanging = Hanging.of(postgres_server, "hasty", hasty=True)
    jobs = SqlJobRepository(hanging.engine)
    with stopped(*hanging.processes):
        refused_in(jobs)
        for _ in range(20):
            assert refused_in(jobs) < 0.5
    ends = time.monotonic() + 30.0
    while True:
        try:
            assert jobs.counts() == {}
            break
        except Unavailable:
            assert time.monotonic() < ends, "it is refused for ever"
            time.sleep(0.05)
    hanging.engine.dispose()


@pytest.mark.needs_postgres
def test_nobody_is_refused_for_a_backend_that_died(postgres_server: PostgresServer) -> None:
    hanging = Hanging.of(postgres_server, "dying", hasty=True)
    jobs = SqlJobRepository(hanging.engine)
    with reading(make_engine(postgres_server.url("dying"))) as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": hanging.processes[0]})
    assert jobs.counts() == {}
    hanging.engine.dispose()


def test_a_store_that_hangs_or_refuses_is_unavailable_in_seconds() -> None:
    with poor_store() as (server, url):
        blobs = make_blob_store(url, answer_s=1.0)
        blobs.put("k", b"v")
        server.status = 403
        with pytest.raises(Unavailable) as refused:
            blobs.get("k")
        assert refused.value.code == "blob_store_unavailable"
        server.status, server.hangs = None, True
        began = time.monotonic()
        with pytest.raises(Unavailable):
            blobs.exists("k")
        assert time.monotonic() - began < 8.0


def test_a_store_without_conditional_put_does_without() -> None:
    with poor_store() as (server, url):
        server.conditional = False
        blobs = make_blob_store(url)
        for key in ("a", "b"):
            blobs.put(key, b"first")
            with pytest.raises(Conflict) as refused:
                blobs.put(key, b"second")
            assert refused.value.code == "blob_exists"
            assert blobs.get(key) == b"first"
        with pytest.raises(NotFound):
            blobs.get("c")
