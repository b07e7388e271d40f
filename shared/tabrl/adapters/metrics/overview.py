"""What the whole installation has to do, and what Redis holds: asked at every scrape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, func, select

from tabrl.adapters.redis_url import for_redis
from tabrl.adapters.sql.engine import reading
from tabrl.adapters.sql.tables import jobs as table
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import LEASED, JobKind, JobState
from tabrl.ports.queue import Clock


@dataclass(frozen=True)
class Ages:
    """Seconds that the oldest waiting and the longest running job of a kind take; 0 without one."""

    oldest_waiting_s: float = 0.0
    longest_running_s: float = 0.0


@dataclass(frozen=True)
class RedisMemory:
    """Bytes that Redis uses, and may use; 0: all there is."""

    used: int
    limit: int


class Overview(Protocol):
    """What all replicas of the api see alike."""

    def ages(self) -> Mapping[JobKind, Ages]:
        """Of every kind of job. Raises `Unavailable`."""
        ...

    def redis_memory(self) -> RedisMemory:
        """Raises `Unavailable`."""
        ...


class SystemOverview:
    """An `Overview` of the database and of Redis."""

    def __init__(self, engine: Engine, redis_url: str, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._redis = redis.Redis.from_url(
            for_redis(redis_url),
            socket_connect_timeout=1.0,
            socket_timeout=1.0,
            retry=Retry(NoBackoff(), 0),
        )

    def ages(self) -> Mapping[JobKind, Ages]:
        """See `Overview.ages`."""
        now = self._clock.now()
        waiting = _oldest(self._engine, table.c.queued_at.name, [JobState.QUEUED])
        running = _oldest(self._engine, table.c.started_at.name, list(LEASED))
        return {
            kind: Ages(_age(waiting.get(kind), now), _age(running.get(kind), now))
            for kind in JobKind
        }

    def redis_memory(self) -> RedisMemory:
        """See `Overview.redis_memory`."""
        try:
            info = self._redis.info("memory")
        except redis.RedisError as error:
            raise Unavailable(
                f"Redis failed ({type(error).__name__}).", code="redis_unavailable"
            ) from error
        assert isinstance(info, dict)
        return RedisMemory(used=int(info["used_memory"]), limit=int(info["maxmemory"]))


def _oldest(engine: Engine, column: str, states: list[JobState]) -> dict[JobKind, datetime]:
    """The earliest time in a column, of each kind's jobs in these states."""
    query = (
        select(table.c.kind, func.min(table.c[column]))
        .where(table.c.state.in_([state.value for state in states]))
        .group_by(table.c.kind)
    )
    with reading(engine) as connection:
        return {JobKind(kind): when for kind, when in connection.execute(query) if when}


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
