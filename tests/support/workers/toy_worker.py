"""A worker whose training only counts: `python -m tests.support.workers.toy_worker SECONDS`."""

from __future__ import annotations

import sys
import time

from prometheus_client import CollectorRegistry

from tabrl.adapters import logs
from tabrl.adapters.celery_app import make_celery
from tabrl.adapters.celery_worker import serve
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.worker import JobRunner
from tabrl.contracts.events import NoticeEvent
from tabrl.domain.jobs import Job, JobKind
from tabrl.ports import JobControl


def main(seconds: float) -> None:
    """Serve reward jobs that take `seconds` and can be stopped at any tick."""
    logs.configure()
    settings = Settings()

    def count(job: Job, control: JobControl) -> None:
        ends = time.monotonic() + seconds
        control.publish(NoticeEvent(code="begun", message=f"fence {control.fence}"))
        while time.monotonic() < ends:
            control.raise_if_stopped()
            time.sleep(0.05)

    runner = JobRunner(
        JobKind.REWARD,
        count,
        jobs=SqlJobRepository(make_engine(settings.database)),
        bus=RedisEventBus(settings.redis_url),
        metrics=WorkerMetrics(CollectorRegistry()),
        settings=settings,
    )
    serve(make_celery(settings), JobKind.REWARD, runner)


if __name__ == "__main__":
    main(float(sys.argv[1]))
