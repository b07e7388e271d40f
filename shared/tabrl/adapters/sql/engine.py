"""Engines that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from tabrl.domain.errors import Unavailable

_READ_ONLY = "tabrl_read_only"
_BUSY_S = 15.0  # on SQLite, whose writers wait for each other
_CONNECT_S = 2
_HASTY_S = 2.0
_ANSWER_S = 8.0  # for one statement; longer than any takes by far


def make_engine(url: str, *, hasty: bool = False) -> Engine:
    """An engine for `sqlite:///…` or `postgresql+psycopg://…`; connects on first use.

    A `hasty` one is for who waits at a page: it gives up on PostgreSQL sooner, and once that hangs
    refuses at once until it answers again.
    """
    parsed = make_url(url)
    # Statement parameters hold prompts and sources: they must not end up in error messages.
    if parsed.get_backend_name() != "sqlite":
        return _make_postgres_engine(parsed, hasty)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": _BUSY_S})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _make_postgres_engine(url: URL, hasty: bool) -> Engine:
    from tabrl.adapters.sql.bounded import GatedPool, guard  # only where there is PostgreSQL

    answer_s = _HASTY_S if hasty else _ANSWER_S
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=GatedPool if hasty else QueuePool,
        pool_pre_ping=True,
        pool_timeout=answer_s,
        connect_args={
            "connect_timeout": _CONNECT_S,
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "options": f"-c statement_timeout={answer_s * 1000:.0f}"
            f" -c lock_timeout={answer_s * 1000:.0f}"
            # a client that hangs in a transaction must not hold its rows for ever
            f" -c idle_in_transaction_session_timeout={4 * _ANSWER_S * 1000:.0f}",
        },
    )
    event.listen(engine, "do_connect", partial(_connect_bounded, answer_s))
    if hasty:
        guard(engine)
    return engine


def _connect_bounded(
    answer_s: float, _dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]
) -> DBAPIConnection:
    from tabrl.adapters.sql.bounded import BoundedConnection  # only where there is PostgreSQL

    connection = BoundedConnection.connect(*arguments, **named)
    connection.answer_s = answer_s
    return cast(DBAPIConnection, connection)


@contextmanager
def patient(connection: Connection) -> Iterator[None]:
    """Let statements take as long as they do, such as a migration's or the wait for its turn."""
    driver = connection.connection.driver_connection
    if connection.dialect.name != "postgresql" or driver is None:
        yield
        return
    answer_s, driver.answer_s = driver.answer_s, None
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    try:
        yield
    finally:
        driver.answer_s = answer_s


def _configure_sqlite(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    _write_ahead(cursor)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: DBAPICursor) -> None:
    """Turn the write-ahead log on. Beside another first connection this fails at once, whatever
    the timeout (sqlite.org/wal.html, "sometimes queries return SQLITE_BUSY"): try until it is on.
    """
    give_up = time.monotonic() + _BUSY_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that upgrades from read to write fails at once instead of waiting.
    if not connection.get_execution_options().get(_READ_ONLY):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for queries. Raises `Unavailable` if the database does not answer."""
    with _translated(), engine.connect().execution_options(**{_READ_ONLY: True}) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that commits at the end. Raises `Unavailable` as `reading` does."""
    with _translated(), engine.begin() as connection:
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(
            "All connections to the database are in use.", code="database_unavailable"
        ) from error
    except OperationalError as error:
        raise Unavailable("The database does not answer.", code="database_unavailable") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable(
                "The connection to the database was lost.", code="database_unavailable"
            ) from error
        raise
