"""Connections to PostgreSQL for whoever would rather be refused than wait."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import PoolProxiedConnection

from tabrl.adapters.gate import Gate
from tabrl.domain.errors import Unavailable


class GatedPool(QueuePool):
    """A pool behind a gate; `guard` closes it when the database is gone."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.gate = Gate("the database", self._answers)

    def connect(self) -> PoolProxiedConnection:
        """A connection. Raises `Unavailable` while the gate is closed."""
        if self.gate.closed:
            raise Unavailable("The database does not answer.", code="database_unavailable")
        return super().connect()

    def _answers(self) -> bool:
        try:
            with closing(super().connect()) as connection, closing(connection.cursor()) as cursor:
                cursor.execute("SELECT 1")
        except Exception:  # whatever it is, it is no answer
            return False
        return True


def guard(engine: Engine) -> None:
    """Have an engine with a `GatedPool` close its gate when the database is gone."""

    def failed(context: ExceptionContext) -> None:
        unreachable = context.connection is None  # the failure was to connect
        if (context.is_disconnect or unreachable) and isinstance(engine.pool, GatedPool):
            engine.pool.gate.doubt()

    event.listen(engine, "handle_error", failed)
