"""Verified artifacts in memory."""

from __future__ import annotations

from tabrl.ports.artifacts import not_verified, outdated, refused
from tests.twins.database import MemoryDatabase


class MemoryVerifiedArtifacts:
    """A `VerifiedArtifacts` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database

    def record(self, sha256: str, robot: str) -> None:
        """Keep a hash; see the port."""
        with self._db.lock:
            self._db.verified.setdefault(sha256, robot)

    def is_verified(self, sha256: str) -> bool:
        """Whether the hash was recorded."""
        with self._db.lock:
            return sha256 in self._db.verified

    def current(self, sha256: str) -> str:
        """The artifact to load in its place; see the port."""
        with self._db.lock:
            while (verdict := self._db.verdicts.get(sha256)) is not None:
                if verdict.refused:
                    raise refused(verdict.refused)
                if not verdict.replaced_by:
                    raise outdated()
                sha256 = verdict.replaced_by
        if not self.is_verified(sha256):
            raise not_verified()
        return sha256
