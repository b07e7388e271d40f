"""The system's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Aware UTC time. Hosts that share a database are expected to run NTP (leases last 15 s)."""

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)
