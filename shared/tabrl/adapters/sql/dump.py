"""All rows of a database as JSON lines and back, whatever the database and its version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
)

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.migrate import present_revision, upgrade_within
from tabrl.adapters.sql.tables import Values
from tabrl.domain.errors import Conflict

_VERSION = "alembic_version"
_AT_ONCE = 500


class Dump(NamedTuple):
    """What was written: the revision of the tables, and how many rows each of them has."""

    revision: str
    rows: dict[str, int]


def dump(engine: Engine, folder: Path) -> Dump:
    """Write every table as it is at one moment into `folder/<table>.jsonl`.

    Others may go on writing to the database meanwhile. Raises `Conflict` (code `no_tables`) for a
    database that was never migrated.
    """
    with reading(engine) as connection:
        _freeze(connection)
        revision = present_revision(connection)
        if revision is None:
            raise Conflict("The database has no tables yet.", code="no_tables")
        tables = _tables(connection)
        rows = {table.name: _write(connection, table, folder) for table in tables}
        connection.rollback()
    return Dump(revision, rows)


def load(engine: Engine, folder: Path, revision: str) -> dict[str, int]:
    """Fill an empty database, then bring its tables up to date; returns the rows by table.

    All or nothing. Raises `Conflict` (code `database_not_empty`).
    """
    with writing(engine) as connection:
        raise_unless_empty(connection)
        if present_revision(connection) is None:
            upgrade_within(connection, revision)
        counts = {table.name: _read(connection, table, folder) for table in _tables(connection)}
        upgrade_within(connection, "head")
    return counts


def raise_unless_empty(connection: Connection) -> None:
    """Raises `Conflict` (code `database_not_empty`) if any table holds a row."""
    for table in _tables(connection):
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise Conflict(
                f"The database is not empty: {table.name} holds rows.",
                code="database_not_empty",
                hint="Restore into a new database.",
            )


def stored_rows(folder: Path, table: str) -> Iterator[dict[str, JsonValue]]:
    """The rows of a dumped table as they were written; none if there was no such table."""
    path = folder / f"{table}.jsonl"
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def _freeze(connection: Connection) -> None:
    """From here on the connection sees the database as it is now."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")  # deferred: with the write-ahead log nobody waits
    else:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def _tables(connection: Connection) -> list[Table]:
    """As they are in the database, those first that others refer to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != _VERSION]


def _write(connection: Connection, table: Table, folder: Path) -> int:
    columns, count = [*table.columns], 0
    query = select(table).order_by(*table.primary_key.columns)
    with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8") as lines:
        for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
            values = {c.name: _encoded(v) for c, v in zip(columns, row, strict=True)}
            lines.write(json.dumps(values, ensure_ascii=False) + "\n")
            count += 1
    return count


def _read(connection: Connection, table: Table, folder: Path) -> int:
    for column in table.columns:
        if isinstance(column.type, JSON):
            column.type.none_as_null = True
    rows, count = stored_rows(folder, table.name), 0
    while chunk := [
        _decoded(row, table, connection.dialect.name) for row in islice(rows, _AT_ONCE)
    ]:
        connection.execute(insert(table), chunk)
        count += len(chunk)
    if connection.dialect.name == "postgresql":
        _go_on_counting(connection, table)
    return count


def _go_on_counting(connection: Connection, table: Table) -> None:
    """The next number of a column that counts by itself is behind those just inserted."""
    for column in table.primary_key.columns:
        if not isinstance(column.type, Integer):
            continue
        named = {"table": table.name, "column": column.name}
        query = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.execute(query, named).scalar_one()
        highest = connection.execute(select(func.max(column))).scalar_one()
        if sequence is not None and highest is not None:
            connection.execute(select(func.setval(sequence, highest)))


def _encoded(value: object) -> object:
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat()
    return value


def _decoded(row: dict[str, JsonValue], table: Table, dialect: str) -> Values:
    return {name: _value(table.columns[name], value, dialect) for name, value in row.items()}


def _value(column: Column[object], value: JsonValue, dialect: str) -> object:
    if value is None or not isinstance(column.type, DateTime):
        return value
    moment = datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=None) if dialect == "sqlite" else moment
