"""Wiring: which parts stand behind the handler. Nothing here opens a connection.

No repository of tasks, candidates or sources is built here: a trainer knows job and model rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from celery import Celery  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import make_celery
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.worker import JobRunner
from tabrl.ports import BlobStore
from tabrl.robots import list_robots
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.job import TrainingHandler
from tabrl_trainer.pretrained import load_pretrained


@dataclass(frozen=True)
class Trainer:
    """The wired service."""

    settings: Settings
    app: Celery
    runner: JobRunner
    blobs: BlobStore
    engines: Mapping[str, TrainingContext]
    registry: CollectorRegistry


def wire(settings: Settings) -> Trainer:
    """The real parts behind the URLs of the settings."""
    clock = SystemClock()
    database = make_engine(settings.database)
    blobs = make_blob_store(settings.blobs)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    engines = {
        robot.id: TrainingContext(robot, load_pretrained(robot.id), settings.simulator)
        for robot in list_robots()
    }
    runner = JobRunner(
        TrainingHandler(
            engines,
            blobs,
            SqlModelRepository(database, clock),
            SqlVerifiedArtifacts(database, clock),
        ),
        jobs=SqlJobRepository(database, clock),
        bus=RedisEventBus(settings.redis_url),
        clock=clock,
        metrics=WorkerMetrics(registry),
        settings=settings,
    )
    return Trainer(settings, make_celery(settings), runner, blobs, engines, registry)
