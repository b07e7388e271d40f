"""Wiring: which adapter stands behind each port. Nothing here opens a connection."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import CeleryTaskQueue
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import ApiMetrics
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.event_archive import SqlEventArchive
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.retention import SqlRetentionRepository
from tabrl.adapters.sql.sources import SqlSourceRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.embodiments.robot_catalog import RegisteredRobots
from tabrl.ports import RobotCatalog
from tabrl_api.context import AppContext
from tabrl_api.progress import RedisProgress


def wire(settings: Settings, *, robots: RobotCatalog | None = None) -> AppContext:
    """The real adapters behind the URLs of the settings."""
    clock = SystemClock()
    engine = make_engine(settings.database)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return AppContext(
        settings=settings,
        clock=clock,
        jobs=SqlJobRepository(engine, clock),
        tasks=SqlTaskRepository(engine, clock),
        sources=SqlSourceRepository(engine),
        models=SqlModelRepository(engine, clock),
        retention=SqlRetentionRepository(engine, clock),
        archive=SqlEventArchive(engine, clock),
        blobs=make_blob_store(settings.blobs),
        bus=RedisEventBus(settings.redis_url),
        queue=CeleryTaskQueue(settings),
        progress=RedisProgress(settings.redis_url),
        robots=robots or RegisteredRobots(),
        registry=registry,
        metrics=ApiMetrics(registry),
        migrate=partial(upgrade, engine),
    )
