"""Jobs as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from pydantic.config import JsonDict

from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import FailureKind, Job, JobKind, JobState

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
    place_in_queue: int | None = Field(description="1 is next; null unless the job waits.")
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: FailureView | None
    result: TrainResult | None
    weights: dict[str, float] = Field(
        description="Weight of each reward term, as last asked for, or once there is a result as "
        "it was learnt under; empty for writing."
    )

    @classmethod
    def of(cls, job: Job, place_in_queue: int | None) -> JobView:
        """View of a job."""
        failure = job.failure
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            task_id=job.task_id,
            candidate=job.candidate,
            robot=job.robot,
            model_id=job.model_id,
            place_in_queue=place_in_queue,
            attempt=job.attempt,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            failure=FailureView.model_validate(failure.model_dump()) if failure else None,
            result=job.result,
            weights=job.valid_weights,
        )


class JobList(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobView]
