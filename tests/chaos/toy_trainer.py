"""A trainer whose training is a short wait: `python -m tests.chaos.toy_trainer LEDGER`.

Claims, leases, events and the store are the real ones. Each job that it ends successfully becomes a
line of the ledger, so that one that ended twice is seen.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time

from prometheus_client import CollectorRegistry

from tabrl.adapters import logs
from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import make_celery
from tabrl.adapters.celery_worker import serve
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.worker import JobRunner
from tabrl.contracts.events import NoticeEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import Failure, Job, JobKind, JobState
from tabrl.ports import BlobStore, JobControl

SHORTEST_S, LONGEST_S = 0.05, 0.4


class LedgerJobs(SqlJobRepository):
    """Jobs whose successful ends are written down, by one append each."""

    def __init__(self, url: str, ledger: str) -> None:
        super().__init__(make_engine(url))
        self._ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def finish(
        self, job_id: str, fence: int, state: JobState, *,
        result: TrainResult | None = None, failure: Failure | None = None,
    ) -> bool:  # fmt: skip
        """See the port."""
        ended = super().finish(job_id, fence, state, result=result, failure=failure)
        if ended and state is JobState.SUCCEEDED:
            os.write(self._ledger, f"{job_id} {fence} {time.time():.3f}\n".encode())
        return ended


def train(job: Job, control: JobControl, blobs: BlobStore) -> None:
    """Read and write as a training does, and take a moment."""
    control.publish(NoticeEvent(code="begun", message=f"fence {control.fence}"))
    blobs.put(f"toy/{job.id}/{control.fence}/begun", b"-")
    ends, pause = time.monotonic() + random.uniform(SHORTEST_S, LONGEST_S), threading.Event()
    while time.monotonic() < ends:
        control.raise_if_stopped()
        pause.wait(0.02)  # libfaketime lets `time.sleep` fail now and then
    blobs.get(f"toy/{job.id}/{control.fence}/begun")
    blobs.put(f"toy/{job.id}/{control.fence}/params", bytes(20_000))


def main(ledger: str) -> None:
    """Serve trainings."""
    logs.configure()
    settings = Settings()
    blobs = make_blob_store(settings.blobs)
    runner = JobRunner(
        JobKind.TRAIN,
        lambda job, control: train(job, control, blobs),
        jobs=LedgerJobs(settings.database, ledger),
        bus=RedisEventBus(settings.redis_url),
        metrics=WorkerMetrics(CollectorRegistry()),
        settings=settings,
    )
    serve(make_celery(settings), JobKind.TRAIN, runner)


if __name__ == "__main__":
    main(sys.argv[1])
