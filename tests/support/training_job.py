"""A training job from claim to result, with adapters in memory and a clock that is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from tabrl.contracts.events import Event, ProgressEvent
from tabrl.contracts.training import EvaluationRow, TrainBudget, TrainSpec
from tabrl.domain.jobs import Job
from tabrl.domain.models import Model
from tabrl.ports import JobStoppedError, StopReason
from tabrl_trainer.context import TrainingContext, TrainingContexts
from tabrl_trainer.evaluation import Candidate, EvaluationEntry
from tabrl_trainer.job import TrainingHandler
from tests.support.engine import FORWARD, exported
from tests.support.factories import CHECK, training
from tests.twins import (
    ManualClock,
    MemoryBlobStore,
    MemoryDatabase,
    MemoryJobRepository,
    MemoryModelRepository,
    MemoryVerifiedArtifacts,
)

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
    # The weights requested, by the number of progress events seen.
    requests: dict[int, dict[str, float]] = field(default_factory=dict)

    def requested_weights(self) -> dict[str, float] | None:
        seen = len(self.of(ProgressEvent))
        return next(
            (w for at, w in sorted(self.requests.items(), reverse=True) if at <= seen), None
        )

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

    def __init__(
        self, context: TrainingContext, ppo_s: float, phases_s: tuple[float, ...] = ()
    ) -> None:
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
        contexts = TrainingContexts(lambda robot, pretrained: context)
        self.handler = TrainingHandler(
            contexts, self.blobs, self.models, self.verified, clock=Clock()
        )

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


@dataclass
class FixedEvaluator:
    """An evaluator that has made up its mind."""

    base: float
    program: float
    result: float
    measured: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seen: list[Candidate] = field(default_factory=list)

    def evaluate(self, candidates: list[Candidate], *_: object) -> list[EvaluationEntry]:
        self.seen = candidates
        return [
            EvaluationEntry(
                EvaluationRow(reward=reward, terms={}, fall_rate=0.0, episodes=4), (value,)
            )
            for reward, value in zip(
                (self.base, self.program, self.result), self.measured, strict=True
            )
        ]
