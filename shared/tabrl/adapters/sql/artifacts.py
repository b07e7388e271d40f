"""Verified artifacts: written by reward workers, read by trainers."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.tables import verified_artifacts as table
from tabrl.ports.queue import Clock
from tabrl.rewards.limits import VERIFIER


class SqlVerifiedArtifacts:
    """A `VerifiedArtifacts` in SQLite or PostgreSQL.

    Rows of another version of the verifier do not count: after an upgrade a reward is written
    again.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def record(self, sha256: str, robot: str) -> None:
        """Keep a hash; see the port."""
        if self.is_verified(sha256):
            return
        row = {
            "sha256": sha256,
            "robot": robot,
            "verifier": VERIFIER,
            "created_at": self._clock.now(),
        }
        # Somebody else may record the same artifact at this moment: then it is recorded.
        with suppress(IntegrityError), writing(self._engine) as connection:
            connection.execute(delete(table).where(table.c.sha256 == sha256))
            connection.execute(insert(table).values(row))

    def is_verified(self, sha256: str) -> bool:
        """Whether the present verifier wrote it."""
        query = select(table.c.sha256).where(table.c.sha256 == sha256, table.c.verifier == VERIFIER)
        with reading(self._engine) as connection:
            return connection.execute(query).one_or_none() is not None
