"""The same toy trainer for the version before this one: `python -m old_trainer LEDGER`.

Runs with the packages of `tests/data/version_before.zip` on its path, and none of ours.
"""

from __future__ import annotations

import os
import random
import sys
import time

from prometheus_client import CollectorRegistry

from tabrl.adapters import logs
from tabrl.adapters.celery_app import make_celery
from tabrl.adapters.celery_worker import serve
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.worker import JobRunner
from tabrl.domain.jobs import JobKind, JobState


class LedgerJobs(SqlJobRepository):
    """Jobs whose successful ends are written down."""

    ledger = -1

    def finish(self, job_id, fence, state, *, result=None, failure=None):
        """See the port."""
        ended = super().finish(job_id, fence, state, result=result, failure=failure)
        if ended and state is JobState.SUCCEEDED:
            os.write(self.ledger, f"{job_id} {fence} {time.time():.3f} before\n".encode())
        return ended


def train(job, control):
    """Take a moment."""
    ends = time.monotonic() + random.uniform(0.05, 0.4)
    while time.monotonic() < ends:
        control.raise_if_stopped()
        time.sleep(0.02)


def main(ledger):
    """Serve trainings."""
    logs.configure()
    settings = Settings()
    clock = SystemClock()
    jobs = LedgerJobs(make_engine(settings.database), clock)
    jobs.ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    runner = JobRunner(
        train,
        jobs=jobs,
        bus=RedisEventBus(settings.redis_url),
        clock=clock,
        metrics=WorkerMetrics(CollectorRegistry()),
        settings=settings,
    )
    serve(make_celery(settings), JobKind.TRAIN, runner)


if __name__ == "__main__":
    main(sys.argv[1])
