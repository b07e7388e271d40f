"""Verified artifacts in memory."""

from __future__ import annotations

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
