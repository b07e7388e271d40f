"""A task: a robot, a sentence, and the candidate rewards written for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from tabrl.contracts.checks import CheckSpec, Identifier
from tabrl.contracts.training import Sha256
from tabrl.domain.jobs import Failure, JobState
from tabrl.domain.report import CandidateReport as CandidateReport
from tabrl.domain.report import ClipScore as ClipScore
from tabrl.domain.report import MotionPreview as MotionPreview

PROMPT_MAX = 2000


class TaskState(StrEnum):
    """How far the candidates of a task are. Derived from the job that writes them."""

    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @classmethod
    def of(cls, writing_job: JobState) -> TaskState:
        """The task's state while its writing job is in `writing_job`."""
        return {
            JobState.SUCCEEDED: cls.READY,
            JobState.FAILED: cls.FAILED,
            JobState.CANCELLED: cls.CANCELLED,
        }.get(writing_job, cls.WRITING)


class Task(BaseModel):
    """What a user asked for, and how its writing went."""

    model_config = ConfigDict(frozen=True)

    id: str
    robot: str
    prompt: str = Field(repr=False)
    created_at: datetime
    state: TaskState = TaskState.WRITING
    job_id: str
    failure: Failure | None = None
    understood: list[str] = Field(default_factory=list, repr=False)
    not_understood: list[str] = Field(default_factory=list, repr=False)


class Candidate(BaseModel):
    """One reward for a task. Its source is stored apart; the keys of `weights` are its terms."""

    model_config = ConfigDict(frozen=True)

    n: int = Field(ge=1)
    name: str
    idea: str = Field(repr=False)
    author: str
    weights: dict[Identifier, float]
    checks: list[CheckSpec]
    artifact_sha256: Sha256
    report: CandidateReport = CandidateReport()
