"""The process of a worker: Celery's thread pool in front of a `JobRunner`."""

from __future__ import annotations

from celery import Celery  # type: ignore[import-untyped]
from celery.exceptions import Reject  # type: ignore[import-untyped]
from celery.signals import worker_shutting_down  # type: ignore[import-untyped]

from tabrl.adapters.celery_app import QUEUE_OF, TASK_OF
from tabrl.adapters.logs import log_refused_robots
from tabrl.adapters.worker import DeliveryOutcome, JobRunner
from tabrl.domain.jobs import JobKind

_NOTHING_TO_DO = (DeliveryOutcome.NOT_OURS, DeliveryOutcome.LOST)


def serve(app: Celery, kind: JobKind, runner: JobRunner, *, concurrency: int = 1) -> None:
    """Work on jobs of a kind until SIGTERM; the running handler then checkpoints and hands back.

    Threads, not processes, so that compiled code stays warm from job to job.
    """

    @app.task(name=TASK_OF[kind])  # type: ignore[untyped-decorator]
    def execute(_job_id: str) -> None:
        # The message only says to look: one may be lost, so what waits is worked off as well.
        while (outcome := runner.run()) not in _NOTHING_TO_DO:
            if outcome is DeliveryOutcome.RELEASED:
                raise Reject("shutting down", requeue=True)

    def shut_down(**_: object) -> None:
        runner.shut_down()

    log_refused_robots()
    worker_shutting_down.connect(shut_down, weak=False)
    try:
        app.worker_main(
            [
                "--quiet",  # its banner is no JSON
                "worker",
                "--pool=threads",
                f"--concurrency={concurrency}",
                f"--queues={QUEUE_OF[kind]}",
                "--loglevel=INFO",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
            ]
        )
    finally:
        worker_shutting_down.disconnect(shut_down)
