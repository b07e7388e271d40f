"""Wiring: which adapter stands behind each port. Nothing here opens a connection."""

from __future__ import annotations

from functools import partial

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import CeleryTaskQueue
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import ApiMetrics, PartMetrics, service_registry
from tabrl.adapters.metrics.overview import SystemOverview
from tabrl.adapters.observed import (
    ObservedBlobStore,
    ObservedEventBus,
    ObservedTaskQueue,
    observe_engine,
)
from tabrl.adapters.owner_limits import OwnerLimits
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.redis_tickets import RedisTicketStore
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.event_archive import SqlEventArchive
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.people import SqlShareRepository, SqlTokenRepository
from tabrl.adapters.sql.retention import SqlRetentionRepository
from tabrl.adapters.sql.sources import SqlSourceRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.adapters.tracing import make_tracing
from tabrl.embodiments.robot_catalog import RegisteredRobots
from tabrl.ports import RobotCatalog
from tabrl_api.context import AppContext
from tabrl_api.jobs.gated import GatedEventBus, GatedTaskQueue, queue_gate
from tabrl_api.models.exports import HttpExporter
from tabrl_api.models.inference import InferenceServers
from tabrl_api.people.requests import request_limiter
from tabrl_api.progress import RedisProgress

STORE_S = 3.0  # a request waits no longer for the store


def wire(settings: Settings, *, robots: RobotCatalog | None = None) -> AppContext:
    """The real adapters behind the URLs of the settings."""
    clock = SystemClock()
    registry = service_registry("api")
    parts = PartMetrics(registry)
    queue = ObservedTaskQueue(CeleryTaskQueue(settings), parts)
    gate = queue_gate(queue)
    keeping = observe_engine(make_engine(settings.database), parts)  # deletes at leisure
    engine = observe_engine(make_engine(settings.database, hasty=True), parts)
    return AppContext(
        settings=settings,
        clock=clock,
        jobs=SqlJobRepository(engine),
        tasks=SqlTaskRepository(engine),
        sources=SqlSourceRepository(engine),
        models=SqlModelRepository(engine, clock),
        tokens=SqlTokenRepository(engine, clock),
        shares=SqlShareRepository(engine, clock),
        tickets=RedisTicketStore(settings.redis_url),
        requests=request_limiter(OwnerLimits.of(settings).requests, settings.redis_url),
        retention=SqlRetentionRepository(keeping, clock),
        archive=SqlEventArchive(keeping, clock),
        blobs=ObservedBlobStore(make_blob_store(settings.blobs, answer_s=STORE_S), parts),
        bus=GatedEventBus(ObservedEventBus(RedisEventBus(settings.redis_url), parts), gate),
        queue=GatedTaskQueue(queue, gate),
        progress=RedisProgress(settings.redis_url),
        robots=robots or RegisteredRobots(),
        inference=InferenceServers(settings.inference),
        exporter=HttpExporter(settings.exporter),
        registry=registry,
        metrics=ApiMetrics(registry),
        overview=SystemOverview(engine, settings.redis_url, clock),
        tracing=make_tracing("api"),
        migrate=partial(upgrade, engine),
    )
