"""Claims, heartbeats and events a second: the rates that docs/scale.md counts with.

    python -m bench.service

PostgreSQL writes to disk as in production (fsync). Claims race from one to eight processes for
2,000 waiting jobs of twenty owners; heartbeats and events come from one process, one at a time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.contracts.events import NoticeEvent
from tabrl.domain.jobs import JobKind
from tests.support.factories import training
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.redis import RedisServer

ROOT = Path(__file__).parents[2]
OWNERS = 20
EVENT = NoticeEvent(code="begun", message="one of a training's events")


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database, migrated."""
    with tempfile.TemporaryDirectory(prefix="tabrl-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        if kind == "sqlite":
            url = f"sqlite:///{folder}/bench.db"
            upgrade(make_engine(url))
            yield url
            return
        server = PostgresServer(folder, durable=True)
        server.start()
        try:
            url = server.create("bench")
            upgrade(make_engine(url))
            yield url
        finally:
            server.stop()


def post(url: str, count: int) -> SqlJobRepository:
    """So many waiting trainings."""
    jobs = SqlJobRepository(make_engine(url))
    now = SystemClock().now()
    for owner in range(OWNERS):
        pairs = [training(now) for _ in range(count // OWNERS)]
        own = [job.model_copy(update={"owner": f"owner{owner}"}) for job, _ in pairs]
        jobs.create_training(own, [model for _, model in pairs])
    return jobs


def claims_a_second(url: str, processes: int, count: int) -> float:
    """Of processes that race for all jobs there are."""
    post(url, count)
    racers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.workers.claimer"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(processes)
    ]  # fmt: skip
    for racer in racers:
        _tell(racer, json.dumps({"url": url}))
    for racer in racers:
        assert racer.stdout is not None
        racer.stdout.readline()
    began = time.perf_counter()
    for racer in racers:
        _tell(racer, "go")
    won = sum(len(json.loads(racer.communicate()[0])) for racer in racers)
    assert won == count, f"{won} of {count} jobs were claimed"
    return count / (time.perf_counter() - began)


def _tell(racer: subprocess.Popen[str], line: str) -> None:
    assert racer.stdin is not None
    print(line, file=racer.stdin, flush=True)


def rate(ask: Callable[[], object], seconds: float) -> float:
    """Calls a second, one after the other."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        ask()
        done += 1
    return done / (time.perf_counter() - began)


def heartbeats_a_second(url: str, seconds: float) -> float:
    """From one process."""
    jobs = post(url, OWNERS)
    job = jobs.claim_next(JobKind.TRAIN, 600.0)
    assert job is not None
    return rate(lambda: jobs.heartbeat(job.id, job.fence, 600.0, stage="ppo"), seconds)


def events_a_second(seconds: float) -> tuple[float, float]:
    """Published, and read again two hundred at a time."""
    with tempfile.TemporaryDirectory(prefix="tabrl-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            bus = RedisEventBus(server.url)
            published = rate(lambda: bus.publish("job_a", EVENT), seconds)
            for _ in range(200):
                bus.publish("job_b", EVENT)
            return published, 200 * rate(lambda: bus.read("job_b"), seconds)
        finally:
            server.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each rate")
    options = parser.parse_args()
    for kind in ("postgres", "sqlite"):
        with database(kind) as url:
            beats = heartbeats_a_second(url, options.seconds)
            print(f"{kind}: heartbeats {beats:,.0f} /s", flush=True)
            jobs = SqlJobRepository(make_engine(url))
            while jobs.claim_next(JobKind.TRAIN, 600.0) is not None:
                pass  # the rest of those
            for processes in (1, 2, 4, 8):
                claims = claims_a_second(url, processes, options.jobs)
                print(f"{kind}: claims by {processes} processes {claims:,.0f} /s", flush=True)
    published, read = events_a_second(options.seconds)
    print(f"redis: events published {published:,.0f} /s, read {read:,.0f} /s")


if __name__ == "__main__":
    main()
