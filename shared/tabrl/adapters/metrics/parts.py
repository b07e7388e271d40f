"""What a service observes of the parts it talks to: database, Redis, queue and object store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tabrl.domain.errors import Unavailable

Part = Literal["database", "redis", "queue", "store"]
PARTS: tuple[Part, ...] = ("database", "redis", "queue", "store")
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class PartMetrics:
    """Calls of one process to its parts, and the connections it holds to the database."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.call_seconds = Histogram(
            "tabrl_part_call_seconds", "Calls to a part, however they ended.",
            ["part", "operation"], buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.failures = Counter(
            "tabrl_part_failures", "Calls that a part did not answer.", ["part"], registry=registry
        )
        self.pool_used = Gauge(
            "tabrl_db_pool_used", "Connections to the database in use.", registry=registry
        )
        self.pool_size = Gauge(
            "tabrl_db_pool_size", "Connections to the database that are kept open.",
            registry=registry,
        )  # fmt: skip
        for part in PARTS:  # so that a rate is zero, not absent, before the first failure
            self.failures.labels(part)

    @contextmanager
    def call(self, part: Part, operation: str) -> Iterator[None]:
        """Observe the call in the block; `Unavailable` counts as a failure."""
        started = time.monotonic()
        try:
            yield
        except Unavailable:
            self.failures.labels(part).inc()
            raise
        finally:
            self.call_seconds.labels(part, operation).observe(time.monotonic() - started)
