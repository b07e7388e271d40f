"""The real worker process: Celery over Redis, SQLite, a folder as object store."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.celery_app import CeleryTaskQueue
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.redis_events import RedisEventBus
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.sources import SqlSourceRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.domain.ids import new_job_id, new_task_id
from tabrl.domain.jobs import Job, JobKind, JobState
from tabrl.domain.tasks import Task, TaskState
from tabrl.robots import get_robot
from tabrl.sim.motion_library import dump_motion_library
from tabrl.sim.reward.function import load_reward
from tests.support.motion_library import made_up_bank
from tests.support.processes import ended
from tests.support.servers.redis import RedisServer

START_S, JOB_S = 90.0, 60.0


def wait_for(holds: Callable[[], bool], seconds: float) -> None:
    """Poll until it holds; raises `TimeoutError`."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Worker:
    """The process and a client's view of its stores."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.port = free_port()
        engine = make_engine(settings.database)
        upgrade(engine)
        self.jobs = SqlJobRepository(engine, SystemClock())
        self.tasks = SqlTaskRepository(engine, SystemClock())
        self.sources = SqlSourceRepository(engine)
        self.blobs = make_blob_store(settings.blobs)
        self.bus = RedisEventBus(settings.redis_url)
        self.queue = CeleryTaskQueue(settings)
        environment = os.environ | {
            "TABRL_DATABASE_URL": settings.database,
            "TABRL_REDIS_URL": settings.redis_url,
            "TABRL_BLOB_URL": settings.blobs,
            "TABRL_METRICS_PORT": str(self.port),
            "TABRL_LLM_MODEL": "",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tabrl_reward_worker"], env=environment
        )

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def post(self, prompt: str) -> Job:
        """A task with its job, committed and sent."""
        now = datetime.now(UTC)
        task_id, job_id = new_task_id(), new_job_id()
        job = Job(
            id=job_id,
            kind=JobKind.REWARD,
            task_id=task_id,
            robot="go1",
            queued_at=now,
            created_at=now,
        )
        task = Task(id=task_id, robot="go1", prompt=prompt, created_at=now, job_id=job_id)
        self.tasks.create(task, job)
        self.queue.enqueue(job)
        return job

    def finished(self, job: Job) -> Job:
        """The job once it has ended."""
        wait_for(lambda: self.jobs.get(job.id).terminal, JOB_S)
        return self.jobs.get(job.id)

    def zygotes(self) -> list[psutil.Process]:
        """Not their children, which run under the same name until they have ended."""
        return [
            child
            for child in psutil.Process(self.process.pid).children()
            if any("sandbox.zygote" in part for part in child.cmdline())
        ]


@pytest.fixture(scope="module")
def worker(
    redis_session: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    folder: Path = tmp_path_factory.mktemp("reward-worker")
    settings = Settings(data=folder, redis_url=redis_session.url)
    blobs = make_blob_store(settings.blobs)
    blobs.put("bank/go1.npz", dump_motion_library(made_up_bank(get_robot("go1"))))
    started = Worker(settings)
    try:
        wait_for(lambda: started.answers("/readyz"), START_S)
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def test_a_sentence_becomes_candidates(worker: Worker) -> None:
    job = worker.finished(worker.post("crouch low and creep forward"))
    assert job.state is JobState.SUCCEEDED
    task = worker.tasks.get(job.task_id)
    assert task.state is TaskState.READY
    assert task.understood
    candidates = worker.tasks.candidates(job.task_id)
    assert len(candidates) == 3
    assert set(worker.sources.get(job.task_id)) == {1, 2, 3}
    for candidate in candidates:
        blob = worker.blobs.get(f"artifacts/{candidate.artifact_sha256}.bin")
        assert set(load_reward(blob).terms) == set(candidate.weights)
        assert worker.tasks.preview(job.task_id, candidate.n).qpos
    events = [stored.event.type for stored in worker.bus.read(job.id)]
    assert events == ["state", "stage", "state"]


def test_a_sentence_it_cannot_read_fails_kindly(worker: Worker) -> None:
    job = worker.finished(worker.post("mumble grumble"))
    assert job.state is JobState.FAILED
    assert job.failure is not None
    assert job.failure.code == "task_not_understood"
    assert worker.tasks.get(job.task_id).not_understood == ["mumble", "grumble"]


def test_a_killed_zygote_costs_nothing(worker: Worker) -> None:
    (zygote,) = worker.zygotes()
    zygote.kill()
    assert worker.finished(worker.post("bow")).state is JobState.SUCCEEDED
    assert worker.answers("/healthz")
    assert worker.answers("/metrics")


def test_the_zygote_ends_with_a_killed_worker(worker: Worker) -> None:
    (zygote,) = worker.zygotes()
    worker.process.kill()
    worker.process.wait()
    wait_for(lambda: ended(zygote), 10.0)
