"""What is done to the service. Each fault acts for a while and mends itself."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from tests.chaos.city import APIS, REWARD_WORKER, TRAINERS, City
from tests.chaos.load import POST_S
from tests.chaos.parts import DISK_MB
from tests.chaos.proxy import Proxy, Wire

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
CLOCKS_S = 20


@dataclass(frozen=True)
class Kill:
    """A process or part that was killed, and when (seconds since the epoch)."""

    name: str
    at: float


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    `act` does it and returns what it killed; `missing` says what this machine lacks for it. While
    a fault that `blocks` lasts no job can end; one that `harms` may cost jobs an attempt.
    """

    name: str
    title: str
    seconds: float
    act: Callable[[City, float], list[Kill]]
    blocks: bool = False
    harms: bool = False
    rate: float = 1.5  # posts a second meanwhile
    answer_s: float = 1.0  # within which 99 of 100 answers have to come
    missing: str | None = None

    def lasting(self, seconds: float, rate: float | None = None) -> Fault:
        """The same for another time."""
        return replace(self, seconds=seconds, rate=rate or self.rate)


def kills(count: int, seed: int, every_s: float = 2.5) -> Fault:
    """Kill processes and parts at random, one after the other."""

    def act(city: City, seconds: float) -> list[Kill]:
        chance = random.Random(seed)
        done = []
        for _ in range(count):
            time.sleep(seconds / count)
            name = chance.choice(_victims(city))
            done.append(Kill(name, time.time()))
            _kill(city, name, chance)
        return done

    title = f"{count} kills of processes and parts"
    return Fault("kills", title, count * every_s, act, harms=True, rate=4.0)


def _victims(city: City) -> Sequence[str]:
    """By how often each is hit."""
    several = (*TRAINERS, *TRAINERS, *TRAINERS, *APIS, REWARD_WORKER, "redis")
    return (*several, "postgres") if city.parts.postgres else several


def _kill(city: City, name: str, chance: random.Random) -> None:
    parts = city.parts
    if name == "redis":
        parts.redis.stop()
        parts.redis.start()
    elif name == "postgres":  # one backend that dies takes all others along
        backends = _postgres_processes(city)[1:]
        os.kill(chance.choice(backends), signal.SIGKILL)
    else:
        city.services.signal(name, signal.SIGKILL)


def _postgres_processes(city: City) -> list[int]:
    """The server first."""
    pids = (city.parts.folder / "postgres" / "data" / "postmaster.pid").read_text()
    server = psutil.Process(int(pids.split()[0]))
    return [server.pid, *(child.pid for child in server.children(recursive=True))]


@contextmanager
def _stopped(processes: Sequence[int]) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def _redis_stopped(city: City, seconds: float) -> list[Kill]:
    with _stopped([city.parts.redis.pid]):
        time.sleep(seconds)
    return []


def _redis_full(city: City, seconds: float) -> list[Kill]:
    client = city.parts.redis_client()
    client.config_set("maxmemory", 1_000_000)  # less than it uses: every write is refused
    time.sleep(seconds)
    client.config_set("maxmemory", 0)
    return []


def _postgres_stopped(city: City, seconds: float) -> list[Kill]:
    with _stopped(_postgres_processes(city)):
        time.sleep(seconds)
    return []


def _service_stopped(name: str) -> Callable[[City, float], list[Kill]]:
    def act(city: City, seconds: float) -> list[Kill]:
        city.services.signal(name, signal.SIGSTOP)
        time.sleep(seconds)
        city.services.signal(name, signal.SIGCONT)
        return []

    return act


def _store_wired(wire: Wire) -> Callable[[City, float], list[Kill]]:
    def act(city: City, seconds: float) -> list[Kill]:
        assert city.parts.store is not None
        with city.parts.store.wired(wire):
            time.sleep(seconds)
        return []

    return act


def _store_answering(status: int) -> Callable[[City, float], list[Kill]]:
    def act(city: City, seconds: float) -> list[Kill]:
        assert city.parts.store is not None
        with city.parts.store.answering(status):
            time.sleep(seconds)
        return []

    return act


def _sick_trainer(city: City, seconds: float) -> list[Kill]:
    """A third trainer whose key to the store has expired."""
    assert city.parts.store_port is not None
    with ExitStack() as stack:
        own = Proxy(city.parts.store_port)
        stack.callback(own.close)
        stack.enter_context(own.answering(403))
        city.services.start(city.trainer("sick", **city.parts.behind(own)))
        stack.callback(city.services.stop, "sick")
        time.sleep(seconds)
    return []


def _disk_full(city: City, seconds: float) -> list[Kill]:
    assert city.parts.disk is not None
    ballast = city.parts.disk / "ballast"
    try:
        with ballast.open("wb") as file:
            for size in (1 << 20, 1 << 12):
                _fill(file.fileno(), size)
        time.sleep(seconds)
    finally:
        ballast.unlink()
    return []


def _fill(descriptor: int, size: int) -> None:
    block = bytes(size)
    try:
        while True:
            os.write(descriptor, block)
    except OSError:
        return


def _clocks_apart(city: City, seconds: float) -> list[Kill]:
    """Two further trainers, one's clock ahead and one's behind."""
    for name, shift in (("ahead", f"+{CLOCKS_S}s"), ("behind", f"-{CLOCKS_S}s")):
        environment = {
            "LD_PRELOAD": str(FAKETIME), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip
        city.services.start(city.trainer(name, **environment))
    time.sleep(seconds)
    for name in ("ahead", "behind"):
        city.services.stop(name)
    return []


def _rolling(city: City, seconds: float) -> list[Kill]:
    """Trainers become those of the version before, the apis are restarted, and back."""
    steps = 6
    for name in TRAINERS:
        city.services.start(city.trainer_before(name))
        time.sleep(seconds / steps)
    for name in APIS:
        city.services.restart(name)
        time.sleep(seconds / steps)
    for name in TRAINERS:
        city.services.start(city.trainer(name))
        time.sleep(seconds / steps)
    return []


REDIS_STOPPED = Fault("redis-stopped", "Redis stopped", 40.0, _redis_stopped)
REDIS_FULL = Fault("redis-full", "Redis at maxmemory", 20.0, _redis_full)
POSTGRES_STOPPED = Fault(
    "postgres-stopped", "PostgreSQL and its backends stopped", 60.0, _postgres_stopped, blocks=True
)
STORE_HELD = Fault(
    "store-held", "store paused behind a TCP proxy", 240.0, _store_wired(Wire.HELD), blocks=True,
    rate=0.5,
)  # fmt: skip
STORE_CUT = Fault("store-cut", "store cut off", 20.0, _store_wired(Wire.CUT), blocks=True)
STORE_REFUSES = tuple(
    Fault(f"store-{status}", f"store answers {status}", 20.0, _store_answering(status), blocks=True)
    for status in (403, 500, 501)
)
SICK_TRAINER = Fault("sick-trainer", "a third trainer's store answers 403", 30.0, _sick_trainer)
STOPPED_SERVICES = tuple(
    Fault(
        f"{name}-stopped", f"`{name}` stopped", 20.0, _service_stopped(name),
        harms=name in TRAINERS or name == REWARD_WORKER,
        # What was asked of it is asked of the other one when it gave no answer.
        answer_s=POST_S + 1.0 if name in APIS else 1.0,
    )
    for name in (TRAINERS[0], APIS[0], REWARD_WORKER)
)  # fmt: skip
DISK_FULL = Fault(
    "disk-full", f"disk full (a tmpfs of {DISK_MB} MB)", 20.0, _disk_full, blocks=True
)
CLOCKS = Fault(
    "clocks", f"two trainers' clocks {CLOCKS_S} s ahead and behind", 40.0, _clocks_apart,
    missing=None if FAKETIME else "Debian's package libfaketime",
)  # fmt: skip
ROLLING = Fault("rolling", "rolling upgrade: this version and the one before", 60.0, _rolling)
