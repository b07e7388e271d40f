"""Progress events in Redis Streams; a stream's ids are the ids a browser resumes from."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeAlias, cast

import redis
from pydantic import ValidationError

from tabrl.adapters.logs import logger
from tabrl.adapters.redis_url import for_redis
from tabrl.contracts.events import EVENT, Event
from tabrl.domain.errors import Unavailable
from tabrl.ports.events import StoredEvent

STREAM_LENGTH = 2000
KEPT_FOR = timedelta(days=7)
FIELD = "event"
# Of a stream: ids and fields. redis-py types answers as if nothing had been decoded.
Entries: TypeAlias = list[tuple[str, dict[str, str]]]


def stream_of(job_id: str) -> str:
    """Name of a job's stream."""
    return f"events:{job_id}"


class RedisEventBus:
    """An `EventBus` in Redis."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            for_redis(url),
            decode_responses=True,
            socket_connect_timeout=1.0,
            socket_timeout=2.0,
            health_check_interval=10,
        )

    def publish(self, job_id: str, event: Event) -> None:
        """Append an event. Raises `Unavailable` if Redis does not answer."""
        stream = stream_of(job_id)
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.xadd(
                    stream,
                    {FIELD: EVENT.dump_json(event).decode()},
                    maxlen=STREAM_LENGTH,
                    approximate=True,
                )
                pipe.expire(stream, KEPT_FOR)
                pipe.execute()
        except redis.RedisError as error:
            raise _unavailable(error) from error

    def read(self, job_id: str, after: str = "0-0") -> list[StoredEvent]:
        """All stored events of a job behind the id `after`, oldest first."""
        try:
            answer = cast(Entries, self._redis.xrange(stream_of(job_id), min=f"({after}"))
        except redis.RedisError as error:
            raise _unavailable(error) from error
        return stored_events(answer)


def stored_events(entries: Entries) -> list[StoredEvent]:
    """Events of an XRANGE or XREAD answer.

    What this version does not know is passed over: during an update a newer worker may publish it.
    """
    events = []
    for entry_id, fields in entries:
        try:
            events.append(StoredEvent(entry_id, EVENT.validate_json(fields[FIELD], extra="ignore")))
        except (ValidationError, KeyError):
            logger.warning("event %s is of an unknown kind", entry_id)
    return events


def _unavailable(error: redis.RedisError) -> Unavailable:
    return Unavailable(f"Redis failed ({type(error).__name__}).", code="redis_unavailable")
