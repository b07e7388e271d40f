"""Who uses the service meanwhile: one posts work and never gives up, one watches how it answers."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import httpx

ASK_S = 5.0
POST_S = 12.0  # longer than a database is waited for
TASK_EVERY = 25  # posts: the others are trainings
SENTENCES = ("walk backwards", "trot forward at 0.4 m/s", "sway your hips", "crouch and turn left")


class Client:
    """Asks whichever api answers, as through a load balancer."""

    def __init__(self, ports: Iterable[int], answer_s: float) -> None:
        self._clients = [
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=answer_s) for port in ports
        ]

    def request(
        self, method: str, path: str, *, body: object = None, key: str | None = None
    ) -> httpx.Response:
        """Raises `httpx.TransportError` if none of them answers."""
        headers = {"Idempotency-Key": key} if key else {}
        for left in range(len(self._clients) - 1, -1, -1):
            try:
                return self._clients[0].request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                self._clients.append(self._clients.pop(0))
                if left == 0:
                    raise
        raise AssertionError("there is no api")


@dataclass(frozen=True)
class Sample:
    """One question of the watcher's; `status` is None if nobody answered."""

    at: float
    path: str
    seconds: float
    status: int | None
    code: str | None = None  # of a problem document


class Watcher(threading.Thread):
    """Asks for a list, for readiness and for a sign of life several times a second."""

    PATHS = ("/api/jobs?limit=20", "/readyz", "/healthz")
    EVERY_S = 0.15

    def __init__(self, ports: Iterable[int]) -> None:
        super().__init__(daemon=True)
        self._client = Client(ports, ASK_S)
        self._over = threading.Event()
        self.samples: list[Sample] = []

    def run(self) -> None:
        """Until `stop`."""
        while not self._over.is_set():
            for path in self.PATHS:
                self.samples.append(self._ask(path))
                self._over.wait(self.EVERY_S)

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()
        self.join()

    def _ask(self, path: str) -> Sample:
        at, began = time.time(), time.monotonic()
        try:
            response = self._client.request("GET", path)
        except httpx.TransportError:
            return Sample(at, path, time.monotonic() - began, None)
        code = response.json().get("code") if response.status_code >= 400 else None
        return Sample(at, path, time.monotonic() - began, response.status_code, code)


class Poster(threading.Thread):
    """Posts tasks and trainings of them, each under one key until it is told what became of it."""

    def __init__(self, ports: Iterable[int]) -> None:
        super().__init__(daemon=True)
        self._client = Client(ports, POST_S)
        self._over = threading.Event()
        self.rate = 3.0  # a second
        self.jobs: set[str] = set()
        self.tasks: set[str] = set()
        self.refused: list[str] = []
        self.samples: list[Sample] = []
        self._writing: list[str] = []
        self._ready: list[str] = []
        self._posts = 0

    def prepare(self, limit_s: float = 120.0) -> None:
        """Have a first task written, so that there is something to train."""
        self._post_task()
        ends = time.monotonic() + limit_s
        while not self._ready:
            if time.monotonic() > ends:
                raise RuntimeError("no task was written")
            time.sleep(0.5)
            self._look()

    def run(self) -> None:
        """Until `stop`."""
        while not self._over.wait(1.0 / self.rate):
            self._posts += 1
            if self._posts % TASK_EVERY == 0:
                self._look()
                self._post_task()
            else:
                self._post_training()

    def stop(self) -> None:
        """Post no more; what was begun is told first."""
        self._over.set()
        self.join()

    def waiting(self) -> int | None:
        """How many jobs wait or run, up to 100; None without an answer."""
        total = 0
        for state in ("queued", "running"):
            try:
                answer = self._client.request("GET", f"/api/jobs?state={state}&limit=50")
            except httpx.TransportError:
                return None
            if answer.status_code != 200:
                return None
            total += len(answer.json()["jobs"])
        return total

    def _post_task(self) -> None:
        prompt = SENTENCES[len(self.tasks) % len(SENTENCES)]
        task = self._until_told("/api/tasks", {"robot": "go1", "prompt": prompt})
        if task is not None:
            self.tasks.add(str(task["id"]))
            self.jobs.add(str(task["job_id"]))
            self._writing.append(str(task["id"]))

    def _post_training(self) -> None:
        task_id = self._ready[self._posts % len(self._ready)]
        started = self._until_told(f"/api/tasks/{task_id}/train", {"candidate": 1})
        if started is not None:
            jobs = started["jobs"]
            assert isinstance(jobs, list)
            self.jobs.update(str(job["id"]) for job in jobs)

    def _look(self) -> None:
        """Which tasks have been written by now."""
        for task_id in tuple(self._writing):
            try:
                answer = self._client.request("GET", f"/api/tasks/{task_id}")
            except httpx.TransportError:
                continue
            if answer.status_code == 200 and answer.json()["state"] == "ready":
                self._writing.remove(task_id)
                self._ready.append(task_id)

    def _until_told(self, path: str, body: dict[str, object]) -> dict[str, object] | None:
        key = uuid.uuid4().hex
        while True:
            answer = self._post(path, body, key)
            if answer is None:
                time.sleep(0.5)
                continue
            if answer.status_code == 202:
                accepted: dict[str, object] = answer.json()
                return accepted
            if answer.status_code < 500:
                self.refused.append(f"{path}: {answer.status_code} {answer.text[:200]}")
                return None
            time.sleep(0.5)

    def _post(self, path: str, body: dict[str, object], key: str) -> httpx.Response | None:
        """Once; None if nobody answers."""
        at, began = time.time(), time.monotonic()
        answer: httpx.Response | None = None
        with suppress(httpx.TransportError):
            answer = self._client.request("POST", path, body=body, key=key)
        status, code = None, None
        if answer is not None:
            status = answer.status_code
            code = answer.json().get("code") if status >= 400 else None
        self.samples.append(Sample(at, path, time.monotonic() - began, status, code))
        return answer
