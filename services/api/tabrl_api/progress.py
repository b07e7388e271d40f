"""Following a job's events: one reader per process, however many pages watch."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol, cast

import redis.asyncio as redis
from redis.exceptions import RedisError
from redis.typing import KeyT, StreamIdT

from tabrl.adapters.logs import logger
from tabrl.adapters.redis_events import Entries, stored_events, stream_of
from tabrl.adapters.redis_url import for_redis
from tabrl.ports.events import StoredEvent

START = "0-0"
IDLE_S = 1.0
_BACKLOG = 4096  # twice a stream's length: who falls further behind has to reconnect
_BLOCK_MS = 250  # how long a newly watched stream can wait for the reader's next round


class Progress(Protocol):
    """A source of progress events for the event streams."""

    def follow(self, job_id: str, after: str) -> AsyncIterator[StoredEvent | None]:
        """Events behind the id `after`, then new ones as they come; `None` for a quiet second."""
        ...

    async def start(self) -> None:
        """Begin to read."""
        ...

    async def stop(self) -> None:
        """Stop reading; all followers end."""
        ...


def position(stream_id: str) -> tuple[int, int]:
    """A stream id as numbers that compare. Raises `ValueError` for anything else."""
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence or 0)


class RedisProgress:
    """Fans the streams of Redis out in memory."""

    def __init__(self, url: str) -> None:
        self._url = for_redis(url)
        self._redis: redis.Redis | None = None
        self._reader: asyncio.Task[None] | None = None
        self._cursors: dict[str, str] = {}
        self._followers: dict[str, set[asyncio.Queue[StoredEvent]]] = {}
        self._watched = asyncio.Event()
        self._stopped = False

    async def start(self) -> None:
        """Begin to read."""
        self._redis = redis.Redis.from_url(
            self._url, decode_responses=True, socket_connect_timeout=1.0, socket_timeout=5.0
        )
        self._reader = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """Stop reading; all followers end within a second."""
        self._stopped = True
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        if self._redis is not None:
            await self._redis.aclose()

    async def follow(self, job_id: str, after: str) -> AsyncIterator[StoredEvent | None]:
        """Events behind `after`, then new ones; ends if the follower falls too far behind."""
        stream = stream_of(job_id)
        queue: asyncio.Queue[StoredEvent] = asyncio.Queue(_BACKLOG)
        last = after
        try:
            # The cursor is set before the history is read, so nothing falls between the two.
            while not self._stopped and not await self._join(stream, queue):
                yield None
            while (history := await self._history(stream, last)) is None:
                yield None
            for entry in history:
                last = entry.id
                yield entry
            while not self._stopped and not queue.full():
                try:
                    entry = await asyncio.wait_for(queue.get(), IDLE_S)
                except TimeoutError:
                    yield None
                    continue
                if position(entry.id) > position(last):
                    last = entry.id
                    yield entry
        finally:
            self._leave(stream, queue)

    async def _join(self, stream: str, queue: asyncio.Queue[StoredEvent]) -> bool:
        """Start watching a stream; `False` after a quiet second without Redis."""
        assert self._redis is not None
        if stream not in self._cursors:
            try:
                newest = cast(Entries, await self._redis.xrevrange(stream, count=1))
            except RedisError:
                await asyncio.sleep(IDLE_S)
                return False
            self._cursors.setdefault(stream, newest[0][0] if newest else START)
        self._followers.setdefault(stream, set()).add(queue)
        self._watched.set()
        return True

    def _leave(self, stream: str, queue: asyncio.Queue[StoredEvent]) -> None:
        followers = self._followers.get(stream, set())
        followers.discard(queue)
        if not followers:
            self._followers.pop(stream, None)
            self._cursors.pop(stream, None)
        if not self._followers:
            self._watched.clear()

    async def _history(self, stream: str, after: str) -> list[StoredEvent] | None:
        """What came before; `None` after a quiet second without Redis."""
        assert self._redis is not None
        try:
            answer = cast(Entries, await self._redis.xrange(stream, min=f"({after}"))
        except RedisError as error:
            logger.warning("progress: no history (%s)", type(error).__name__)
            await asyncio.sleep(IDLE_S)
            return [] if self._stopped else None
        return stored_events(answer)

    async def _read(self) -> None:
        assert self._redis is not None
        while True:
            await self._watched.wait()
            try:
                cursors: dict[KeyT, StreamIdT] = dict(self._cursors.items())
                answer = cast(
                    list[tuple[str, Entries]], await self._redis.xread(cursors, block=_BLOCK_MS)
                )
            except RedisError as error:
                logger.warning("progress: Redis does not answer (%s)", type(error).__name__)
                await asyncio.sleep(IDLE_S)
                continue
            for stream, entries in answer:
                if stream in self._cursors:
                    self._cursors[stream] = entries[-1][0]
                for entry in stored_events(entries):
                    self._fan_out(stream, entry)

    def _fan_out(self, stream: str, entry: StoredEvent) -> None:
        for queue in self._followers.get(stream, ()):
            with contextlib.suppress(asyncio.QueueFull):  # its follower ends and reconnects
                queue.put_nowait(entry)
