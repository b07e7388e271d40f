"""Small valid examples of what the platform keeps."""

from __future__ import annotations

from datetime import datetime

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.contracts.events import ProgressEvent
from tabrl.contracts.motion import MotionSpec, Phase, Shape, Target
from tabrl.contracts.training import EvaluationRow, TrainResult, TrainSpec
from tabrl.domain.ids import new_job_id, new_model_id, new_task_id
from tabrl.domain.jobs import Job, JobKind
from tabrl.domain.models import Model
from tabrl.domain.tasks import Candidate, CandidateReport, ClipScore, MotionPreview, Task

ARTIFACT = "a" * 64
CHECK = CheckSpec(id="speed", quantity="forward_speed", statistic=Statistic.MEAN, at_least=0.3)
PREVIEW = MotionPreview(clip="walk", score=0.8, qpos=[[0.0] * 19, [0.1] * 19])


def candidate(n: int = 1) -> Candidate:
    """A candidate with two terms."""
    return Candidate(
        n=n,
        name=f"candidate {n}",
        idea="be fast",
        author="composer",
        weights={"forward": 1.0, "sway": 0.5},
        checks=[CHECK],
        artifact_sha256=ARTIFACT,
        report=CandidateReport(clips=(ClipScore(clip="walk", score=0.8),), best_clip="walk"),
    )


def writing(now: datetime, prompt: str = "trot") -> tuple[Task, Job]:
    """A task with the job that writes it."""
    task_id, job_id = new_task_id(), new_job_id()
    job = Job(
        id=job_id,
        kind=JobKind.REWARD,
        task_id=task_id,
        robot="go1",
        queued_at=now,
        created_at=now,
    )
    return Task(id=task_id, robot="go1", prompt=prompt, created_at=now, job_id=job_id), job


def training(now: datetime, task_id: str = "tsk_aaaaaaaaaaaaaaaa") -> tuple[Job, Model]:
    """A training job with its model."""
    job_id, model_id = new_job_id(), new_model_id()
    spec = TrainSpec(
        robot="go1", artifact_sha256=ARTIFACT, weights={"forward": 1.0}, checks=(CHECK,)
    )
    job = Job(
        id=job_id,
        kind=JobKind.TRAIN,
        task_id=task_id,
        candidate=1,
        robot="go1",
        model_id=model_id,
        spec=spec,
        queued_at=now,
        created_at=now,
    )
    model = Model(
        id=model_id,
        job_id=job_id,
        task_id=task_id,
        robot="go1",
        scene_sha256="b" * 64,
        params_key=Model.base_params_key("go1"),
        created_at=now,
        updated_at=now,
    )
    return job, model


def train_result() -> TrainResult:
    """A finished training."""
    row = EvaluationRow(reward=1.0, terms={"forward": 1.0}, fall_rate=0.0, episodes=8)
    return TrainResult(
        checks=[],
        base=row,
        program=row,
        result=row,
        program_words="forward at 0.4 m/s",
        samples=1000,
        samples_per_s=500.0,
        snapshots=2,
        delivered="result",
        params_sha256="c" * 64,
        reward_sha256=ARTIFACT,
        stages_s={"ppo": 2.0},
        versions={"tabrl": "0.1.0"},
    )


def progress(update: int, **terms: float) -> ProgressEvent:
    """One update's report, with these terms."""
    return ProgressEvent(
        update=update,
        samples=8192 * (update + 1),
        samples_per_s=10_000.0,
        reward=sum(terms.values()),
        terms=terms,
        episode_length_s=6.0,
        falls_per_minute=0.0,
        kl=0.0,
        elapsed_s=float(update),
        eta_s=1.0,
    )


def asking(**targets: Shape) -> MotionSpec:
    """One phase; an underscore pair separates a quantity from its part."""
    named = []
    for name, shape in targets.items():
        quantity, _, part = name.partition("__")
        named.append(Target(quantity=quantity, part=part or None, shape=shape))
    return MotionSpec(phases=(Phase(targets=tuple(named)),))
