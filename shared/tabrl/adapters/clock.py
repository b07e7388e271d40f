"""The system's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Aware UTC time. No lease and no queue goes by it: those ask the database (`DatabaseTime`)."""

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)
