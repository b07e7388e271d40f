"""Jobs as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from pydantic.config import JsonDict

from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.tiers import EvaluationPoint, Minutes, Tier
from tabrl.contracts.training import ProgressSummary, TrainResult
from tabrl.domain.jobs import FailureKind, Job, JobKind, JobState, Priority

Weight = Annotated[FiniteFloat, Field(ge=-1000.0, le=1000.0)]
Weights = Annotated[dict[str, Weight], Field(min_length=1, max_length=32)]

JOB_EXAMPLE: JsonDict = {
    "id": "job_5wauxhcjkly7sakx",
    "kind": "train",
    "state": "queued",
    "task_id": "tsk_52gcogdi5xuj626f",
    "candidate": 1,
    "robot": "walker",
    "model_id": "mdl_x7c2q4mzk3hf5wpa",
    "place_in_queue": 1,
    "attempt": 0,
    "created_at": "2026-01-01T12:00:00Z",
    "started_at": None,
    "finished_at": None,
    "failure": None,
    "result": None,
    "weights": {"forward": 1.0, "sway": 0.6},
    "first_weights": {"forward": 1.0, "sway": 0.4},
}


class FailureView(BaseModel):
    """Why a job failed: whether infrastructure, code or learning did, a stable code, and words."""

    kind: FailureKind
    code: str = Field(examples=["attempts_exhausted"])
    message: str
    line: int | None = Field(default=None, description="Line of the source at fault, if one is.")


class JobChange(BaseModel):
    """Other weights for a running training; terms left out keep theirs."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"weights": {"sway": 0.8}}]}
    )

    weights: Weights


class KeepGoing(BaseModel):
    """For how long to go on from a result: by the minutes, else with the next tier."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"minutes": 10}]})

    tier: Tier | None = Field(
        default=None,
        description="Of the new training; `full` if minutes are given, else `fine-tune` after "
        "`command` and `full` after the others.",
    )
    minutes: Minutes | None = None
    priority: Priority = Priority.NORMAL


class JobView(BaseModel):
    """One piece of work and where it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB_EXAMPLE]})

    id: str
    kind: JobKind
    state: JobState
    task_id: str
    candidate: int | None = Field(
        description="Number of the candidate, from 1: the one trained or edited; null for writing."
    )
    robot: str
    model_id: str | None
    priority: Priority = Field(default=Priority.NORMAL, description="Which work waits for which.")
    place_in_queue: int | None = Field(description="1 is next; null unless the job waits.")
    starts_in_s: float | None = Field(
        default=None, description="Seconds until it starts, by what runs and waits before it."
    )
    not_before: datetime | None = Field(
        default=None, description="It waits until then because a part did not answer."
    )
    stage: str | None = Field(default=None, description="What it is at, or was at last.")
    progress: ProgressSummary | None = Field(
        default=None,
        description="How far a training is; a few seconds old at most. Its "
        "evaluations are in `history`.",
    )
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: FailureView | None
    result: TrainResult | None
    tier: Tier | None = Field(default=None, description="Of a training; null for writing.")
    minutes: float | None = Field(
        default=None, description="That a training may take, all stages together."
    )
    continues: str | None = Field(
        default=None, description="The training whose result this one goes on from."
    )
    history: list[EvaluationPoint] = Field(
        default=[],
        description="Evaluations of the trainings it goes on from and its own: one curve over all "
        "of them.",
    )
    ground: Ground = Field(default=FLAT, description="What the robot stands on in a training.")
    ground_words: str = Field(default="flat ground", examples=["uphill, 10°"])
    weights: dict[str, float] = Field(
        description="Weight of each reward term, as last asked for, or once there is a result as "
        "it was learnt under; empty for writing."
    )
    first_weights: dict[str, float] = Field(
        description="Those that a training was asked for with; empty for writing."
    )

    @classmethod
    def of(cls, job: Job, place_in_queue: int | None, starts_in_s: float | None = None) -> JobView:
        """View of a job."""
        failure, spec = job.failure, job.spec
        origin = None if spec is None else spec.origin
        history = () if origin is None else origin.history
        if job.result is not None:
            history = job.result.history
        elif job.progress is not None:
            history = (*history, *job.progress.history)
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            task_id=job.task_id,
            candidate=job.candidate,
            robot=job.robot,
            model_id=job.model_id,
            priority=list(Priority)[min(job.priority, len(Priority) - 1)],
            place_in_queue=place_in_queue,
            starts_in_s=starts_in_s,
            not_before=job.not_before,
            stage=job.stage,
            progress=job.progress and job.progress.model_copy(update={"history": ()}),
            attempt=job.attempt,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            failure=FailureView.model_validate(failure.model_dump()) if failure else None,
            result=job.result,
            ground=(ground := FLAT if job.spec is None else job.spec.ground),
            ground_words=ground.in_words(),
            tier=None if spec is None else spec.tier,
            minutes=None if spec is None else round(spec.budget.seconds / 60.0, 2),
            continues=None if origin is None else origin.job_id,
            history=list(history),
            weights=job.valid_weights,
            first_weights={} if spec is None else spec.weights,
        )


class JobList(BaseModel):
    """Jobs, newest first; `next` is the `before` of those that follow, null after the last."""

    jobs: list[JobView]
    next: str | None = None
