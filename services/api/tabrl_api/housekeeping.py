"""What is kept, and for how long: the one place that deletes what nobody asked to delete."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from tabrl.adapters.logs import logger, where
from tabrl.contracts.events import ProgressEvent, SearchEvent
from tabrl.domain.errors import Conflict, NotFound, TabrlError
from tabrl.ports import StoredEvent
from tabrl.ports.blobs import CHECKPOINTS, PARAMS
from tabrl_api.context import AppContext

EVERY_S = 15.0
SETTLED = timedelta(seconds=10)  # by then a job's last events have arrived
SNAPSHOTS = timedelta(hours=1)  # after the end of a training
KEYS = timedelta(hours=24)
AT_ONCE = 50  # of a kind, in one round
POINTS = 500  # of a curve that are kept


class Housekeeper:
    """Looks every few seconds; any number may run, because each step can be repeated."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeper", daemon=True)

    def start(self) -> None:
        """Begin in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the present step."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def keep_house(self) -> None:
        """One round; a step that fails keeps none of the others from being tried."""
        for step in (
            self._record_events,
            self._clear_snapshots,
            self._forget_keys,
            self._expire_tasks,
            self._delete_blobs,
        ):
            if not self._stop.is_set():
                self._try(step)

    def _record_events(self) -> None:
        """Keep what Redis forgets in a week: the curves and the course of ended jobs."""
        context = self._context
        for job_id in context.retention.unrecorded(context.clock.now() - SETTLED, AT_ONCE):
            context.archive.keep(job_id, thinned(context.bus.read(job_id)))

    def _clear_snapshots(self) -> None:
        """Of an ended training only the delivered parameters are of use."""
        context = self._context
        before = context.clock.now() - SNAPSHOTS
        for job_id, delivered in context.retention.uncleared(before, AT_ONCE):
            keys = [
                *context.blobs.list(f"{PARAMS}/{job_id}"),
                *context.blobs.list(f"{CHECKPOINTS}/{job_id}"),
            ]
            context.blobs.delete([key for key in keys if key != delivered])
            context.retention.mark_cleared(job_id)
            self._count("snapshots_cleared")

    def _forget_keys(self) -> None:
        forgotten = self._context.retention.forget_keys(self._context.clock.now() - KEYS)
        self._count("keys_forgotten", forgotten)

    def _expire_tasks(self) -> None:
        context = self._context
        if context.settings.keep_days == 0:
            return
        before = context.clock.now() - timedelta(days=context.settings.keep_days)
        for task_id in context.retention.expired_tasks(before, AT_ONCE):
            try:
                context.retention.delete_task(task_id)
            except (NotFound, Conflict):  # somebody was faster, or uses it again
                continue
            logger.info("task %s: deleted, unused for %d days", task_id, context.settings.keep_days)
            self._count("tasks_expired")

    def _delete_blobs(self) -> None:
        context = self._context
        for prefix in context.retention.doomed(AT_ONCE):
            context.blobs.delete(context.blobs.list(prefix))
            context.retention.forget_doomed(prefix)

    def _count(self, action: str, by: int = 1) -> None:
        if by:
            self._context.metrics.reaper_actions.labels(action).inc(by)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except TabrlError as error:
            self._context.metrics.reaper_failures.inc()
            logger.warning("housekeeping: %s", error.code)
        except Exception as error:  # a bug in one step must not end the others
            self._context.metrics.reaper_failures.inc()
            logger.error("housekeeping: unexpected %s", where(error))

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self.keep_house()


def thinned(events: Sequence[StoredEvent], points: int = POINTS) -> list[StoredEvent]:
    """The events with a curve of so many points at most, the last one among them."""
    curve = [entry for entry in events if isinstance(entry.event, ProgressEvent | SearchEvent)]
    if len(curve) <= points:
        return [*events]
    step = (len(curve) - 1) / (points - 1)
    kept = {curve[round(index * step)].id for index in range(points)}
    dropped = {entry.id for entry in curve} - kept
    return [entry for entry in events if entry.id not in dropped]
