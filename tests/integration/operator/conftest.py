"""Databases to keep and to lose."""

from __future__ import annotations

import uuid

import pytest

from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.migrate import upgrade
from tests.support.servers.postgres import PostgresServer


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """A migrated, empty PostgreSQL database of the test's own."""
    url = postgres_server.create(f"operator_{uuid.uuid4().hex[:8]}")
    upgrade(make_engine(url))
    return url
