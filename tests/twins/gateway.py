"""The gateway over in-memory twins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from prometheus_client import CollectorRegistry

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import ApiMetrics
from tabrl.adapters.settings import Settings
from tabrl.embodiments.robot_catalog import RegisteredRobots
from tabrl.ports import Clock, RobotCatalog
from tabrl.ports.events import EventBus, StoredEvent
from tabrl_api.context import AppContext
from tests.twins.database import MemoryDatabase
from tests.twins.jobs import MemoryJobRepository
from tests.twins.models import MemoryModelRepository
from tests.twins.retention import MemoryEventArchive, MemoryRetentionRepository
from tests.twins.streams import MemoryBlobStore, MemoryEventBus, MemoryTaskQueue
from tests.twins.tasks import MemorySourceRepository, MemoryTaskRepository


def wire_in_memory(
    settings: Settings, *, clock: Clock | None = None, robots: RobotCatalog | None = None
) -> AppContext:
    """What `tabrl_api.bootstrap.wire` gives, with a twin behind each port."""
    database = MemoryDatabase(clock or SystemClock())
    bus = MemoryEventBus()
    registry = CollectorRegistry()
    return AppContext(
        settings=settings,
        clock=database.clock,
        jobs=MemoryJobRepository(database),
        tasks=MemoryTaskRepository(database),
        sources=MemorySourceRepository(database),
        models=MemoryModelRepository(database),
        retention=MemoryRetentionRepository(database),
        archive=MemoryEventArchive(database),
        blobs=MemoryBlobStore(),
        bus=bus,
        queue=MemoryTaskQueue(),
        progress=PolledProgress(bus),
        robots=robots or RegisteredRobots(),
        registry=registry,
        metrics=ApiMetrics(registry),
        migrate=lambda: None,
    )


class PolledProgress:
    """Follows any `EventBus` by asking it; enough for the one in memory."""

    def __init__(self, bus: EventBus, pause_s: float = 0.02) -> None:
        self._bus = bus
        self._pause_s = pause_s

    async def start(self) -> None:
        """Nothing to prepare."""

    async def stop(self) -> None:
        """Nothing to release."""

    async def follow(self, job_id: str, after: str) -> AsyncIterator[StoredEvent | None]:
        """Events behind `after`, then new ones as they come."""
        last = after
        while True:
            entries = self._bus.read(job_id, last)
            for entry in entries:
                last = entry.id
                yield entry
            if not entries:
                yield None
                await asyncio.sleep(self._pause_s)
