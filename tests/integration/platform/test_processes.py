"""Gateway and workers as processes: what dies is made good by what is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.settings import Settings
from tabrl.domain.models import Model
from tests.support.servers.redis import RedisServer

ROOT = Path(__file__).parents[3]
PATIENCE_S = 120.0


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fail after a minute."""
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, "it never came to hold"
        time.sleep(0.1)


class Town:
    """One gateway and any number of workers over one Redis and one database."""

    def __init__(self, redis: RedisServer, data: Path, stack: ExitStack) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._stack = stack
        self._data = data
        self._environment = {
            **os.environ,
            "TABRL_DATA": str(data),
            "TABRL_REDIS_URL": redis.url,
            "TABRL_PORT": str(port),
            "TABRL_LEASE_S": "6",
            "TABRL_HEARTBEAT_S": "0.4",
            "PYTHONPATH": str(ROOT),
        }
        # No trainer is here to put it there; none of these workers reads it.
        blobs = make_blob_store(Settings(data=data).blobs)
        blobs.put(Model.base_params_key("go1"), b"policy")
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)

    def gateway(self) -> subprocess.Popen[bytes]:
        """Start the gateway and wait until it is ready."""
        process = self._start("tabrl_api")

        def ready() -> bool:
            assert process.poll() is None, self.log()
            try:
                return self.http.get("/readyz").status_code == 200
            except httpx.TransportError:
                return False

        eventually(ready)
        return process

    def worker(self, seconds: float) -> subprocess.Popen[bytes]:
        """Start a worker whose jobs take `seconds`."""
        return self._start("tests.support.workers.toy_worker", str(seconds))

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = self._stack.enter_context((self._data / "log").open("ab"))
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=self._environment,
            cwd=self._data,
            stdout=log,
            stderr=log,
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def log(self) -> str:
        """What all processes logged."""
        return (self._data / "log").read_text()

    def post(self, prompt: str = "stand") -> dict[str, Any]:
        """A new task."""
        response = self.http.post("/api/tasks", json={"robot": "go1", "prompt": prompt})
        assert response.status_code == 202, response.text
        task: dict[str, Any] = response.json()
        return task

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as the gateway shows it."""
        job: dict[str, Any] = self.http.get(f"/api/jobs/{job_id}").json()
        return job

    def tells(self, job_id: str, words: str) -> None:
        """Listen to a job until it says something."""
        heard = ""
        with self.http.stream("GET", f"/api/jobs/{job_id}/events") as events:
            for text in events.iter_text():
                heard += text
                if words in heard:
                    return
        raise AssertionError(f"the job never said {words!r}")

    def reaches(self, job_id: str, state: str) -> None:
        """Wait for a job's state."""
        eventually(lambda: bool(self.job(job_id)["state"] == state))


@pytest.fixture
def town(redis_server: RedisServer, tmp_path: Path) -> Iterator[Town]:
    """An empty town; everything in it dies with the test."""
    with ExitStack() as stack:
        yield Town(redis_server, tmp_path, stack)


def test_a_killed_workers_job_is_finished_by_the_next(town: Town) -> None:
    town.gateway()
    victim = town.worker(60)
    job_id = town.post()["job_id"]
    town.reaches(job_id, "running")
    town.tells(job_id, "fence 1")  # comes a moment after the state
    victim.kill()
    town.worker(0.2)
    town.reaches(job_id, "succeeded")
    assert town.job(job_id)["attempt"] == 2

    events = town.http.get(f"/api/jobs/{job_id}/events").text
    told = [events.index(part) for part in ("fence 1", "worker_lost", "fence 2", "succeeded")]
    assert told == sorted(told)


def test_shutdown_hands_over_and_restarts_lose_nothing(town: Town) -> None:
    gateway = town.gateway()
    leaving = town.worker(60)
    task = town.post("SECRET dance")
    waiting = town.post("SECRET song")
    town.reaches(task["job_id"], "running")
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait(PATIENCE_S) == 0
    assert town.job(task["job_id"])["state"] == "queued"
    assert town.job(task["job_id"])["attempt"] == 0

    gateway.send_signal(signal.SIGTERM)
    gateway.wait(PATIENCE_S)
    town.gateway()
    assert town.http.get(f"/api/tasks/{task['id']}").json()["prompt"] == "SECRET dance"
    town.worker(0.2)
    for one in (task, waiting):
        town.reaches(one["job_id"], "succeeded")
        assert town.job(one["job_id"])["attempt"] == 1
    assert "SECRET" not in town.log()


def test_cancel_reaches_a_worker(town: Town) -> None:
    town.gateway()
    town.worker(60)
    job_id = town.post()["job_id"]
    town.reaches(job_id, "running")
    with town.http.stream("GET", f"/api/jobs/{job_id}/events") as events:
        cancelled = town.http.post(f"/api/jobs/{job_id}/cancel")
        assert cancelled.json()["state"] == "cancelling"
        text = "".join(events.iter_text())  # ends by itself
    assert '"state":"cancelled"' in text
    assert town.job(job_id)["state"] == "cancelled"


def test_a_gateway_without_redis_keeps_what_it_is_told(
    town: Town, redis_server: RedisServer
) -> None:
    town.gateway()
    redis_server.stop()
    try:
        job_id = town.post()["job_id"]
        assert town.job(job_id)["place_in_queue"] == 1
        assert town.http.get("/readyz").status_code == 503
    finally:
        redis_server.start()
    town.worker(0.2)
    town.reaches(job_id, "succeeded")
