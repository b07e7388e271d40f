"""Events on their way to Redis: whoever publishes one never waits for it."""

from __future__ import annotations

import queue
import threading

from tabrl.adapters.logs import logger
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.contracts.events import Event
from tabrl.domain.errors import TabrlError
from tabrl.ports.events import EventBus

_WAITING = 500  # events of a job; more than a training sends in the minutes Redis may be away
_FLUSH_S = 2.0  # for the last ones, when the job has ended


class EventOutbox:
    """Sends a job's events in order, in a thread; those that find no room or no Redis are lost."""

    def __init__(self, job_id: str, bus: EventBus, metrics: WorkerMetrics) -> None:
        self._job_id, self._bus, self._metrics = job_id, bus, metrics
        self._events: queue.Queue[Event | None] = queue.Queue(_WAITING)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._send, name=f"events-{job_id}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, event: Event) -> None:
        """Send it when its turn comes. Neither waits nor raises."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            self._drop("full")

    def close(self) -> None:
        """Send what is left, as far as that takes no time to speak of."""
        try:
            self._events.put(None, timeout=_FLUSH_S)
            self._thread.join(_FLUSH_S)
        except queue.Full:
            pass
        self._closed.set()

    def _send(self) -> None:
        while (event := self._events.get()) is not None and not self._closed.is_set():
            try:
                self._bus.publish(self._job_id, event)
            except TabrlError as error:
                self._drop(error.code)
            except Exception as error:  # an event is never worth a thread
                self._drop(type(error).__name__)

    def _drop(self, reason: str) -> None:
        self._metrics.events_dropped.inc()
        logger.warning("job %s: an event was dropped (%s)", self._job_id, reason)
