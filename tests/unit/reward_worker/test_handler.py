"""The job from sentence to stored candidates, over stores in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest

from tabrl.contracts.events import Event
from tabrl.contracts.motion import Constant, MotionSpec, Phase
from tabrl.domain.errors import Conflict
from tabrl.domain.ids import new_job_id
from tabrl.domain.jobs import Job, JobKind, JobState
from tabrl.domain.tasks import Lineage, Revision, Task
from tabrl.ports import JobFailedError, JobStoppedError, StopReason
from tabrl.robots import Robot, get_robot
from tabrl.sim.motion_library import MotionLibrary, dump_motion_library, load_motion_library
from tabrl.sim.reward.function import load_reward
from tabrl_reward_worker.building import CandidateBuilder
from tabrl_reward_worker.concurrency import CancellationToken, never_cancelled
from tabrl_reward_worker.generation import (
    GenerationResult,
    History,
    RewardGenerator,
    RuleBasedGenerator,
)
from tabrl_reward_worker.handler import BankCache, Repositories, RewardHandler
from tabrl_reward_worker.history import HistoryService
from tabrl_reward_worker.sandbox import Sandbox
from tests.support.factories import asking, progress, train_result, training
from tests.support.motion_library import CLIPS, made_up_bank
from tests.twins import (
    ManualClock,
    MemoryBlobStore,
    MemoryDatabase,
    MemoryEventArchive,
    MemoryEventBus,
    MemoryJobRepository,
    MemorySourceRepository,
    MemoryTaskRepository,
)

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

    def requested_weights(self) -> dict[str, float] | None:
        return None

    def publish(self, event: Event) -> None:
        self.events.append(event)


@dataclass
class World:
    """A handler over stores in memory."""

    sandbox: Sandbox
    bank: MotionLibrary | None
    db: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(ManualClock()))
    blobs: MemoryBlobStore = field(default_factory=MemoryBlobStore)
    generator: RewardGenerator | None = None

    def __post_init__(self) -> None:
        self.jobs = MemoryJobRepository(self.db)
        self.tasks = MemoryTaskRepository(self.db)
        self.sources = MemorySourceRepository(self.db)
        self.bus = MemoryEventBus()
        history = HistoryService(
            self.tasks, self.sources, self.jobs, self.bus, MemoryEventArchive(self.db)
        )
        repositories = Repositories(self.tasks, self.sources, self.blobs)
        generator = self.generator or RuleBasedGenerator(CandidateBuilder(self.sandbox))
        self.handler = RewardHandler(
            generator, self.sandbox, repositories, history, lambda _: self.bank
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
def bank() -> MotionLibrary:
    return made_up_bank(GO1)


@pytest.fixture
def world(sandbox: Sandbox, bank: MotionLibrary) -> World:
    return World(sandbox, bank)


def test_candidates_sources_artifacts_and_previews_are_stored(world: World) -> None:
    job = world.post("walk backwards")
    control = Control(job.fence)
    assert world.handler(job, control) is None
    world.jobs.finish(job.id, job.fence, JobState.SUCCEEDED)
    candidates = world.tasks.candidates("tsk_a")
    assert [candidate.n for candidate in candidates] == [1, 2, 3]
    sources = world.sources.get("tsk_a")
    for candidate in candidates:
        blob = world.blobs.get(f"artifacts/{candidate.artifact_sha256}.bin")
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
        preview = world.tasks.preview("tsk_a", candidate.n)
        assert preview.clip == "backwards"
        assert len(preview.qpos) == 150
        assert len(preview.qpos[0]) == 19
    assert "backward" in " ".join(world.tasks.get("tsk_a").understood)
    assert [event.type for event in control.events] == ["stage"]


def test_a_second_attempt_writes_the_same(world: World) -> None:
    job = world.post("bow")
    world.handler(job, Control(job.fence))
    before = world.blobs.list("artifacts/")
    world.handler(job, Control(job.fence))
    assert world.blobs.list("artifacts/") == before


def test_a_task_not_understood_fails_with_help_and_keeps_the_reading(world: World) -> None:
    job = world.post("yodel loudly")
    with pytest.raises(JobFailedError) as error:
        world.handler(job, Control(job.fence))
    failure = error.value.failure
    assert failure.code == "task_not_understood"
    assert "crouch low and creep forward" in failure.message
    assert "yodel" not in failure.message
    assert world.tasks.get("tsk_a").not_understood == ["yodel"]


def test_a_loser_writes_nothing(world: World) -> None:
    job = world.post("bow")
    with pytest.raises(Conflict) as error:
        world.handler(job, Control(fence=job.fence + 1))
    assert error.value.code == "fence_lost"
    assert world.sources.get("tsk_a") == {}


def test_a_cancelled_job_stops_before_it_stores(world: World) -> None:
    job = world.post("bow")
    with pytest.raises(JobStoppedError):
        world.handler(job, Control(job.fence, stop=StopReason.CANCELLED))
    assert world.sources.get("tsk_a") == {}


def test_without_a_bank_it_works_and_says_so(sandbox: Sandbox) -> None:
    world = World(sandbox, None)
    job = world.post("bow")
    control = Control(job.fence)
    world.handler(job, control)
    assert "no_behaviour_bank" in [getattr(event, "code", "") for event in control.events]


def test_a_bank_is_looked_for_until_it_is_there(bank: MotionLibrary) -> None:
    blobs = MemoryBlobStore()
    shelf = BankCache(blobs, load_motion_library)
    assert shelf("go1") is None
    blobs.put("bank/go1.npz", dump_motion_library(bank))
    found = shelf("go1")
    assert found is not None
    assert found.clips == bank.clips
    blobs.delete(["bank/go1.npz"])
    assert shelf("go1") is found


CODE = """WEIGHTS = {"tall": 1.0, "calm": -0.01}
def reward(state, action):
    return {
        "tall": state.base_height(),
        "calm": jnp.sum(jnp.square(state.joint_velocity())),
    }
"""


def written(world: World, prompt: str = "walk backwards") -> str:
    """A task with candidates; returns its id."""
    job = world.post(prompt)
    world.handler(job, Control(job.fence))
    world.jobs.finish(job.id, job.fence, JobState.SUCCEEDED)
    return job.task_id


def revise(world: World, **edit: Any) -> Job:
    """An edit of the first candidate, its job claimed."""
    now = world.db.clock.now()
    job = Job(
        id=new_job_id(), kind=JobKind.REWARD, task_id="tsk_a", candidate=1, robot="go1",
        queued_at=now, created_at=now,
    )  # fmt: skip
    world.tasks.create_revision(Revision(task_id="tsk_a", parent=1, **edit), job)
    claimed = world.jobs.claim(job.id, 15.0, 3)
    assert claimed is not None
    return claimed


def test_edited_code_becomes_a_candidate_of_its_own(world: World) -> None:
    task_id = written(world)
    before = world.tasks.candidates(task_id)
    job = revise(world, code=CODE, weights={"calm": -0.02})
    world.handler(job, Control(job.fence))
    *earlier, edited = world.tasks.candidates(task_id)
    assert earlier == before
    assert (edited.n, edited.parent, edited.revised_by) == (4, 1, job.id)
    assert edited.author == "you"
    assert edited.weights == {"tall": 1.0, "calm": -0.02}
    assert edited.checks == before[0].checks
    assert edited.artifact_sha256 != before[0].artifact_sha256
    assert world.sources.get(task_id)[4] == CODE
    assert world.tasks.preview(task_id, 4).clip == edited.report.best_clip
    again = revise(world, code=CODE)
    world.handler(again, Control(again.fence))
    assert [one.n for one in world.tasks.candidates(task_id)] == [1, 2, 3, 4, 5]


def test_an_edit_of_weights_or_checks_keeps_the_artifact(world: World) -> None:
    task_id = written(world)
    first = world.tasks.candidates(task_id)[0]
    term = next(iter(first.weights))
    job = revise(world, weights={term: 0.0}, checks=first.checks[:1])
    world.handler(job, Control(job.fence))
    edited = world.tasks.candidates(task_id)[-1]
    assert edited.weights == {**first.weights, term: 0.0}
    assert edited.checks == first.checks[:1]
    assert edited.artifact_sha256 == first.artifact_sha256
    assert edited.report.clips != first.report.clips
    assert world.sources.get(task_id)[4] == world.sources.get(task_id)[1]


def test_an_edited_motion_is_written_anew_in_the_same_way(world: World) -> None:
    task_id = written(world)
    first, second, *_ = world.tasks.candidates(task_id)
    assert first.motion == second.motion is not None
    slower = asking(forward_speed=Constant(value=0.3))
    job = revise(world, motion=slower)
    world.handler(job, Control(job.fence))
    edited = world.tasks.candidates(task_id)[-1]
    assert (edited.name, edited.motion) == (f"{first.name}, edited", slower)
    assert "velocity[0] - 0.3" in world.sources.get(task_id)[4]
    assert edited.artifact_sha256 != first.artifact_sha256
    assert {check.id for check in edited.checks} >= {"forward", "falls"}
    recoded = revise(world, code=CODE)
    world.handler(recoded, Control(recoded.fence))
    assert world.tasks.candidates(task_id)[-1].motion is None  # the code says more than that


@pytest.mark.parametrize(
    ("edit", "code", "line"),
    [
        ({"code": CODE.replace("base_height", "base_hight")}, "reward_unknown_name", 4),
        ({"code": "import os\n" + CODE}, "reward_not_allowed", 1),
        ({"code": CODE, "weights": {"tal": 1.0}}, "reward_weights", None),
        ({"weights": {"nothing": 1.0}}, "reward_weights", None),
        ({"motion": asking(forward_speed=Constant(value=9.0))}, "motion_beyond", None),
        ({"motion": MotionSpec(phases=(Phase(),))}, "bad_motion", None),
    ],
)
def test_an_edit_at_fault_is_told_where(
    world: World, edit: dict[str, Any], code: str, line: int | None
) -> None:
    task_id = written(world)
    job = revise(world, **edit)
    with pytest.raises(JobFailedError) as error:
        world.handler(job, Control(job.fence))
    failure = error.value.failure
    assert (failure.code, failure.line) == (code, line)
    assert len(world.tasks.candidates(task_id)) == 3
    assert set(world.sources.get(task_id)) == {1, 2, 3}


@dataclass
class Remembering:
    """A generator that keeps what it received."""

    second: RewardGenerator
    received: list[tuple[str, History | None]] = field(default_factory=list)

    def generate(
        self,
        prompt: str,
        robot: Robot,
        history: History | None = None,
        cancelled: CancellationToken = never_cancelled,
        seed: int = 0,
    ) -> GenerationResult:
        self.received.append((prompt, history))
        return self.second.generate("bow", robot)


def test_a_follow_up_is_told_what_went_before(sandbox: Sandbox, bank: MotionLibrary) -> None:
    generator = Remembering(RuleBasedGenerator(CandidateBuilder(sandbox)))
    world = World(sandbox, bank, generator=generator)
    task_id = written(world, "walk backwards")
    train, model = training(world.db.clock.now(), task_id)
    world.jobs.create_training([train], [model])
    held = world.jobs.claim(train.id, 15.0, 3)
    assert held is not None
    for update in range(60):
        world.bus.publish(train.id, progress(update, forward=0.1 * update))
    world.jobs.finish(train.id, held.fence, JobState.SUCCEEDED, result=train_result())
    now = world.db.clock.now()
    job = Job(
        id="job_b", kind=JobKind.REWARD, task_id="tsk_b", robot="go1",
        queued_at=now, created_at=now,
    )  # fmt: skip
    lineage = Lineage(task_id=task_id, candidate=2, job_id=train.id)
    task = Task(
        id="tsk_b", robot="go1", prompt="slower", created_at=now, job_id=job.id, parent=lineage
    )
    world.tasks.create(task, job)
    claimed = world.jobs.claim(job.id, 15.0, 3)
    assert claimed is not None
    world.handler(claimed, Control(claimed.fence))

    (_, none), (prompt, history) = generator.received
    assert none is None
    assert prompt == "slower"
    assert history is not None
    assert history.sentences == ("walk backwards",)
    assert history.code == world.sources.get(task_id)[2]
    assert history.weights == world.tasks.candidate(task_id, 2).weights
    assert 20 <= len(history.curves["forward"]) <= 60
    assert history.curves["forward"][0] == 0.0
    assert history.checks == train_result().checks
    assert history.fall_rate_result == train_result().result.fall_rate
