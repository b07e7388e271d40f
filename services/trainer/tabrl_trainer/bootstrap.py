"""Wiring: which parts stand behind the handler. Nothing here opens a connection.

No repository of tasks, candidates or sources is built here: a trainer knows job and model rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from celery import Celery  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import make_celery
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.logs import logger
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.operations import Startup
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.worker import JobRunner
from tabrl.ports import BlobStore, JobRepository
from tabrl.robots import Robot
from tabrl.sim.malloc import malloc_trim
from tabrl_trainer.context import TrainingContext, TrainingContexts
from tabrl_trainer.job import TrainingHandler
from tabrl_trainer.pretrained import PretrainedPolicy
from tabrl_trainer.sizes import sizes_for


@dataclass(frozen=True)
class Trainer:
    """The wired service."""

    settings: Settings
    app: Celery
    jobs: JobRepository
    runner: JobRunner
    blobs: BlobStore
    contexts: TrainingContexts
    registry: CollectorRegistry
    startup: Startup


def wire(settings: Settings) -> Trainer:
    """The real parts behind the URLs of the settings."""
    clock = SystemClock()
    database = make_engine(settings.database)
    blobs = make_blob_store(settings.blobs)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)

    startup = Startup()

    def compiling(number: int, count: int) -> None:
        logger.info("compiling %d of %d", number, count)
        if startup.doing is not None:  # else a job waits for a further robot
            startup.compiling(number, count)

    def make_context(robot: Robot, pretrained: PretrainedPolicy) -> TrainingContext:
        context = TrainingContext(
            robot, pretrained, settings.simulator, sizes_for(settings.simulator)
        )
        context.warm_up(before=compiling)
        malloc_trim()
        logger.info("warm: %s", robot.id)
        return context

    contexts = TrainingContexts(make_context)
    jobs = SqlJobRepository(database, clock)
    runner = JobRunner(
        TrainingHandler(
            contexts,
            blobs,
            SqlModelRepository(database, clock),
            SqlVerifiedArtifacts(database, clock),
        ),
        jobs=jobs,
        bus=RedisEventBus(settings.redis_url),
        clock=clock,
        metrics=WorkerMetrics(registry),
        settings=settings,
    )
    app = make_celery(settings)
    return Trainer(settings, app, jobs, runner, blobs, contexts, registry, startup)
