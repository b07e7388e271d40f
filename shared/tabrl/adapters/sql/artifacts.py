"""Verified artifacts: written by reward workers, read by trainers."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.tables import verified_artifacts as table
from tabrl.ports.artifacts import not_verified, outdated, refused
from tabrl.ports.queue import Clock
from tabrl.rewards.limits import VERIFIER


class SqlVerifiedArtifacts:
    """A `VerifiedArtifacts` in SQLite or PostgreSQL.

    Rows of another version of the verifier do not count: after an upgrade reward workers build
    those artifacts again from their sources (see `outdated`).
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

    def current(self, sha256: str) -> str:
        """The artifact to load in its place; see the port."""
        seen: set[str] = set()
        columns = (table.c.verifier, table.c.replaced_by, table.c.refused)
        with reading(self._engine) as connection:
            while sha256 not in seen:
                seen.add(sha256)
                query = select(*columns).where(table.c.sha256 == sha256)
                row = connection.execute(query).one_or_none()
                if row is None:
                    raise not_verified()
                if row.verifier == VERIFIER:
                    return sha256
                if row.refused is not None:
                    raise refused(row.refused)
                if row.replaced_by is None:
                    raise outdated()
                sha256 = row.replaced_by
        raise not_verified()
