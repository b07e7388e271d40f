"""What all replicas share, asked of the parts when a scrape comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait

from prometheus_client import generate_latest

from tabrl.adapters.logs import logger
from tabrl.domain.errors import TabrlError
from tabrl.domain.jobs import JobKind, JobState
from tabrl_api.context import AppContext

Show = Callable[[], None]
"""Sets the gauges to what a part has said."""

LIMIT_S = 1.5  # a scrape has a few seconds


class SharedReader:
    """Asks all parts at once; one that hangs is asked again only after it has answered."""

    def __init__(self, context: AppContext, limit_s: float = LIMIT_S) -> None:
        self._metrics = context.metrics.shared
        self._limit_s = limit_s
        self._asks: Mapping[str, Callable[[], Show]] = {
            "database": lambda: _ask_database(context),
            "redis": lambda: _ask_redis(context),
            "store": lambda: _ask_store(context),
        }
        self._asked: dict[str, Future[Show]] = {}
        self._registry = context.registry
        self._lock = threading.Lock()  # of two scrapes at once none sees the other's half

    def exposition(self) -> bytes:
        """All metrics of the gateway as text, what is shared asked for now."""
        with self._lock:
            self.observe()
            return generate_latest(self._registry)

    def observe(self) -> None:
        """Show what the parts say; what does not answer in time has no values."""
        for part, ask in self._asks.items():
            if part not in self._asked:
                self._asked[part] = _begun(ask)
        wait(self._asked.values(), self._limit_s)
        self._metrics.forget()
        for part in self._asks:
            self._metrics.part_up.labels(part).set(self._show(part))

    def _show(self, part: str) -> bool:
        """Whether the part has answered."""
        if not self._asked[part].done():
            logger.warning("metrics: %s does not answer", part)
            return False
        try:
            self._asked.pop(part).result()()
        except TabrlError as error:
            logger.warning("metrics: %s", error.code)
            return False
        return True


def _begun(ask: Callable[[], Show]) -> Future[Show]:
    """Ask in a thread that no shutdown waits for."""
    future: Future[Show] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, name="metrics", daemon=True).start()
    return future


def _ask_database(context: AppContext) -> Show:
    metrics, counts, ages = context.metrics.shared, context.jobs.counts(), context.overview.ages()

    def show() -> None:
        for kind in JobKind:
            for state in JobState:
                metrics.jobs.labels(kind.value, state.value).set(counts.get((kind, state), 0))
            metrics.oldest_waiting.labels(kind.value).set(ages[kind].oldest_waiting_s)
            metrics.longest_running.labels(kind.value).set(ages[kind].longest_running_s)

    return show


def _ask_redis(context: AppContext) -> Show:
    metrics, memory = context.metrics.shared, context.overview.redis_memory()
    depths = {kind: context.queue.depth(kind) for kind in JobKind}

    def show() -> None:
        metrics.redis_memory.labels("used").set(memory.used)
        metrics.redis_memory.labels("limit").set(memory.limit)
        for kind, depth in depths.items():
            metrics.queue_depth.labels(kind.value).set(depth)

    return show


def _ask_store(context: AppContext) -> Show:
    context.blobs.exists("metrics")
    return lambda: None
