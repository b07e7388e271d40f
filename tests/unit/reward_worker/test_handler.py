"""The job from sentence to stored candidates, over stores in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest

from tabrl.adapters.memory import (
    ManualClock,
    MemoryBlobStore,
    MemoryDatabase,
    MemoryJobRepository,
    MemorySourceRepository,
    MemoryTaskRepository,
)
from tabrl.contracts.events import Event
from tabrl.domain.errors import Conflict
from tabrl.domain.jobs import Job, JobKind, JobState
from tabrl.domain.tasks import Task
from tabrl.ports import JobFailedError, JobStoppedError, StopReason
from tabrl.robots import get_robot
from tabrl.sim.bank import Bank, dump_bank, load_bank
from tabrl.sim.reward import load_reward
from tabrl_reward_worker.authors import ComposerAuthor
from tabrl_reward_worker.building import Builder
from tabrl_reward_worker.handler import BankShelf, WriteRewards
from tabrl_reward_worker.jail import Jail
from tests.support.bank import CLIPS, made_up_bank

GO1 = get_robot("go1")


@dataclass
class Control:
    """A job's line that remembers what was said, and stops when told."""

    fence: int
    stop: StopReason | None = None
    events: list[Event] = field(default_factory=list)

    def should_stop(self) -> StopReason | None:
        return self.stop

    def raise_if_stopped(self) -> None:
        if self.stop is not None:
            raise JobStoppedError(self.stop)

    def publish(self, event: Event) -> None:
        self.events.append(event)


@dataclass
class Desk:
    """A handler over stores in memory."""

    jail: Jail
    bank: Bank | None
    db: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(ManualClock()))
    blobs: MemoryBlobStore = field(default_factory=MemoryBlobStore)

    def __post_init__(self) -> None:
        self.jobs = MemoryJobRepository(self.db)
        self.tasks = MemoryTaskRepository(self.db)
        self.sources = MemorySourceRepository(self.db)
        self.handler = WriteRewards(
            ComposerAuthor(Builder(self.jail)),
            tasks=self.tasks,
            sources=self.sources,
            blobs=self.blobs,
            bank=lambda _: self.bank,
        )

    def post(self, prompt: str) -> Job:
        """A task, its job claimed."""
        now = self.db.clock.now()
        job = Job(
            id="job_a",
            kind=JobKind.REWARD,
            task_id="tsk_a",
            robot="go1",
            queued_at=now,
            created_at=now,
        )
        task = Task(id="tsk_a", robot="go1", prompt=prompt, created_at=now, job_id=job.id)
        self.tasks.create(task, job)
        claimed = self.jobs.claim(job.id, 15.0, 3)
        assert claimed is not None
        return claimed


@pytest.fixture(scope="module")
def bank() -> Bank:
    return made_up_bank(GO1)


@pytest.fixture
def desk(jail: Jail, bank: Bank) -> Desk:
    return Desk(jail, bank)


def test_candidates_sources_artifacts_and_previews_are_stored(desk: Desk) -> None:
    job = desk.post("walk backwards")
    control = Control(job.fence)
    assert desk.handler(job, control) is None
    desk.jobs.finish(job.id, job.fence, JobState.SUCCEEDED)
    candidates = desk.tasks.candidates("tsk_a")
    assert [candidate.n for candidate in candidates] == [1, 2, 3]
    sources = desk.sources.get("tsk_a")
    for candidate in candidates:
        blob = desk.blobs.get(f"artifacts/{candidate.artifact_sha256}.bin")
        assert hashlib.sha256(blob).hexdigest() == candidate.artifact_sha256
        assert set(load_reward(blob).terms) == set(candidate.weights)
        assert "def reward(state, action):" in sources[candidate.n]
        assert candidate.author == "composer"
        assert candidate.report.best_clip == "backwards"
        assert {clip.clip for clip in candidate.report.clips} == set(CLIPS)
        ranking = [clip.clip for clip in candidate.report.clips]
        assert ranking.index("stand") < ranking.index("fall")
        for clip in candidate.report.clips:
            assert clip.score == pytest.approx(sum(clip.terms.values()), abs=0.01)
        assert any("success checks: backwards." in note for note in candidate.report.notes)
        preview = desk.tasks.preview("tsk_a", candidate.n)
        assert preview.clip == "backwards"
        assert len(preview.qpos) == 150
        assert len(preview.qpos[0]) == 19
    assert "backward" in " ".join(desk.tasks.get("tsk_a").understood)
    assert [event.type for event in control.events] == ["stage"]


def test_a_second_attempt_writes_the_same(desk: Desk) -> None:
    job = desk.post("bow")
    desk.handler(job, Control(job.fence))
    before = desk.blobs.list("artifacts/")
    desk.handler(job, Control(job.fence))
    assert desk.blobs.list("artifacts/") == before


def test_a_task_not_understood_fails_with_help_and_keeps_the_reading(desk: Desk) -> None:
    job = desk.post("yodel loudly")
    with pytest.raises(JobFailedError) as error:
        desk.handler(job, Control(job.fence))
    failure = error.value.failure
    assert failure.code == "task_not_understood"
    assert "crouch low and creep forward" in failure.message
    assert "yodel" not in failure.message
    assert desk.tasks.get("tsk_a").not_understood == ["yodel", "loudly"]


def test_a_loser_writes_nothing(desk: Desk) -> None:
    job = desk.post("bow")
    with pytest.raises(Conflict) as error:
        desk.handler(job, Control(fence=job.fence + 1))
    assert error.value.code == "fence_lost"
    assert desk.sources.get("tsk_a") == {}


def test_a_cancelled_job_stops_before_it_stores(desk: Desk) -> None:
    job = desk.post("bow")
    with pytest.raises(JobStoppedError):
        desk.handler(job, Control(job.fence, stop=StopReason.CANCELLED))
    assert desk.sources.get("tsk_a") == {}


def test_without_a_bank_it_works_and_says_so(jail: Jail) -> None:
    desk = Desk(jail, None)
    job = desk.post("bow")
    control = Control(job.fence)
    desk.handler(job, control)
    assert "no_behaviour_bank" in [getattr(event, "code", "") for event in control.events]


def test_a_bank_is_looked_for_until_it_is_there(bank: Bank) -> None:
    blobs = MemoryBlobStore()
    shelf = BankShelf(blobs, load_bank)
    assert shelf("go1") is None
    blobs.put("bank/go1.npz", dump_bank(bank))
    found = shelf("go1")
    assert found is not None
    assert found.clips == bank.clips
    blobs.delete(["bank/go1.npz"])
    assert shelf("go1") is found
