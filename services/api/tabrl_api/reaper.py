"""Repairs what queue and workers lose: the other half of "the job row is the truth"."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from tabrl.adapters.logs import logger, where
from tabrl.contracts.events import NoticeEvent
from tabrl.domain.errors import NotFound, TabrlError, Unavailable
from tabrl.domain.jobs import Job, JobKind, JobState
from tabrl.ports.blobs import CHECKPOINTS
from tabrl_api.context import AppContext
from tabrl_api.dispatch import announce, publish, send

EVERY_S = 1.0
GRACE = timedelta(seconds=5)  # time for a message on its way
STALE = timedelta(seconds=600)  # a message this old counts as lost even in a busy queue
CLEAR_EVERY_S = 60.0  # listing an object store costs money
STOP_S = 5.0  # for the present round to end

WORKER_LOST = NoticeEvent(
    code="worker_lost",
    message="The worker stopped answering. Another one takes the job over.",
)


class Reaper:
    """Looks once a second; any number may run, because sending a job twice does no harm."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._deaf_until = 0.0
        self._stop = threading.Event()
        # Apart, so that an object store that hangs keeps no job waiting.
        self._threads = [
            threading.Thread(target=self._run, args=(work, every_s), name=name, daemon=True)
            for name, work, every_s in (
                ("reaper", self.reap, EVERY_S), ("clearer", self.clear, CLEAR_EVERY_S),
            )
        ]  # fmt: skip

    def start(self) -> None:
        """Begin in threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the present round."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(STOP_S)

    def reap(self) -> None:
        """One round. Raises `TabrlError` if a part does not answer."""
        context = self._context
        for job in self._silent():
            logger.warning("job %s: its worker went silent, now %s", job.id, job.state)
            self._count(f"expired_{job.state.value}")
            if job.state is JobState.QUEUED:
                publish(job, WORKER_LOST, context.bus)
            announce(job, context.bus)
            if job.state is JobState.QUEUED:
                self._send(job)
        for job in context.jobs.waiting(unsent_for=GRACE, sent_for=STALE):
            self._send(job)
        empty = {kind for kind in JobKind if context.queue.depth(kind) == 0}
        for job in context.jobs.waiting(unsent_for=GRACE, sent_for=GRACE):
            if job.kind in empty:
                self._send(job)
        context.metrics.reaper_last_pass.set(context.clock.now().timestamp())

    def _silent(self) -> list[Job]:
        """Jobs taken from workers that went silent.

        None for the length of a lease after the database itself was: nobody could be heard then,
        and whoever lives says so now.
        """
        settings = self._context.settings
        if time.monotonic() < self._deaf_until:
            return []
        try:
            return self._context.jobs.expire_leases(settings.max_attempts)
        except Unavailable:
            self._deaf_until = time.monotonic() + settings.lease_s
            raise

    def clear(self) -> None:
        """Forget from where trainings would have gone on that have ended.

        Whoever saved them may be dead, or may not have known that this attempt was the last.
        Raises `TabrlError` if a part does not answer.
        """
        context = self._context
        saved: dict[str, list[str]] = defaultdict(list)
        for key in context.blobs.list(CHECKPOINTS):
            saved[key.split("/")[1]].append(key)
        for job_id, keys in saved.items():
            try:
                ended = context.jobs.get(job_id).terminal
            except NotFound:  # of another installation over the same store
                continue
            if ended:
                context.blobs.delete(keys)
                self._count("checkpoints_cleared")

    def _send(self, job: Job) -> None:
        if send(job, queue=self._context.queue, jobs=self._context.jobs):
            self._count("sent_again")

    def _count(self, action: str) -> None:
        self._context.metrics.reaper_actions.labels(action).inc()

    def _run(self, work: Callable[[], None], every_s: float) -> None:
        while not self._stop.wait(every_s):
            try:
                work()
            except TabrlError as error:
                self._context.metrics.reaper_failures.inc()
                logger.warning("reaper: %s", error.code)
            except Exception as error:  # a bug here must not end the repairs
                self._context.metrics.reaper_failures.inc()
                logger.error("reaper: unexpected %s", where(error))
