"""Services that several areas share; each starts once, and only if a test asks for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers.postgres import PostgresServer
from tests.support.servers.redis import RedisServer
from tests.support.servers.s3 import s3_server


@pytest.fixture(scope="session")
def redis_session() -> Iterator[RedisServer]:
    """One real Redis for the whole run."""
    # A socket's path may have 107 characters: pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="tabrl-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def redis_server(redis_session: RedisServer) -> RedisServer:
    """A real, empty Redis."""
    redis_session.flush()
    return redis_session


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL without databases of its own."""
    with tempfile.TemporaryDirectory(prefix="tabrl-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = PostgresServer(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """A real S3 protocol, served by moto."""
    with s3_server("tabrl-test") as url:
        yield url
