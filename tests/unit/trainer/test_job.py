"""A training job from claim to result, with adapters in memory and a clock that is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

import pytest

import tabrl_trainer.finetune
import tabrl_trainer.job
from tabrl.adapters.memory import (
    ManualClock,
    MemoryBlobStore,
    MemoryDatabase,
    MemoryJobRepository,
    MemoryModelRepository,
    MemoryVerifiedArtifacts,
)
from tabrl.contracts.events import (
    EvaluationEvent,
    Event,
    NoticeEvent,
    ProgressEvent,
    ReweightedEvent,
    SearchEvent,
    SnapshotEvent,
    StageEvent,
)
from tabrl.contracts.training import EvaluationRow, TrainBudget, TrainSpec
from tabrl.control.policy import load_policy
from tabrl.domain.jobs import FailureKind, Job
from tabrl.domain.models import Model
from tabrl.ports import JobFailedError, JobStoppedError, StopReason
from tabrl.robots import scene_sha256
from tabrl.sim.reward import load_reward
from tabrl_trainer.base.shipped import ShippedBase
from tabrl_trainer.engine import RobotEngine
from tabrl_trainer.evaluation import Contender, Row
from tabrl_trainer.job import TrainingHandler
from tabrl_trainer.replay import replay
from tabrl_trainer.scoring import TapeReward
from tests.support.engine import FORWARD, exported
from tests.support.factories import CHECK, training

LEASE_S = 30.0
T = TypeVar("T")


class DiedError(Exception):
    """The worker is gone."""


@dataclass
class Control:
    """A `JobControl` that keeps the events and stops or dies at a progress event."""

    fence: int
    stop_at: int | None = None
    die_at: int | None = None
    reason: StopReason = StopReason.SHUTDOWN
    events: list[Event] = field(default_factory=list)
    wishes: dict[int, dict[str, float]] = field(default_factory=dict)  # by progress events seen

    def wished_weights(self) -> dict[str, float] | None:
        seen = len(self.of(ProgressEvent))
        return next((w for at, w in sorted(self.wishes.items(), reverse=True) if at <= seen), None)

    def should_stop(self) -> StopReason | None:
        stop = self.stop_at is not None and len(self.of(ProgressEvent)) >= self.stop_at
        return self.reason if stop else None

    def raise_if_stopped(self) -> None:
        reason = self.should_stop()
        if reason is not None:
            raise JobStoppedError(reason)

    def publish(self, event: Event) -> None:
        self.events.append(event)
        if self.die_at is not None and len(self.of(ProgressEvent)) >= self.die_at:
            raise DiedError

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]


class Clock:
    """Half a second more at every look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


class World:
    """One training job in memory, and the handler that does it."""

    def __init__(self, engine: RobotEngine, ppo_s: float, phases_s: tuple[float, ...] = ()) -> None:
        artifact = exported(FORWARD)
        self.clock = ManualClock()
        self.blobs = MemoryBlobStore()
        database = MemoryDatabase(self.clock)
        self.jobs, self.models = MemoryJobRepository(database), MemoryModelRepository(database)
        job, model = training(self.clock.now())
        spec = TrainSpec(
            robot="go1", artifact_sha256=artifact.sha256, weights=artifact.weights,
            checks=(CHECK,), budget=TrainBudget(search_s=0.01, ppo_s=ppo_s), phases_s=phases_s,
        )  # fmt: skip
        self.job_id, self.model_id = job.id, model.id
        self.jobs.create_training([job.model_copy(update={"spec": spec})], [model])
        self.blobs.put(f"artifacts/{artifact.sha256}.bin", artifact.blob)
        self.verified = MemoryVerifiedArtifacts(database)
        self.verified.record(artifact.sha256, "go1")
        self.handler = TrainingHandler({"go1": engine}, self.blobs, self.models, self.verified)

    def claim(self) -> Job:
        self.clock.advance(LEASE_S + 1.0)
        job = self.jobs.claim(self.job_id, LEASE_S, 5)
        assert job is not None
        return job

    def params(self) -> list[bytes]:
        return [self.blobs.get(key) for key in self.blobs.list(f"params/{self.job_id}")]

    @property
    def model(self) -> Model:
        return self.models.get(self.model_id)


@pytest.fixture(autouse=True)
def _told_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=Clock())
    monkeypatch.setattr(tabrl_trainer.job, "time", clock)
    monkeypatch.setattr(tabrl_trainer.finetune, "time", clock)


@pytest.fixture
def world(engine: RobotEngine) -> World:
    return World(engine, ppo_s=10.0)  # by the told clock, the search uses some of it


@dataclass
class Rows:
    """An evaluator that has made up its mind."""

    base: float
    program: float
    result: float
    measured: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seen: list[Contender] = field(default_factory=list)

    def evaluate(self, contenders: list[Contender], *_: object) -> list[Row]:
        self.seen = contenders
        return [
            Row(EvaluationRow(reward=reward, terms={}, fall_rate=0.0, episodes=4), (value,))
            for reward, value in zip(
                (self.base, self.program, self.result), self.measured, strict=True
            )
        ]


@pytest.fixture
def judged(engine: RobotEngine) -> Iterator[RobotEngine]:
    """The engine, whose evaluator a test may replace."""
    evaluators = engine.evaluator, engine.quick_evaluator
    yield engine
    engine.evaluator, engine.quick_evaluator = evaluators


def test_a_job_is_searched_learnt_and_evaluated(world: World, shipped: ShippedBase) -> None:
    job = world.claim()
    control = Control(job.fence)
    result = world.handler(job, control)

    stages = [event.stage for event in control.of(StageEvent)]
    assert stages == ["loading", "search", "value_warmup", "ppo", "evaluation"]
    kinds = [event.type for event in control.events]
    assert kinds.index("search") < kinds.index("snapshot") < kinds.index("progress")
    assert kinds.index("evaluation") > max(i for i, k in enumerate(kinds) if k == "progress")

    samples = [e.samples for e in control.of(SearchEvent)]
    samples += [e.samples for e in control.of(ProgressEvent)]
    assert samples == sorted(set(samples))
    assert result.samples == samples[-1]

    snapshots = control.of(SnapshotEvent)
    assert len(snapshots) >= 3
    assert [e.version for e in snapshots] == list(range(1, len(snapshots) + 1))
    files = {hashlib.sha256(data).hexdigest(): data for data in world.params()}
    assert {e.params_sha256 for e in snapshots} == set(files)
    assert hashlib.sha256(shipped.policy).hexdigest() not in files
    for data in files.values():
        policy = load_policy(data)
        assert policy.header.scene_sha256 == scene_sha256("go1")
        assert policy.program.in_words() == result.program_words

    assert world.model.params_version == result.snapshots == len(snapshots)
    assert world.model.params_sha256 == result.params_sha256
    assert files[result.params_sha256] == world.blobs.get(world.model.params_key)
    (evaluation,) = control.of(EvaluationEvent)
    assert (evaluation.base, evaluation.result) == (result.base, result.result)
    assert [check.id for check in result.checks] == [CHECK.id]
    assert set(result.stages_s) == {"search", "ppo", "selection", "evaluation"}
    assert world.blobs.list("checkpoints") == []


def test_a_job_records_what_it_takes_to_do_it_again(world: World, engine: RobotEngine) -> None:
    job = world.claim()
    with pytest.raises(JobStoppedError):
        world.handler(job, Control(job.fence, stop_at=7))
    job = world.claim()
    result = world.handler(job, Control(job.fence))
    schedule = result.schedule
    assert schedule is not None
    assert schedule.restarts == (7,)
    assert schedule.updates >= schedule.kept
    artifact = exported(FORWARD)
    reward = TapeReward(load_reward(artifact.blob), artifact.weights)
    again = replay(engine, reward, schedule)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_phases_are_trained_delivered_and_done_again(engine: RobotEngine) -> None:
    world = World(engine, ppo_s=5.0, phases_s=(0.6, 0.7))
    job = world.claim()
    control = Control(job.fence)
    result = world.handler(job, control)
    assert result.program_words.startswith("first ")
    searched = control.of(SearchEvent)
    assert len(searched) == 5  # a generation and a final for each phase, then both together
    assert searched[-1].program_words == result.program_words
    delivered = load_policy(world.blobs.get(world.model.params_key))
    assert delivered.program.phases_s == (0.6, 0.7)
    assert result.schedule is not None
    assert result.schedule.phases_s == (0.6, 0.7)
    artifact = exported(FORWARD)
    reward = TapeReward(load_reward(artifact.blob), artifact.weights)
    again = replay(engine, reward, result.schedule)
    assert hashlib.sha256(again).hexdigest() == result.params_sha256


def test_weights_asked_for_on_the_way_are_in_force_from_the_next_update_on(
    world: World, engine: RobotEngine
) -> None:
    job = world.claim()
    wish = {name: 3.0 * weight for name, weight in exported(FORWARD).weights.items()}
    control = Control(job.fence, stop_at=9, wishes={6: wish})
    with pytest.raises(JobStoppedError):
        world.handler(job, control)
    (event,) = control.of(ReweightedEvent)
    assert (event.update, event.weights) == (6, wish)
    before, after = control.of(ProgressEvent)[5:7]
    for name, value in after.terms.items():
        assert value == pytest.approx(3.0 * before.terms[name], rel=0.5)

    job = world.claim()
    again = Control(job.fence, wishes={0: wish})  # the wish is still in the row
    result = world.handler(job, again)
    assert again.of(ReweightedEvent) == []  # and in force since the checkpoint
    assert result.schedule is not None
    assert [change.update for change in result.schedule.reweightings] == [6]
    artifact = exported(FORWARD)
    reward = TapeReward(load_reward(artifact.blob), artifact.weights)
    assert hashlib.sha256(replay(engine, reward, result.schedule)).hexdigest() == (
        result.params_sha256
    )


def test_weights_of_other_terms_are_passed_over(world: World) -> None:
    job = world.claim()
    control = Control(job.fence, wishes={0: {"nothing": 1.0}})
    result = world.handler(job, control)
    assert control.of(ReweightedEvent) == []
    assert result.schedule is not None
    assert result.schedule.reweightings == ()


def test_all_snapshots_but_a_withdrawn_result_differ(judged: RobotEngine) -> None:
    # More and more reward for less and less speed.
    rows = Rows(0.1, 0.5, 0.9, measured=(0.0, 0.4, 0.1))
    judged.evaluator = judged.quick_evaluator = rows  # type: ignore[assignment]
    world = World(judged, ppo_s=6.0)
    job = world.claim()
    control = Control(job.fence)
    result = world.handler(job, control)
    assert result.delivered == "result"
    assert result.note == ""
    assert [flag.code for flag in result.flags] == ["reward_up_checks_down"]
    assert len(set(world.params())) == len(world.params()) == len(control.of(SnapshotEvent))
    last = load_policy(world.blobs.get(world.model.params_key))
    assert result.schedule is not None
    assert last.header.step == result.schedule.kept > 0
    assert result.schedule.updates == control.of(ProgressEvent)[-1].update


def test_an_artifact_that_was_never_verified_is_not_loaded(
    engine: RobotEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(engine, ppo_s=1.0)
    world.handler._verified = MemoryVerifiedArtifacts(MemoryDatabase(world.clock))

    def forbidden(_: bytes) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(tabrl_trainer.job, "load_reward", forbidden)
    job = world.claim()
    with pytest.raises(JobFailedError) as failed:
        world.handler(job, Control(job.fence))
    assert failed.value.failure.code == "artifact_not_verified"


def test_a_result_that_is_worse_is_not_delivered(judged: RobotEngine) -> None:
    rows = Rows(base=0.1, program=0.9, result=0.5)
    judged.evaluator = judged.quick_evaluator = rows  # type: ignore[assignment]
    world = World(judged, ppo_s=6.0)
    job = world.claim()
    result = world.handler(job, Control(job.fence))
    assert result.delivered == "program"
    assert "0.500 against 0.900" in result.note
    assert result.flags == ()
    assert result.result == result.program
    delivered = load_policy(world.blobs.get(world.model.params_key))
    kernel = delivered.weights.layers[0].kernel
    assert (kernel == judged.base_weights.layers[0].kernel).all()
    assert delivered.program == rows.seen[1].program
    assert rows.seen[0].program.in_words() == "stand"
    assert world.model.params_sha256 == result.params_sha256


def test_a_shutdown_leaves_a_checkpoint_and_the_next_attempt_goes_on(world: World) -> None:
    job = world.claim()
    first = Control(job.fence, stop_at=7)
    with pytest.raises(JobStoppedError) as stopped:
        world.handler(job, first)
    assert stopped.value.reason is StopReason.SHUTDOWN
    kept = first.of(ProgressEvent)[-1]
    assert first.of(SnapshotEvent)[-1].update == kept.update
    assert world.blobs.list("checkpoints") != []

    job = world.claim()
    assert job.fence == 2
    second = Control(job.fence)
    result = world.handler(job, second)
    (notice,) = [event for event in second.of(NoticeEvent) if event.code == "resumed"]
    assert f"{kept.samples:,} samples kept" in notice.message
    assert "search" not in [event.stage for event in second.of(StageEvent)]
    progress = second.of(ProgressEvent)
    block = progress[1].samples - progress[0].samples
    assert progress[0].update == kept.update + 1
    assert progress[0].samples == kept.samples + block
    assert result.samples == progress[-1].samples
    versions = [e.version for c in (first, second) for e in c.of(SnapshotEvent)]
    assert versions == list(range(1, len(versions) + 1))
    assert result.snapshots == len(versions)
    assert world.blobs.list("checkpoints") == []


def test_after_a_death_the_last_checkpoint_counts(world: World) -> None:
    job = world.claim()
    dying = Control(job.fence, die_at=10)
    with pytest.raises(DiedError):
        world.handler(job, dying)
    saved = dying.of(SnapshotEvent)[-1]
    assert 0 < saved.update < 10
    (kept,) = [e for e in dying.of(ProgressEvent) if e.update == saved.update]

    job = world.claim()
    second = Control(job.fence)
    world.handler(job, second)
    assert second.of(NoticeEvent)[0].code == "resumed"
    assert second.of(ProgressEvent)[0].update == kept.update + 1
    assert second.of(ProgressEvent)[0].samples > kept.samples


def test_a_death_before_the_first_checkpoint_begins_anew(world: World) -> None:
    job = world.claim()
    with pytest.raises(DiedError):
        world.handler(job, Control(job.fence, die_at=1))
    job = world.claim()
    second = Control(job.fence, stop_at=1)
    with pytest.raises(JobStoppedError):
        world.handler(job, second)
    assert second.of(NoticeEvent) == []
    assert second.of(SearchEvent) != []
    assert second.of(SnapshotEvent)[0].version == 2  # counting on, whatever it holds


def test_a_cancelled_search_learns_nothing(world: World) -> None:
    job = world.claim()
    control = Control(job.fence, stop_at=0, reason=StopReason.CANCELLED)
    with pytest.raises(JobStoppedError) as stopped:
        world.handler(job, control)
    assert stopped.value.reason is StopReason.CANCELLED
    assert control.of(ProgressEvent) == []
    assert world.params() == []


def test_an_artifact_whose_bytes_changed_is_never_loaded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(blob: bytes) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(tabrl_trainer.job, "load_reward", forbidden)
    (key,) = world.blobs.list("artifacts")
    data = bytearray(world.blobs.get(key))
    data[-1] ^= 1
    world.blobs.delete([key])
    world.blobs.put(key, bytes(data))
    job = world.claim()
    with pytest.raises(JobFailedError) as failed:
        world.handler(job, Control(job.fence))
    assert failed.value.failure.code == "artifact_changed"
    assert failed.value.failure.kind is FailureKind.INFRASTRUCTURE


@pytest.mark.parametrize("missing", ["spec", "model_id"])
def test_a_job_without_what_training_needs_fails(world: World, missing: str) -> None:
    job = world.claim().model_copy(update={missing: None})
    with pytest.raises(JobFailedError) as failed:
        world.handler(job, Control(job.fence))
    assert failed.value.failure.code == "bad_job"
