"""Generated source, in a table of its own. Trainer and inference may not import this module."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, and_, delete, insert, select

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.job_rows import lock_leased
from tabrl.adapters.sql.tables import candidate_sources as table


class SqlSourceRepository:
    """A `SourceRepository` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, task_id: str, sources: Mapping[int, str], *, job_id: str, fence: int) -> None:
        """Replace the sources of a task; see the port."""
        rows = [{"task_id": task_id, "n": n, "source": text} for n, text in sources.items()]
        with writing(self._engine) as connection:
            lock_leased(connection, job_id, fence)
            connection.execute(delete(table).where(table.c.task_id == task_id))
            if rows:
                connection.execute(insert(table), rows)

    def add(self, task_id: str, n: int, source: str, *, job_id: str, fence: int) -> None:
        """Keep the source of one more candidate; see the port."""
        same = and_(table.c.task_id == task_id, table.c.n == n)
        with writing(self._engine) as connection:
            lock_leased(connection, job_id, fence)
            connection.execute(delete(table).where(same))
            connection.execute(insert(table).values(task_id=task_id, n=n, source=source))

    def get(self, task_id: str) -> dict[int, str]:
        """Source by candidate number; empty if none was written."""
        query = select(table.c.n, table.c.source).where(table.c.task_id == task_id)
        with reading(self._engine) as connection:
            return {row.n: row.source for row in connection.execute(query.order_by(table.c.n))}
