"""A gateway and workers as processes, over one Redis and one database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

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

    def __init__(
        self, redis: RedisServer, data: Path, stack: ExitStack, database_url: str = ""
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._stack = stack
        self._logs: list[Path] = []
        self._data = data
        self._environment = {
            **os.environ,
            "TABRL_DATA": str(data),
            "TABRL_DATABASE_URL": database_url,
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

    def gateway(self, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start the gateway and wait until it is ready."""
        process = self.start("tabrl_api", environment=environment)

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
        return self.start("tests.support.workers.toy_worker", str(seconds))

    def start(
        self, module: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start any process of the town's."""
        self._logs.append(self._data / f"{len(self._logs)}.log")
        log = self._stack.enter_context(self._logs[-1].open("ab"))
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**self._environment, **(environment or {})},
            cwd=self._data,
            stdout=log,
            stderr=log,
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def log(self) -> str:
        """What all processes logged."""
        return "".join(log.read_text() for log in self._logs)

    def last_log(self) -> Path:
        """Where the process logs that was started last."""
        return self._logs[-1]

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
