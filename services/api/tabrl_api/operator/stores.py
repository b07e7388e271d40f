"""Checks of what keeps: data folder, database, queue, object store; and of the robots in it."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator

import redis
from sqlalchemy import text

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.redis_url import for_redis
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine, reading
from tabrl.adapters.sql.migrate import newest_revision, present_revision
from tabrl.contracts.tasks import REWARD_QUEUE, TRAIN_QUEUE
from tabrl.domain.errors import Conflict
from tabrl.domain.models import Model
from tabrl.robots import list_robots, refused_robots
from tabrl_api.operator.findings import Finding, bad, good, note, without_secret

_FULL = 500 * 2**20  # bytes: less than this and nothing more can be kept
_SCARCE = 5 * 2**30


def disk(settings: Settings) -> Iterator[Finding]:
    """Room in the data directory."""
    folder = next(one for one in (settings.data, *settings.data.absolute().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    words = f"{folder.absolute()}: {free / 2**30:.1f} GB free"
    yield (bad if free < _FULL else note if free < _SCARCE else good)("data", words)


def database(settings: Settings) -> Iterator[Finding]:
    """Whether it answers, and whether its tables are those of this version."""
    name, place = "database", without_secret(settings.database)
    engine = make_engine(settings.database)
    began = time.monotonic()
    with reading(engine) as connection:
        connection.execute(text("SELECT 1"))
        answered = time.monotonic() - began
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        revision = present_revision(connection)
    engine.dispose()
    newest = newest_revision()
    words = f"{place} ({engine.dialect.name} {version}), {answered * 1000:.0f} ms"
    if revision == newest:
        yield good(name, f"{words}, tables at revision {revision}")
    elif revision is None:
        yield bad(name, f"{words}, no tables yet: the api makes them when it starts")
    else:
        yield bad(name, f"{words}, tables at revision {revision}, this version has {newest}")


def queue(settings: Settings) -> Iterator[Finding]:
    """Redis: whether it answers, evicts nothing and survives a restart."""
    name, place = "redis", without_secret(settings.redis_url)
    client = redis.Redis.from_url(
        for_redis(settings.redis_url), socket_connect_timeout=2.0, socket_timeout=2.0
    )
    try:
        server, memory = client.info("server"), client.info("memory")
        kept = client.info("persistence")
        waiting = [client.llen(queue) for queue in (REWARD_QUEUE, TRAIN_QUEUE)]
    except redis.RedisError as error:
        yield bad(name, f"{place} does not answer ({type(error).__name__})")
        return
    yield good(
        name,
        f"{place} (version {server['redis_version']}), waiting: {waiting[0]} rewards, "
        f"{waiting[1]} trainings",
    )
    policy = memory.get("maxmemory_policy")
    if policy != "noeviction":
        yield bad(name, f"maxmemory-policy is {policy}: messages may be evicted; set noeviction")
    if not kept.get("aof_enabled"):
        yield note(name, "no append-only file: events on their way are lost with a restart")


def store(settings: Settings) -> Iterator[Finding]:
    """The object store: written, read, refused a second time, deleted."""
    name, place = "store", without_secret(settings.blobs)
    blobs, key = make_blob_store(settings.blobs), f"doctor/{uuid.uuid4()}"
    began = time.monotonic()
    blobs.put(key, b"doctor")
    try:
        read = blobs.get(key)
        seconds = time.monotonic() - began
        try:
            blobs.put(key, b"again")
            create_only = False
        except Conflict:
            create_only = True
    finally:
        blobs.delete([key])
    if read != b"doctor":
        yield bad(name, f"{place} gives back something else than was put")
    elif not create_only:
        yield bad(name, f"{place} overwrites (If-None-Match is ignored): choose another store")
    else:
        yield good(name, f"{place}, put and read back in {seconds * 1000:.0f} ms")


def robots(settings: Settings) -> Iterator[Finding]:
    """Which robots can learn, and which folders were meant to be robots."""
    blobs = make_blob_store(settings.blobs)
    for robot in list_robots():
        if blobs.exists(Model.base_params_key(robot.id)):
            yield good("robot", f"{robot.id}: can learn")
        else:
            yield note("robot", f"{robot.id}: has no pretrained policy in the store")
    for refused in refused_robots():
        yield bad("robot", f"{refused.folder} cannot be used: {refused.reason}")
