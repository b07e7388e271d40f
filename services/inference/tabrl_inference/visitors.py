"""Who connects: let in by a ticket where people log in, and held to what one of them may take."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from tabrl.adapters.owner_limits import OwnerLimits
from tabrl.adapters.web.address import TrustedProxies
from tabrl.domain.people import Ticket
from tabrl.ports import TicketStore
from tabrl_inference.rejections import Rejected, RejectReason


class Pace:
    """So many messages a second, of all connections of a visitor together."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._left = float(per_s)
        self._at = monotonic()

    def delay_s(self) -> float:
        """How long to wait before the next message is read."""
        now = monotonic()
        self._left = min(self._per_s, self._left + (now - self._at) * self._per_s) - 1.0
        self._at = now
        return max(0.0, -self._left / self._per_s)


@dataclass
class Visitor:
    """An owner or an address with what they have open."""

    pace: Pace | None
    connections: int = 0

    def delay_s(self) -> float:
        """How long to wait before the next message is looked at."""
        return 0.0 if self.pace is None else self.pace.delay_s()


@dataclass(frozen=True)
class Visitors:
    """Everybody who is connected, by their key: an owner where people log in, else an address.

    `tickets` is None where nobody logs in.
    """

    tickets: TicketStore | None = None
    proxies: TrustedProxies = field(default_factory=lambda: TrustedProxies(()))
    limits: OwnerLimits = field(default_factory=OwnerLimits)
    _present: dict[str, Visitor] = field(default_factory=dict)

    async def ticket(self, secret: str) -> Ticket | None:
        """What a ticket is for. Raises `Unavailable` if the tickets cannot be looked into."""
        assert self.tickets is not None
        return await asyncio.to_thread(self.tickets.redeem, secret)

    @contextmanager
    def joined(self, key: str) -> Iterator[Visitor]:
        """Count one more connection while the block runs.

        Raises `Rejected` (`too_many_connections`) if it is one too many.
        """
        pace = None if self.limits.messages is None else Pace(self.limits.messages)
        visitor = self._present.setdefault(key, Visitor(pace))
        most = self.limits.connections
        if most is not None and visitor.connections >= most:
            raise Rejected(
                RejectReason.TOO_MANY_CONNECTIONS,
                f"At most {most} connections may be open at a time; close one.",
            )
        visitor.connections += 1
        try:
            yield visitor
        finally:
            visitor.connections -= 1
            if not visitor.connections:
                del self._present[key]
