"""Parts that hang or lack something: whoever asks them has an answer in seconds."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

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


@pytest.mark.needs_postgres
def test_a_database_that_hangs_is_unavailable_in_seconds(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tabrl.adapters.sql.engine._ANSWER_S", 1.0)
    url = postgres_server.create("hanging")
    engine = make_engine(url)
    upgrade(engine)
    jobs = SqlJobRepository(engine)
    with reading(engine) as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    folder = Path(url.partition("host=")[2])
    server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    with stopped(backend, server):
        began = time.monotonic()
        with pytest.raises(Unavailable) as refused:
            jobs.counts()
        assert refused.value.code == "database_unavailable"
        assert time.monotonic() - began < 8.0
    assert jobs.counts() == {}
    engine.dispose()


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
