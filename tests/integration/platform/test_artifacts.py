"""What every store of verified artifacts promises."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tabrl.adapters.sql import artifacts as module
from tabrl.adapters.sql import outdated as outdated_module
from tabrl.adapters.sql.artifacts import SqlVerifiedArtifacts
from tabrl.adapters.sql.outdated import SqlOutdatedArtifacts
from tabrl.domain.errors import Invalid, Unavailable
from tabrl.domain.jobs import JobState
from tabrl.domain.tasks import WrittenTask
from tabrl.ports import VerifiedArtifacts
from tabrl.rewards.limits import VERIFIER
from tests.integration.platform.conftest import sql_store
from tests.support.factories import candidate, writing
from tests.twins import ManualClock, MemoryDatabase, MemoryVerifiedArtifacts

ONE, OTHER, NEW = "a" * 64, "b" * 64, "c" * 64


def check(verified: VerifiedArtifacts) -> None:
    assert not verified.is_verified(ONE)
    verified.record(ONE, "go1")
    verified.record(ONE, "go1")
    assert verified.is_verified(ONE)
    assert not verified.is_verified(OTHER)


def test_in_memory() -> None:
    check(MemoryVerifiedArtifacts(MemoryDatabase(ManualClock())))


def test_in_sql(engine: Engine) -> None:
    check(SqlVerifiedArtifacts(engine, ManualClock()))


def test_another_version_of_the_verifier_does_not_count(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = SqlVerifiedArtifacts(engine, ManualClock())
    verified.record(ONE, "go1")
    monkeypatch.setattr(module, "VERIFIER", VERIFIER + 1)
    assert not verified.is_verified(ONE)
    verified.record(ONE, "go1")
    assert verified.is_verified(ONE)


def test_artifacts_of_an_earlier_verifier_wait_for_a_verdict(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sql_store(engine)
    task, job = writing(store.clock.now())
    store.tasks.create(task, job)
    assert store.jobs.claim(job.id, 15, 3)
    first = candidate().model_copy(update={"artifact_sha256": ONE})
    found = WrittenTask(candidates=[first, first.model_copy(update={"n": 2})])
    store.tasks.store(task.id, found, job_id=job.id, fence=1)
    store.sources.put(task.id, {1: "code", 2: "code"}, job_id=job.id, fence=1)
    assert store.jobs.finish(job.id, 1, JobState.SUCCEEDED)
    verified, outdated = SqlVerifiedArtifacts(engine, store.clock), SqlOutdatedArtifacts(engine)
    for sha256 in (ONE, OTHER):
        verified.record(sha256, "go1")
        assert verified.current(sha256) == sha256
    assert outdated.outdated(10) == []
    for one in (module, outdated_module):
        monkeypatch.setattr(one, "VERIFIER", VERIFIER + 1)
    with pytest.raises(Unavailable) as waits:
        verified.current(ONE)
    assert waits.value.code == "artifact_outdated"
    known, lost = sorted(outdated.outdated(10), key=lambda one: one.sha256)
    assert (known.sha256, known.robot, known.source) == (ONE, "go1", "code")
    assert known.candidate is not None
    assert (lost.sha256, lost.candidate) == (OTHER, None)
    verified.record(NEW, "go1")
    outdated.replace(ONE, NEW)
    outdated.replace(NEW, NEW)
    outdated.refuse(OTHER, "reward_source_gone")
    assert outdated.outdated(10) == []
    assert verified.current(ONE) == NEW
    assert [one.artifact_sha256 for one in store.tasks.candidates(task.id)] == [NEW, NEW]
    for sha256, code in ((OTHER, "artifact_refused"), ("d" * 64, "artifact_not_verified")):
        with pytest.raises(Invalid) as refused:
            verified.current(sha256)
        assert refused.value.code == code
