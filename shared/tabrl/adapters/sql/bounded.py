"""Connections to PostgreSQL that give up on a server which hangs instead of refusing.

The server's own timeouts do not help against a server that is stopped, or a network that swallows
everything.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import OperationalError, _WaitTimeout
from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import PoolProxiedConnection

from tabrl.adapters.gate import Gate
from tabrl.domain.errors import Unavailable

_Answer = TypeVar("_Answer")


class BoundedConnection(psycopg.Connection[tuple[object, ...]]):
    """Closed as soon as an answer takes longer than `answer_s`; None: it may take any time."""

    answer_s: float | None = None

    def wait(
        self, gen: PQGen[_Answer], interval: float = 0.1, timeout: float | None = None
    ) -> _Answer:
        """The answer. Raises `OperationalError`."""
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except _WaitTimeout:
            self.pgconn.finish()  # whatever comes now belongs to a question nobody asks any more
            raise OperationalError("the server does not answer") from None


class GatedPool(QueuePool):
    """For whoever would rather be refused than wait; `guard` closes it if the database is gone."""

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
