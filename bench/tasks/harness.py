"""Training a task: the trainer's own job on adapters in memory, its reward from the sandbox.

It is what a warm trainer does with a job, with a seed and a budget that the public api does not
offer. Storage and queue are all that differ.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.tasks.task import Task

from tabrl.adapters.clock import SystemClock
from tabrl.contracts.events import Event, MeasuredEvent, NoticeEvent, ProgressEvent, SearchEvent
from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import TrainBudget, TrainResult, TrainSpec
from tabrl.domain.ids import new_job_id, new_model_id, new_task_id
from tabrl.domain.jobs import Job, JobKind
from tabrl.domain.models import Model
from tabrl.ports import StopReason
from tabrl.robots import Robot, scene_sha256
from tabrl.sim.factory import SimulatorKind
from tabrl_reward_worker.sandbox import BuiltReward, Sandbox
from tabrl_trainer.context import TrainingContext, TrainingContexts
from tabrl_trainer.job import TrainingHandler
from tabrl_trainer.pretrained import BANK, POLICY, TRAIN_STATE, PretrainedPolicy, load_pretrained
from tests.twins import (
    MemoryBlobStore,
    MemoryDatabase,
    MemoryJobRepository,
    MemoryModelRepository,
    MemoryVerifiedArtifacts,
)

LEASE_S = 3600.0
LOG_INTERVAL_S = 10.0
Log = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """A finished job: what it reports, the parameters it delivers, and how long it took."""

    result: TrainResult
    params: bytes
    reward: BuiltReward
    seconds: float


class Harness:
    """A warm trainer of one pretrained policy. A context manager: the sandbox is a process."""

    def __init__(
        self, robot: Robot, base: PretrainedPolicy, log: Log, simulator: SimulatorKind = "auto"
    ) -> None:
        self.base_sha256 = hashlib.sha256(base.policy).hexdigest()
        self._robot, self._base = robot, base
        self.context = TrainingContext(robot, base, simulator)
        self._log = log
        self._sandbox = Sandbox()

    def __enter__(self) -> Self:
        self._sandbox.warm_up()
        self.context.warm_up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sandbox.close()

    def reward_of(self, task: Task) -> BuiltReward:
        """A task's reward, built as a user's is. Raises `RewardError`."""
        return self._sandbox.build(task.reward, self._robot)

    def train(
        self, task: Task, seed: int, budget: TrainBudget, tier: Tier = Tier.FINE_TUNE
    ) -> Trained:
        """Learn a task. Raises `RewardError`, or `JobFailedError`."""
        reward = self.reward_of(task)
        clock, blobs = SystemClock(), MemoryBlobStore()
        database = MemoryDatabase(clock)
        jobs, models = MemoryJobRepository(database), MemoryModelRepository(database)
        artifact = hashlib.sha256(reward.blob).hexdigest()
        blobs.put(f"artifacts/{artifact}.bin", reward.blob)
        spec = TrainSpec(
            robot=self._robot.id,
            artifact_sha256=artifact,
            weights=reward.weights,
            checks=task.checks,
            motion=task.motion,
            seed=seed,
            budget=budget,
            tier=tier,
        )
        job, model = _rows(spec, clock)
        jobs.create_training([job], [model])
        claimed = jobs.claim(job.id, LEASE_S, 1)
        assert claimed is not None
        verified = MemoryVerifiedArtifacts(database)
        verified.record(artifact, self._robot.id)
        contexts = TrainingContexts(lambda *_: self.context, lambda _: self._base)
        handler = TrainingHandler(contexts, blobs, models, verified)
        began = time.monotonic()
        result = handler(claimed, _Control(claimed.fence, self._log))
        seconds = time.monotonic() - began
        params = blobs.get(models.get(model.id).params_key)
        return Trained(result, params, reward, seconds)


def read_base(robot: Robot, folder: Path | None) -> PretrainedPolicy:
    """The base that comes with the robot, or another from a folder with the same files.

    Raises `NotFound`, or `OSError`.
    """
    if folder is None:
        return load_pretrained(robot.id)
    return PretrainedPolicy(*((folder / name).read_bytes() for name in (POLICY, TRAIN_STATE, BANK)))


def budget_of(task: Task, minute_s: float) -> TrainBudget:
    """The product's own budget for a minute, scaled where a task or the caller asks for another."""
    scale = task.seconds / 60.0 * minute_s / 60.0
    usual = TrainBudget()
    return usual.model_copy(
        update={"search_s": usual.search_s * min(scale, 1.5), "ppo_s": _ppo_s(usual, scale)}
    )


def _ppo_s(usual: TrainBudget, scale: float) -> float:
    """What is left of the time; a search gains nothing from five minutes."""
    return (usual.search_s + usual.ppo_s) * scale - usual.search_s * min(scale, 1.5)


def _rows(spec: TrainSpec, clock: SystemClock) -> tuple[Job, Model]:
    """A training job and its model, as the api would have made them."""
    now = clock.now()
    task_id, job_id, model_id = new_task_id(), new_job_id(), new_model_id()
    job = Job(
        id=job_id,
        kind=JobKind.TRAIN,
        task_id=task_id,
        candidate=1,
        robot=spec.robot,
        model_id=model_id,
        spec=spec,
        queued_at=now,
        created_at=now,
    )
    model = Model(
        id=model_id,
        job_id=job_id,
        task_id=task_id,
        robot=spec.robot,
        scene_sha256=scene_sha256(spec.robot),
        params_key=Model.base_params_key(spec.robot),
        created_at=now,
        updated_at=now,
    )
    return job, model


class _Control:
    """A `JobControl` that never stops, and logs its progress every few seconds."""

    def __init__(self, fence: int, log: Log) -> None:
        self._fence = fence
        self._log = log
        self._logged_s = 0.0

    @property
    def fence(self) -> int:
        return self._fence

    def should_stop(self) -> StopReason | None:
        return None

    def requested_weights(self) -> None:
        """Nobody asks for others."""

    def raise_if_stopped(self) -> None:
        return

    def publish(self, event: Event) -> None:
        if isinstance(event, SearchEvent):
            words = event.program_words
            self._log(f"  {event.elapsed_s:5.1f} s  search {event.best_reward:.3f}: {words}")
        elif isinstance(event, NoticeEvent):
            self._log(f"  {event.message}")
        elif isinstance(event, MeasuredEvent):
            point = event.point
            self._log(
                f"  minute {point.minutes:.1f}: {point.reward:.3f} ± {point.reward_ci95:.3f}, "
                f"falls {point.fall_rate:.1%}{', the best' if point.best else ''}"
            )
        elif (
            isinstance(event, ProgressEvent) and event.elapsed_s - self._logged_s >= LOG_INTERVAL_S
        ):
            self._logged_s = event.elapsed_s
            self._log(
                f"  {event.elapsed_s:5.1f} s  reward {event.reward:.3f}, "
                f"{event.samples:,} samples, {event.falls_per_minute:.1f} falls a minute"
            )
