"""A pool with a gate: nobody waits for a database that somebody has waited for in vain.

A question to a server that does not answer takes seconds, and so would each of the hundred after
it. From the first failure on all others fail at once, until a thread that asks by itself has an
answer.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import Any

from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import PoolProxiedConnection

from tabrl.adapters.logs import logger
from tabrl.domain.errors import Unavailable

ASK_EVERY_S = 0.25
DOUBT_S = 0.3  # a backend that died is replaced within that, and nobody is refused for it


class GatedPool(QueuePool):
    """Connections for whoever would rather be refused than wait; see `guard`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._lock = threading.Lock()
        self._doubted_at: float | None = None

    def connect(self) -> PoolProxiedConnection:
        """A connection. Raises `Unavailable` while the gate is closed."""
        since = self._doubted_at
        if since is not None and time.monotonic() - since > DOUBT_S:
            raise Unavailable("The database does not answer.", code="database_unavailable")
        return super().connect()

    def doubt(self) -> None:
        """Somebody had no answer: find out whether there is one."""
        with self._lock:
            if self._doubted_at is not None:
                return
            self._doubted_at = time.monotonic()
        threading.Thread(target=self._ask, name="database-gate", daemon=True).start()

    def _ask(self) -> None:
        refused = False
        while not self._answers():
            if not refused:
                logger.warning("the database does not answer: requests are refused until it does")
            refused = True
            time.sleep(ASK_EVERY_S)
        self._doubted_at = None
        if refused:
            logger.info("the database answers again")

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
            engine.pool.doubt()

    event.listen(engine, "handle_error", failed)
