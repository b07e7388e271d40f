"""A task: a robot, a sentence, and the candidate rewards written for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from tabrl.contracts.checks import CheckSpec, Identifier
from tabrl.contracts.ground import FLAT, Ground, GroundField
from tabrl.contracts.motion import MotionSpec
from tabrl.contracts.phases import PhasesS
from tabrl.contracts.training import Sha256
from tabrl.domain.jobs import Failure, JobState
from tabrl.domain.people import LOCAL
from tabrl.domain.report import CandidateReport as CandidateReport
from tabrl.domain.report import ClipScore as ClipScore
from tabrl.domain.report import MotionPreview as MotionPreview
from tabrl.domain.weights import merged_weights

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


class Lineage(BaseModel):
    """What a task goes on from: a candidate of an earlier one, and the training seen of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_id: str
    candidate: int = Field(ge=1)
    job_id: str | None = None


class LlmUsage(BaseModel):
    """What the writing of a task cost; `cost_usd` is None where the prices are not known."""

    model_config = ConfigDict(frozen=True)

    model: str
    prompt_version: str
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0


class Dropped(BaseModel):
    """A reward that was written but is not offered, and why; holds no source."""

    model_config = ConfigDict(frozen=True)

    name: str
    code: str
    message: str


class Task(BaseModel):
    """What a user asked for, and how its writing went."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str = LOCAL
    robot: str
    prompt: str = Field(repr=False)
    created_at: datetime
    state: TaskState = TaskState.WRITING
    job_id: str
    failure: Failure | None = None
    understood: list[str] = Field(default_factory=list, repr=False)
    not_understood: list[str] = Field(default_factory=list, repr=False)
    parent: Lineage | None = None
    usage: LlmUsage | None = None
    dropped: list[Dropped] = Field(default_factory=list, repr=False)
    notices: list[str] = Field(default_factory=list, repr=False)
    starred: bool = False  # kept however old it gets


class Candidate(BaseModel):
    """One reward for a task. Its source is stored apart; the keys of `weights` are its terms."""

    model_config = ConfigDict(frozen=True)

    n: int = Field(ge=1)
    name: str
    idea: str = Field(repr=False)
    author: str
    weights: dict[Identifier, float]
    checks: list[CheckSpec]
    phases_s: PhasesS = ()  # what follows what, if anything does
    repeat: bool = True  # the first phase comes after the last one; else the last one goes on
    motion: MotionSpec | None = None  # what it was written for, unless code says more than that
    ground: GroundField = FLAT
    artifact_sha256: Sha256
    report: CandidateReport = CandidateReport()
    parent: int | None = None  # the candidate it was edited from
    revised_by: str | None = None  # the job that checked the edit

    def reweighted(self, changes: Mapping[str, float]) -> Self:
        """With some weights replaced. Raises `Invalid` as `merged_weights`."""
        return self.model_copy(update={"weights": merged_weights(self.weights, changes)})

    def on(self, ground: Ground) -> Self:
        """On another ground."""
        motion = self.motion and self.motion.model_copy(update={"ground": ground})
        return self.model_copy(update={"ground": ground, "motion": motion})

    def added_to(self, others: Sequence[Candidate], job_id: str) -> Candidate:
        """As the next candidate of a task that has these, once for each job that revised it.

        An earlier attempt of the job may have added its candidate already: it stays that one.
        """
        for other in others:
            if other.revised_by == job_id:
                return other
        n = max((other.n for other in others), default=0) + 1
        return self.model_copy(update={"n": n, "revised_by": job_id})


class Revision(BaseModel):
    """An edit of candidate `parent` that a worker has yet to check; None keeps what it had."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_id: str
    parent: int = Field(ge=1)
    code: str | None = Field(default=None, repr=False)
    motion: MotionSpec | None = None
    weights: dict[Identifier, float] | None = None
    checks: list[CheckSpec] | None = None


@dataclass(frozen=True)
class WrittenTask:
    """What a finished writing leaves behind; `previews` by candidate number."""

    candidates: Sequence[Candidate] = ()
    previews: Mapping[int, MotionPreview] = field(default_factory=dict)
    understood: Sequence[str] = ()
    not_understood: Sequence[str] = ()
    usage: LlmUsage | None = None
    dropped: Sequence[Dropped] = ()
    notices: Sequence[str] = ()

    def columns(self) -> dict[str, Any]:
        """All but candidates and previews, as values of the task's columns."""
        return {
            "understood": [*self.understood],
            "not_understood": [*self.not_understood],
            "usage": None if self.usage is None else self.usage.model_dump(mode="json"),
            "dropped": [item.model_dump(mode="json") for item in self.dropped],
            "notices": [*self.notices],
        }
