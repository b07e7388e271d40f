"""Wiring: which parts stand behind the handler. Nothing here opens a connection.

No repository of tasks, candidates or sources is built here: a trainer knows job and model rows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from celery import Celery  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import make_celery
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.logs import logger
from tabrl.adapters.metrics import (
    PartMetrics,
    TrainingMetrics,
    WorkerMetrics,
    service_registry,
)
from tabrl.adapters.observed import (
    ObservedBlobStore,
    ObservedEventBus,
    ObservedHandler,
    StageObserver,
    TracedModels,
    TraceObserver,
    TrainingObserver,
    observe_engine,
)
from tabrl.adapters.operations import Startup
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.tracing import make_tracing
from tabrl.adapters.worker import JobRunner
from tabrl.domain.jobs import JobKind
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
    registry = service_registry("trainer")
    parts, metrics = PartMetrics(registry), WorkerMetrics(registry, (JobKind.TRAIN,))
    training, tracing = TrainingMetrics(registry), make_tracing("trainer")
    database = observe_engine(make_engine(settings.database), parts)
    blobs = ObservedBlobStore(make_blob_store(settings.blobs), parts)

    startup = Startup()

    def compiling(number: int, count: int) -> None:
        logger.info("compiling %d of %d", number, count)
        if startup.doing is not None:  # else a job waits for a further robot
            startup.compiling(number, count)

    def make_context(robot: Robot, pretrained: PretrainedPolicy | None) -> TrainingContext:
        context = TrainingContext(
            robot, pretrained, settings.simulator, sizes_for(settings.simulator)
        )
        began = time.monotonic()
        context.warm_up(before=compiling)
        training.compile_seconds.labels(robot.id).observe(time.monotonic() - began)
        malloc_trim()
        logger.info("warm: %s", robot.id)
        return context

    contexts = TrainingContexts(make_context)
    handler = TrainingHandler(
        contexts,
        blobs,
        TracedModels(SqlModelRepository(database, clock), tracing),
        SqlVerifiedArtifacts(database, clock),
    )
    observers = (
        partial(TraceObserver, tracing),
        partial(StageObserver, metrics),
        lambda job: TrainingObserver(training),
    )
    jobs = SqlJobRepository(database)
    runner = JobRunner(
        JobKind.TRAIN,
        ObservedHandler(handler, observers),
        jobs=jobs,
        bus=ObservedEventBus(RedisEventBus(settings.redis_url), parts),
        metrics=metrics,
        settings=settings,
    )
    app = make_celery(settings)
    return Trainer(settings, app, jobs, runner, blobs, contexts, registry, startup)
