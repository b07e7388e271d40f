"""Backups of a system that works meanwhile, and systems that go on from them."""

from __future__ import annotations

import json
import stat
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine, reading
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.sources import SqlSourceRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.domain.errors import Conflict, Invalid
from tabrl.domain.jobs import JobState
from tabrl.domain.tasks import WrittenTask
from tabrl_api.operator.backup import backup, restore
from tests.support.factories import ARTIFACT, candidate, train_result, training, writing
from tests.support.servers.postgres import PostgresServer

LEASE_S = 1.0
JOBS = 12
SNAPSHOTS = 4


@dataclass
class System:
    """Repositories and store of one installation, and a worker that publishes as a trainer does."""

    settings: Settings

    def __post_init__(self) -> None:
        clock = SystemClock()
        self.engine = make_engine(self.settings.database)
        self.jobs, self.models = (
            SqlJobRepository(self.engine, clock), SqlModelRepository(self.engine, clock),
        )  # fmt: skip
        self.tasks = SqlTaskRepository(self.engine, clock)
        self.sources = SqlSourceRepository(self.engine)
        self.blobs = make_blob_store(self.settings.blobs)

    def fill(self) -> str:
        """A written task, and trainings of it that wait; returns the task's id."""
        upgrade(self.engine)
        now = SystemClock().now()
        task, job = writing(now, prompt="trot über 🐕")
        self.tasks.create(task, job)
        assert self.jobs.claim(job.id, 60, 3)
        found = WrittenTask(candidates=[candidate()], understood=["trot"])
        self.tasks.store(task.id, found, job_id=job.id, fence=1)
        self.sources.put(task.id, {1: "code"}, job_id=job.id, fence=1)
        assert self.jobs.finish(job.id, 1, JobState.SUCCEEDED)
        self.blobs.put(f"artifacts/{ARTIFACT}.bin", b"artifact")
        self.blobs.put("base/go1/policy.safetensors", b"base")
        pairs = [training(now, task.id) for _ in range(JOBS)]
        self.jobs.create_training([job for job, _ in pairs], [model for _, model in pairs])
        return task.id

    def work(self, stop: threading.Event | None = None, pause_s: float = 0.0) -> None:
        """Train whatever waits until all is done, or until told to stop."""
        while stop is None or not stop.is_set():
            self.jobs.expire_leases(100)
            waiting = self.jobs.list(state=JobState.QUEUED)
            if not waiting and not self.jobs.list(state=JobState.RUNNING):
                return
            for job in waiting:
                if stop is not None and stop.is_set():
                    return
                claimed = self.jobs.claim(job.id, LEASE_S, 100)
                if claimed is not None and self.train(claimed.id, claimed.fence, pause_s):
                    self.jobs.finish(
                        job.id, claimed.fence, JobState.SUCCEEDED, result=train_result()
                    )
            threading.Event().wait(0.05)

    def train(self, job_id: str, fence: int, pause_s: float) -> bool:
        """Publish every snapshot under a key that nobody has written before."""
        model_id = self.jobs.get(job_id).model_id or ""
        for n in range(1, SNAPSHOTS + 1):
            if not self.jobs.heartbeat(job_id, fence, LEASE_S):
                return False
            key = f"params/{job_id}/{fence}/{n}.safetensors"
            self.blobs.put(key, f"{job_id} {fence} {n}".encode())
            try:
                self.models.publish(
                    model_id, fence=fence, params_key=key, params_sha256="c" * 64, step=n
                )
            except Conflict:
                return False
            self.blobs.put(f"checkpoints/{job_id}/{fence:06d}/{n:06d}.safetensors", b"state")
            threading.Event().wait(pause_s)
        self.blobs.put(f"episodes/{job_id}/{fence:06d}/evaluated.safetensors", b"episodes")
        return True


Place = Callable[[str], Settings]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Settings of a new, empty installation, by the name of its kind."""

    def settings(kind: str) -> Settings:
        name = f"{kind}_{uuid.uuid4().hex[:8]}"
        if kind == "files":
            return Settings(data=tmp_path / name)
        server: PostgresServer = request.getfixturevalue("postgres_server")
        bucket: str = request.getfixturevalue("s3_url")
        return Settings(database_url=server.create(name), blob_url=f"{bucket}/{name}")

    return settings


@pytest.mark.needs_postgres
@pytest.mark.parametrize(
    ("before", "after"), [("files", "files"), ("servers", "servers"), ("files", "servers")]
)
def test_a_backup_of_a_busy_system_goes_on_elsewhere(
    place: Place, tmp_path: Path, before: str, after: str
) -> None:
    busy = System(place(before))
    task_id = busy.fill()
    stop, folder = threading.Event(), tmp_path / "backup"
    workers = [threading.Thread(target=busy.work, args=(stop, 0.05), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    while not busy.blobs.list("params"):
        threading.Event().wait(0.02)
    manifest = backup(busy.settings, folder)
    stop.set()
    for worker in workers:
        worker.join(30)
    assert manifest.missing == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    other = System(place(after))
    restore(other.settings, folder)
    assert other.tasks.get(task_id).prompt == "trot über 🐕"
    assert other.tasks.candidates(task_id) == [candidate()]
    assert other.sources.get(task_id) == {1: "code"}
    states = {job.state for job in other.jobs.list()}
    assert states & {JobState.QUEUED, JobState.RUNNING}, "the backup was made too late"
    for model in other.models.list():
        assert other.blobs.exists(model.params_key)
    other.work()
    finished = [job for job in other.jobs.list(task_ids=[task_id]) if job.model_id]
    assert [job.state for job in finished] == [JobState.SUCCEEDED] * JOBS
    assert all(other.blobs.list(f"episodes/{job.id}") for job in finished)
    job, model = training(SystemClock().now(), task_id)
    other.jobs.create_training([job], [model])  # numbers go on behind those restored
    assert other.jobs.list(limit=1)[0].id == job.id


def test_only_an_empty_place_is_filled_and_only_with_a_whole_backup(
    place: Place, tmp_path: Path
) -> None:
    system, folder = System(place("files")), tmp_path / "backup"
    system.fill()
    backup(system.settings, folder)
    with pytest.raises(Conflict) as refused:
        backup(system.settings, folder)
    assert refused.value.code == "folder_not_empty"
    with pytest.raises(Conflict) as refused:
        restore(system.settings, folder)
    assert refused.value.code == "database_not_empty"

    other = place("files")
    make_blob_store(other.blobs).put("base/go1/policy.safetensors", b"another")
    with pytest.raises(Conflict) as refused:
        restore(other, folder)
    assert refused.value.code == "blob_exists"

    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "revision": "9999"}))
    (folder / "database/tasks.jsonl").write_text("{}")
    for code in ("backup_too_new", "backup_damaged"):
        with pytest.raises(Invalid) as broken:
            restore(place("files"), folder)
        assert broken.value.code == code
        (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "manifest.json").unlink()
    with pytest.raises(Invalid) as broken:
        restore(place("files"), folder)
    assert broken.value.code == "no_backup"


def test_a_damaged_blob_is_noticed_before_anything_is_restored(
    place: Place, tmp_path: Path
) -> None:
    system, folder, other = System(place("files")), tmp_path / "backup", place("files")
    system.fill()
    backup(system.settings, folder)
    (folder / f"objects/artifacts/{ARTIFACT}.bin").write_bytes(b"x")
    with pytest.raises(Invalid) as broken:
        restore(other, folder)
    assert broken.value.code == "backup_damaged"
    with reading(make_engine(other.database)) as connection:
        query = text("SELECT count(*) FROM sqlite_master")
        assert connection.execute(query).scalar_one() == 0
