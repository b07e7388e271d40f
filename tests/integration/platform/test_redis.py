"""Events and messages in a real Redis."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import redis

from tabrl.adapters.celery_app import CeleryTaskQueue
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.redis_events import RedisEventBus, stream_of
from tabrl.adapters.settings import Settings
from tabrl.contracts.events import NoticeEvent
from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import JobKind
from tabrl.ports import EventBus
from tabrl_api.progress import START, RedisProgress
from tests.support.factories import training, writing
from tests.support.servers.redis import RedisServer
from tests.twins import MemoryEventBus


def notice(n: int) -> NoticeEvent:
    return NoticeEvent(code=f"n{n}", message="über\n🐕")


@pytest.fixture(params=["memory", "redis"])
def bus(request: pytest.FixtureRequest) -> EventBus:
    """Each event bus in turn, empty."""
    if request.param == "memory":
        return MemoryEventBus()
    server = request.getfixturevalue("redis_server")
    assert isinstance(server, RedisServer)
    return RedisEventBus(server.url)


def test_events_keep_their_order_and_place(bus: EventBus) -> None:
    for n in range(5):
        bus.publish("job_a", notice(n))
    bus.publish("job_b", notice(9))
    entries = bus.read("job_a")
    assert [entry.event for entry in entries] == [notice(n) for n in range(5)]
    assert bus.read("job_a", entries[2].id) == entries[3:]
    assert bus.read("job_a", entries[4].id) == []
    assert bus.read("job_none") == []


def test_messages_wait_in_the_queue_of_their_kind(redis_server: RedisServer) -> None:
    queue = CeleryTaskQueue(Settings(redis_url=redis_server.url))
    now = SystemClock().now()
    for job in (training(now)[0], training(now)[0], writing(now)[1]):
        queue.enqueue(job)
    assert (queue.depth(JobKind.TRAIN), queue.depth(JobKind.REWARD)) == (2, 1)


def test_messages_that_nobody_reads_are_trimmed_to_the_newest(redis_server: RedisServer) -> None:
    queue = CeleryTaskQueue(Settings(redis_url=redis_server.url))
    jobs = [training(SystemClock().now())[0] for _ in range(5)]
    for job in jobs:
        queue.enqueue(job)
    queue.trim(JobKind.TRAIN, 2)
    kept = redis.Redis(unix_socket_path=str(redis_server.socket)).lrange("train", 0, -1)
    assert len(kept) == 2
    for message, job in zip(kept, reversed(jobs), strict=False):
        assert job.id in json.loads(message)["headers"]["argsrepr"]
    queue.trim(JobKind.REWARD, 2)


def test_a_missing_redis_is_named(tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/none.sock"
    queue = CeleryTaskQueue(Settings(redis_url=url))
    job, _ = training(SystemClock().now())
    for call in (
        lambda: queue.enqueue(job),
        lambda: queue.depth(JobKind.TRAIN),
        lambda: RedisEventBus(url).publish(job.id, notice(0)),
        lambda: RedisEventBus(url).read(job.id),
    ):
        with pytest.raises(Unavailable):
            call()


@pytest_asyncio.fixture
async def progress(redis_server: RedisServer) -> AsyncIterator[RedisProgress]:
    """The shared reader of a gateway."""
    progress = RedisProgress(redis_server.url)
    await progress.start()
    yield progress
    await progress.stop()


async def codes(progress: RedisProgress, job_id: str, count: int, after: str = START) -> list[str]:
    """The codes of the next events."""
    got: list[str] = []
    async for entry in progress.follow(job_id, after):
        if entry is not None:
            assert isinstance(entry.event, NoticeEvent)
            got.append(entry.event.code)
        if len(got) == count:
            break
    return got


async def test_every_follower_gets_every_event_once(
    progress: RedisProgress, redis_server: RedisServer
) -> None:
    bus = RedisEventBus(redis_server.url)
    for n in range(20):
        bus.publish("job_a", notice(n))
    followers = [asyncio.create_task(codes(progress, "job_a", 60)) for _ in range(20)]
    other = asyncio.create_task(codes(progress, "job_b", 1))
    for n in range(20, 60):
        bus.publish("job_a", notice(n))
        await asyncio.sleep(0.005)
    bus.publish("job_b", notice(0))
    wanted = [f"n{n}" for n in range(60)]
    assert await asyncio.wait_for(asyncio.gather(*followers), 20) == [wanted] * 20
    assert await asyncio.wait_for(other, 20) == ["n0"]


async def test_a_reader_resumes_where_it_stopped(
    progress: RedisProgress, redis_server: RedisServer
) -> None:
    bus = RedisEventBus(redis_server.url)
    for n in range(10):
        bus.publish("job_a", notice(n))
    after = bus.read("job_a")[3].id
    following = asyncio.create_task(codes(progress, "job_a", 8, after))
    bus.publish("job_a", notice(10))
    await asyncio.sleep(0.3)
    bus.publish("job_a", notice(11))
    assert await asyncio.wait_for(following, 20) == [f"n{n}" for n in range(4, 12)]


async def test_followers_outlive_a_redis_that_is_killed() -> None:
    with tempfile.TemporaryDirectory(prefix="tabrl-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        progress = RedisProgress(server.url)
        await progress.start()
        try:
            bus = RedisEventBus(server.url)
            bus.publish("job_a", notice(0))
            following = asyncio.create_task(codes(progress, "job_a", 3))
            await asyncio.sleep(0.5)
            bus.publish("job_a", notice(1))
            await asyncio.sleep(1.5)  # what Redis is told to write within a second
            server.stop()
            await asyncio.sleep(0.5)
            server.start()
            RedisEventBus(server.url).publish("job_a", notice(2))
            assert await asyncio.wait_for(following, 30) == ["n0", "n1", "n2"]
        finally:
            await progress.stop()
            server.stop()


async def test_an_event_of_a_newer_version_stops_nobody(
    progress: RedisProgress, redis_server: RedisServer
) -> None:
    bus = RedisEventBus(redis_server.url)
    raw = redis.Redis(unix_socket_path=str(redis_server.socket))
    following = asyncio.create_task(codes(progress, "job_a", 3))
    bus.publish("job_a", notice(0))
    await asyncio.sleep(0.5)
    raw.xadd(stream_of("job_a"), {"event": '{"type":"telepathy"}'})
    raw.xadd(stream_of("job_a"), {"other": "field"})
    bus.publish("job_a", notice(1))
    bus.publish("job_a", notice(2))
    assert await asyncio.wait_for(following, 20) == ["n0", "n1", "n2"]
    assert len(bus.read("job_a")) == 3


async def test_followers_end_when_the_gateway_stops(redis_server: RedisServer) -> None:
    progress = RedisProgress(redis_server.url)
    await progress.start()

    async def follow() -> None:
        async for _ in progress.follow("job_a", START):
            pass

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.2)
    await progress.stop()
    await asyncio.wait_for(following, 10)
