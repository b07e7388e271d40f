"""A connection to PostgreSQL that gives up on a server which hangs instead of refusing.

The server's own timeouts do not help against a server that is stopped, or a network that swallows
everything.
"""

from __future__ import annotations

from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import OperationalError, _WaitTimeout

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
