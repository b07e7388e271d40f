"""The gateway over in-memory twins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from limits.storage import MemoryStorage
from opentelemetry.trace import NoOpTracer
from prometheus_client import CollectorRegistry

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import ApiMetrics
from tabrl.adapters.metrics.overview import Ages, RedisMemory
from tabrl.adapters.owner_limits import OwnerLimits
from tabrl.adapters.settings import Settings
from tabrl.adapters.tracing import Tracing
from tabrl.domain.jobs import LEASED, JobKind, JobState
from tabrl.embodiments.robot_catalog import RegisteredRobots
from tabrl.ports import Clock, RobotCatalog
from tabrl.ports.events import EventBus, StoredEvent
from tabrl_api.context import AppContext
from tabrl_api.models.exports import HttpExporter
from tabrl_api.models.inference import InferenceServers
from tabrl_api.people.requests import NoRequestLimiter, SlidingRequestLimiter
from tests.twins.database import MemoryDatabase
from tests.twins.jobs import MemoryJobRepository
from tests.twins.models import MemoryModelRepository
from tests.twins.people import MemoryShareRepository, MemoryTicketStore, MemoryTokenRepository
from tests.twins.retention import MemoryEventArchive, MemoryRetentionRepository
from tests.twins.streams import MemoryBlobStore, MemoryEventBus, MemoryTaskQueue
from tests.twins.tasks import MemorySourceRepository, MemoryTaskRepository


def wire_in_memory(
    settings: Settings,
    *,
    clock: Clock | None = None,
    robots: RobotCatalog | None = None,
    tracing: Tracing | None = None,
) -> AppContext:
    """What `tabrl_api.bootstrap.wire` gives, with a twin behind each port."""
    database = MemoryDatabase(clock or SystemClock())
    bus = MemoryEventBus()
    registry = CollectorRegistry()
    per_minute = OwnerLimits.of(settings).requests
    return AppContext(
        settings=settings,
        clock=database.clock,
        jobs=MemoryJobRepository(database),
        tasks=MemoryTaskRepository(database),
        sources=MemorySourceRepository(database),
        models=MemoryModelRepository(database),
        tokens=MemoryTokenRepository(database),
        shares=MemoryShareRepository(),
        tickets=MemoryTicketStore(),
        requests=NoRequestLimiter()
        if per_minute is None
        else SlidingRequestLimiter(per_minute, MemoryStorage()),
        retention=MemoryRetentionRepository(database),
        archive=MemoryEventArchive(database),
        blobs=MemoryBlobStore(),
        bus=bus,
        queue=MemoryTaskQueue(),
        progress=PolledProgress(bus),
        inference=InferenceServers(settings.inference),
        exporter=HttpExporter(settings.exporter),
        robots=robots or RegisteredRobots(),
        registry=registry,
        metrics=ApiMetrics(registry),
        overview=MemoryOverview(database),
        tracing=tracing or Tracing(NoOpTracer()),
        migrate=lambda: None,
    )


class MemoryOverview:
    """An `Overview` of the database in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database

    def ages(self) -> Mapping[JobKind, Ages]:
        """By the jobs themselves."""
        now = self._db.clock.now()
        with self._db.lock:
            jobs = list(self._db.jobs.values())

        def oldest(kind: JobKind, waiting: bool) -> float:
            since = [
                job.queued_at if waiting else job.started_at or now
                for job in jobs
                if job.kind is kind
                and (job.state is JobState.QUEUED if waiting else job.state in LEASED)
            ]
            return max(((now - then).total_seconds() for then in since), default=0.0)

        return {kind: Ages(oldest(kind, True), oldest(kind, False)) for kind in JobKind}

    def redis_memory(self) -> RedisMemory:
        """There is none."""
        return RedisMemory(0, 0)


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
