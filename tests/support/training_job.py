"""A training job from claim to result, with adapters in memory and a clock that is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TypeVar

import numpy as np
from safetensors.numpy import load

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.contracts.comparison import Comparison
from tabrl.contracts.events import Event, ProgressEvent
from tabrl.contracts.training import EvaluationRow, TrainBudget, TrainResult, TrainSpec
from tabrl.domain.jobs import Job
from tabrl.domain.models import Model
from tabrl.ports import JobStoppedError, StopReason
from tabrl.robots import Robot, scene_sha256
from tabrl.sim.reward.function import ExportedReward, export_reward, load_reward
from tabrl_trainer.context import TrainingContext, TrainingContexts
from tabrl_trainer.episode_scores import EvaluationEntry
from tabrl_trainer.evaluation import Candidate, Evaluation
from tabrl_trainer.job import TrainingHandler
from tabrl_trainer.rollout_reward import RolloutReward
from tests.support.factories import training
from tests.twins import (
    ManualClock,
    MemoryBlobStore,
    MemoryDatabase,
    MemoryJobRepository,
    MemoryModelRepository,
    MemoryVerifiedArtifacts,
)

LEASE_S = 30.0
# What any robot can be asked: to move, and to do so without haste.
MOVE = """
WEIGHTS = {"motion": 1.0, "calm": 0.2}

def reward(state, action):
    moved = jnp.mean(jnp.square(state.joint_velocity()))
    return {
        "motion": 1.0 - rl.gaussian(jnp.sqrt(moved), 1.0),
        "calm": rl.gaussian(jnp.mean(jnp.abs(action - state.previous_action())), 0.5),
    }
"""
MOVES = CheckSpec(id="moves", quantity="joint_speed", statistic=Statistic.MEAN, at_least=0.3)
T = TypeVar("T")


@cache
def exported_for(robot: Robot, source: str = MOVE) -> ExportedReward:
    """A robot's reward artifact."""
    return export_reward(source, robot)


def reward_for(robot: Robot, source: str = MOVE) -> RolloutReward:
    """A robot's reward with the weights it names itself."""
    artifact = exported_for(robot, source)
    return RolloutReward(load_reward(artifact.blob), artifact.weights)


def training_of(
    spec: TrainSpec, now: datetime, task_id: str = "tsk_aaaaaaaaaaaaaaaa"
) -> tuple[Job, Model]:
    """A training job by its specification, with its model."""
    job, model = training(now, task_id)
    of_model = {
        "robot": spec.robot,
        "scene_sha256": scene_sha256(spec.robot),
        "params_key": Model.base_params_key(spec.robot),
    }
    return (
        job.model_copy(update={"robot": spec.robot, "spec": spec}),
        model.model_copy(update=of_model),
    )


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
        robot = context.robot
        artifact = exported_for(robot)
        self.clock = ManualClock()
        self.blobs = MemoryBlobStore()
        self._database = database = MemoryDatabase(self.clock)
        self.jobs, self.models = MemoryJobRepository(database), MemoryModelRepository(database)
        spec = TrainSpec(
            robot=robot.id, artifact_sha256=artifact.sha256, weights=artifact.weights,
            checks=(MOVES,), budget=TrainBudget(search_s=0.01, ppo_s=ppo_s), phases_s=phases_s,
        )  # fmt: skip
        job, model = training_of(spec, self.clock.now())
        self.job_id, self.model_id = job.id, model.id
        self.jobs.create_training([job], [model])
        self.blobs.put(f"artifacts/{artifact.sha256}.bin", artifact.blob)
        self.verified = MemoryVerifiedArtifacts(database)
        self.verified.record(artifact.sha256, robot.id)
        contexts = TrainingContexts(lambda robot, pretrained: context)
        self.seconds = Clock()
        self.handler = TrainingHandler(
            contexts, self.blobs, self.models, self.verified, clock=self.seconds
        )

    def respecify(self, change: Callable[[TrainSpec], TrainSpec]) -> None:
        """Ask for something else than a minute."""
        job = self.jobs.get(self.job_id)
        assert job.spec is not None
        spec = change(job.spec)
        changed = job.model_copy(update={"spec": spec, "spec_version": spec.version})
        self._database.jobs[self.job_id] = changed

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


def check_episodes(world: World, result: TrainResult, fence: int) -> None:
    """That episodes of what a job delivered lie in the store, in the weights of its reward."""
    assert result.recorded
    (key,) = world.blobs.list(f"episodes/{world.job_id}")
    assert key == f"episodes/{world.job_id}/{fence:06d}/evaluated.safetensors"
    tensors = load(world.blobs.get(key))
    worst, typical = (tensors[f"{kind}/reward"].mean() for kind in ("worst", "typical"))
    assert worst <= min(typical, result.result.reward) + 1e-4
    terms = tensors["typical/terms"]
    assert terms.shape[1] == len(result.result.terms)
    assert np.abs(terms.sum(1) - tensors["typical/reward"]).max() < 1e-6


@dataclass
class FixedEvaluator:
    """An evaluator that has made up its mind."""

    base: float
    program: float
    result: float
    measured: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seen: list[Candidate] = field(default_factory=list)

    def evaluate(self, program: Candidate, result: Candidate, *_: object) -> Evaluation:
        self.seen = [program, result]
        base, before, after = (
            EvaluationEntry(
                EvaluationRow(reward=reward, terms={}, fall_rate=0.0, episodes=4), (value,)
            )
            for reward, value in zip(
                (self.base, self.program, self.result), self.measured, strict=True
            )
        )
        gain = self.result - self.program
        return Evaluation(base, before, after, Comparison.of(self.program, gain, 0.01, 4))

    @property
    def most_episodes(self) -> int:
        return 8
