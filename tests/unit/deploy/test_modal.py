"""The app for Modal, as far as it can be tried without an account."""

from __future__ import annotations

import re
from pathlib import Path

import modal
import pytest

from deploy.modal import app as module
from tabrl.adapters.settings import Settings
from tabrl.domain.jobs import JobKind, JobState
from tests.support.factories import training
from tests.twins import ManualClock, MemoryDatabase, MemoryJobRepository

ROOT = Path(__file__).resolve().parents[3]


def test_the_app_has_a_trainer_and_somebody_who_looks() -> None:
    assert isinstance(module.look, modal.Function)
    assert isinstance(module.Trainer, modal.Cls)
    assert module.app.name == "tabrl-trainers"


def test_images_are_made_of_locks_and_members_that_exist() -> None:
    for lock in ("trainer", "trainer_cuda"):
        assert (ROOT / f"requirements/{lock}.txt").is_file()
    for member in module.MEMBERS:
        assert (ROOT / member / "pyproject.toml").is_file()
    cuda = (ROOT / "requirements/trainer_cuda.txt").read_text()
    assert re.search(r"^jax-cuda12-plugin==", cuda, re.M)


def test_it_is_told_settings_that_exist_and_no_secret() -> None:
    known = {f"TABRL_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in module.SETTINGS if name.startswith("TABRL_")} <= known
    assert not [name for name in module.SETTINGS if re.search("PASSWORD|SECRET|KEY", name)]
    assert module.SETTINGS["JAX_COMPILATION_CACHE_DIR"] == module.COMPILED


def test_looking_starts_as_many_trainers_as_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    jobs = MemoryJobRepository(MemoryDatabase(ManualClock()))
    pairs = [training(ManualClock().now()) for _ in range(3)]
    jobs.create_training([job for job, _ in pairs], [model for _, model in pairs])
    spawned: list[int] = []

    class Queue:
        def trim(self, kind: JobKind, keep: int) -> None:
            assert (kind, keep) == (JobKind.TRAIN, module.MESSAGES)

    class Stats:
        num_total_runners, backlog = 1, 0

    class Work:
        def get_current_stats(self) -> Stats:
            return Stats()

        def spawn(self) -> None:
            spawned.append(1)

    class Remote:
        work = Work()

    monkeypatch.setenv("TABRL_DATA", str(tmp_path))
    monkeypatch.setattr(module, "Trainer", Remote)
    monkeypatch.setattr("tabrl.adapters.sql.jobs.SqlJobRepository", lambda *_: jobs)
    monkeypatch.setattr("tabrl.adapters.celery_app.CeleryTaskQueue", lambda _: Queue())
    assert module.look.local() == 2
    assert len(spawned) == 2
    for job, _ in pairs[1:]:
        assert jobs.request_cancel(job.id).state is JobState.CANCELLED
    assert module.look.local() == 0
