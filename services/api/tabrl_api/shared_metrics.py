"""What all replicas share, counted when a scrape asks."""

from __future__ import annotations

from tabrl.adapters.logs import logger
from tabrl.adapters.metrics.api import SharedMetrics
from tabrl.domain.errors import TabrlError
from tabrl.domain.jobs import JobKind, JobState
from tabrl_api.context import AppContext


def observe_shared(context: AppContext) -> None:
    """Ask every part; one that is down must not take the others' numbers along."""
    metrics = context.metrics.shared
    for part, ask in (("database", _ask_database), ("redis", _ask_redis), ("store", _ask_store)):
        try:
            ask(context, metrics)
            up = 1
        except TabrlError as error:
            logger.warning("metrics: %s", error.code)
            up = 0
        metrics.part_up.labels(part).set(up)


def _ask_database(context: AppContext, metrics: SharedMetrics) -> None:
    metrics.forget_jobs()
    counts, ages = context.jobs.counts(), context.overview.ages()
    for kind in JobKind:
        for state in JobState:
            metrics.jobs.labels(kind.value, state.value).set(counts.get((kind, state), 0))
        metrics.oldest_waiting.labels(kind.value).set(ages[kind].oldest_waiting_s)
        metrics.longest_running.labels(kind.value).set(ages[kind].longest_running_s)


def _ask_redis(context: AppContext, metrics: SharedMetrics) -> None:
    metrics.forget_redis()
    memory = context.overview.redis_memory()
    metrics.redis_memory.labels("used").set(memory.used)
    metrics.redis_memory.labels("limit").set(memory.limit)
    for kind in JobKind:
        metrics.queue_depth.labels(kind.value).set(context.queue.depth(kind))


def _ask_store(context: AppContext, metrics: SharedMetrics) -> None:
    context.blobs.exists("metrics")
