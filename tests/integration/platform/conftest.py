"""Every store behind the same fixture, so that one suite runs against each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tabrl.adapters.sql.engine import make_engine, writing
from tabrl.adapters.sql.event_archive import SqlEventArchive
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.retention import SqlRetentionRepository
from tabrl.adapters.sql.sources import SqlSourceRepository
from tabrl.adapters.sql.tables import metadata
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.ports import (
    EventArchive,
    JobRepository,
    ModelRepository,
    RetentionRepository,
    SourceRepository,
    TaskRepository,
)
from tests.support.servers.postgres import PostgresServer
from tests.twins import (
    ManualClock,
    MemoryDatabase,
    MemoryEventArchive,
    MemoryJobRepository,
    MemoryModelRepository,
    MemoryRetentionRepository,
    MemorySourceRepository,
    MemoryTaskRepository,
)


@dataclass(frozen=True)
class Store:
    """All repositories over one database, and the clock they read."""

    clock: ManualClock
    jobs: JobRepository
    tasks: TaskRepository
    sources: SourceRepository
    models: ModelRepository
    retention: RetentionRepository
    archive: EventArchive


def sql_store(engine: Engine) -> Store:
    """A store in SQL."""
    clock = ManualClock()
    return Store(
        clock=clock,
        jobs=SqlJobRepository(engine, clock),
        tasks=SqlTaskRepository(engine, clock),
        sources=SqlSourceRepository(engine),
        models=SqlModelRepository(engine, clock),
        retention=SqlRetentionRepository(engine, clock),
        archive=SqlEventArchive(engine, clock),
    )


def memory_store() -> Store:
    """A store in memory."""
    clock = ManualClock()
    database = MemoryDatabase(clock)
    return Store(
        clock=clock,
        jobs=MemoryJobRepository(database),
        tasks=MemoryTaskRepository(database),
        sources=MemorySourceRepository(database),
        models=MemoryModelRepository(database),
        retention=MemoryRetentionRepository(database),
        archive=MemoryEventArchive(database),
    )


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """A migrated database."""
    url = postgres_server.create("platform")
    upgrade(make_engine(url))
    return url


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """A migrated, empty PostgreSQL database."""
    engine = make_engine(postgres_url)
    with writing(engine) as connection:
        names = ", ".join(metadata.tables)
        connection.execute(text(f"TRUNCATE {names}"))
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty SQLite database."""
    engine = make_engine(f"sqlite:///{tmp_path}/platform.db")
    upgrade(engine)
    yield engine
    engine.dispose()


_POSTGRES = pytest.param("postgres_engine", marks=pytest.mark.needs_postgres, id="postgres")


@pytest.fixture(params=[pytest.param("sqlite_engine", id="sqlite"), _POSTGRES])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each SQL database in turn."""
    engine = request.getfixturevalue(request.param)
    assert isinstance(engine, Engine)
    return engine


@pytest.fixture(
    params=[
        pytest.param("memory", id="memory"),
        pytest.param("sqlite_engine", id="sqlite"),
        _POSTGRES,
    ]
)
def store(request: pytest.FixtureRequest) -> Store:
    """Each kind of store in turn."""
    if request.param == "memory":
        return memory_store()
    return sql_store(request.getfixturevalue(request.param))
