"""A worker's runtime on in-memory storage."""

from __future__ import annotations

import threading

from prometheus_client import CollectorRegistry

from tabrl.adapters.breaker import Breaker
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.settings import Settings
from tabrl.adapters.worker import DeliveryOutcome, JobRunner
from tabrl.contracts.events import StateEvent
from tabrl.domain.jobs import Job, JobKind
from tabrl.ports import JobControl, JobHandler
from tests.support.factories import training
from tests.twins import MemoryDatabase, MemoryEventBus, MemoryJobRepository

SETTINGS = Settings(lease_s=0.6, heartbeat_s=0.1, max_attempts=3)


class Workshop:
    """A worker and everything it touches."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.database = MemoryDatabase(self.clock)
        self.jobs = MemoryJobRepository(self.database)
        self.bus = MemoryEventBus()
        self.registry = CollectorRegistry()
        self.metrics = WorkerMetrics(self.registry)
        self.breaker = Breaker(rest_s=0.3)
        self.ended = threading.Event()
        self.job, model = training(self.clock.now())
        self.jobs.create_training([self.job], [model])

    def runner(self, handler: JobHandler) -> JobRunner:
        return JobRunner(
            JobKind.TRAIN,
            handler,
            jobs=self.jobs,
            bus=self.bus,
            metrics=self.metrics,
            settings=self.settings,
            breaker=self.breaker,
            end_process=self.ended.set,
        )

    def run(self, handler: JobHandler) -> DeliveryOutcome:
        return self.runner(handler).run()

    @property
    def row(self) -> Job:
        return self.jobs.get(self.job.id)

    def make_due(self) -> None:
        """Let the job's wait be over."""
        self.database.jobs[self.job.id] = self.row.model_copy(update={"not_before": None})

    def states(self) -> list[str]:
        events = (entry.event for entry in self.bus.read(self.job.id))
        return [event.state for event in events if isinstance(event, StateEvent)]


def raising(error: Exception) -> JobHandler:
    def handler(job: Job, control: JobControl) -> None:
        raise error

    return handler
