"""Tasks, candidates and the requests that make them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from tabrl.contracts.checks import CheckSpec, Statistic, describe
from tabrl.contracts.ground import Ground
from tabrl.contracts.motion import MotionSpec
from tabrl.contracts.path import Path
from tabrl.contracts.quantities import Catalogue
from tabrl.contracts.tiers import USUAL_MINUTES, Minutes, Tier
from tabrl.domain.jobs import Priority
from tabrl.domain.tasks import (
    PROMPT_MAX,
    Candidate,
    CandidateReport,
    Dropped,
    Lineage,
    LlmUsage,
    TaskState,
)
from tabrl.rewards.vocabulary import MAX_SOURCE
from tabrl_api.jobs.schemas import JOB_EXAMPLE, FailureView, JobView, Weights

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _no_control_characters(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


Prompt = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PROMPT_MAX),
    AfterValidator(_no_control_characters),
]


class TaskRequest(BaseModel):
    """What a robot should learn."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"robot": "walker", "prompt": "trot forward slowly and sway your hips"}]
        },
    )

    robot: str = Field(min_length=1, max_length=64)
    prompt: Prompt
    parent: Lineage | None = Field(
        default=None,
        description="Go on from this candidate: the prompt then says what should be different. "
        "With `job_id`, also from what its training reached.",
    )
    tier: Tier | None = Field(
        default=None,
        description="What it is to be trained with. A robot without a pretrained policy can only "
        "be asked for with `full`: it then learns from nothing.",
    )


class CandidateChange(BaseModel):
    """New weights for a candidate's terms; terms left out keep theirs."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"weights": {"sway": 0.8}}]}
    )

    weights: Weights | None = None


class RevisionRequest(BaseModel):
    """An edit of a candidate; what is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"parent": 1, "weights": {"sway": 0.8}}]},
    )

    parent: Annotated[int, Field(ge=1)]
    code: Annotated[str, Field(min_length=1, max_length=MAX_SOURCE)] | None = None
    weights: Weights | None = Field(
        default=None, description="Terms left out keep the weight the code gives them."
    )
    checks: Annotated[list[CheckSpec], Field(min_length=1, max_length=16)] | None = None
    motion: MotionSpec | None = Field(
        default=None,
        description="What the robot is to do instead; code and checks are written for it anew.",
    )


class TrainRequest(BaseModel):
    """Which candidate to train, or all, with which weights, and for how long."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"candidate": 1},
                {"candidate": "all"},
                {"candidate": 1, "tier": "full", "minutes": 10},
            ]
        },
    )

    candidate: Annotated[int, Field(ge=1)] | Literal["all"]
    weights: Weights | None = Field(default=None, description="Only with a single candidate.")
    ground: Ground | None = Field(
        default=None,
        description="What the robot stands on, instead of what the candidate was written for.",
    )
    priority: Priority = Field(
        default=Priority.NORMAL, description="`low` waits until nobody's `normal` work does."
    )
    tier: Tier = Field(
        default=Tier.FINE_TUNE,
        description="`command`: the command schedule alone, in seconds; `fine-tune`: a minute; "
        "`full`: as many minutes as are asked for.",
    )
    minutes: Minutes | None = Field(
        default=None, description=f"Only with the tier `full`; {USUAL_MINUTES} unless given."
    )


class CheckView(BaseModel):
    """A success check, with its name and its bound in words."""

    id: str
    name: str = Field(examples=["mean forward speed"])
    target: str = Field(examples=["0.25 … 0.55 m/s"])
    unit: str = Field(examples=["m/s"])
    quantity: str = Field(examples=["forward_speed"])
    statistic: Statistic
    part: str | None
    frequency: float | None
    threshold: float | None
    path: Path | None
    start_s: float
    end_s: float
    at_least: float | None
    at_most: float | None

    @classmethod
    def of(cls, check: CheckSpec, catalogue: Catalogue) -> CheckView:
        """View of a check of the catalogue's robot."""
        return cls(**describe(check, catalogue)._asdict(), **check.model_dump())


class CandidateView(BaseModel):
    """One reward: what it values, its code, and how it judges recorded motion."""

    n: int
    name: str = Field(examples=["smooth trot with sway"])
    idea: str
    author: str = Field(examples=["composer"])
    code: str
    terms: list[str]
    weights: dict[str, float]
    checks: list[CheckView]
    phases_s: list[float] = Field(
        description="Seconds of what is done one after the other; empty for one thing."
    )
    repeat: bool = Field(
        description="Whether the first phase comes after the last one, which else goes on."
    )
    motion: MotionSpec | None = Field(
        description="What it was written for; null where its code is all that says so."
    )
    ground: Ground = Field(description="What the robot stands on, unless a training says else.")
    ground_words: str = Field(examples=["flat ground"])
    artifact_sha256: str
    report: CandidateReport
    parent: int | None = Field(description="Number of the candidate it was edited from.")
    revised_by: str | None = Field(description="The job that checked the edit.")

    @classmethod
    def of(cls, candidate: Candidate, code: str, catalogue: Catalogue) -> CandidateView:
        """View of a candidate with its source, for the catalogue's robot."""
        return cls(
            n=candidate.n,
            name=candidate.name,
            idea=candidate.idea,
            author=candidate.author,
            code=code,
            terms=list(candidate.weights),
            weights=dict(candidate.weights),
            checks=[CheckView.of(check, catalogue) for check in candidate.checks],
            phases_s=list(candidate.phases_s),
            repeat=candidate.repeat,
            motion=candidate.motion,
            ground=candidate.ground,
            ground_words=candidate.ground.in_words(),
            artifact_sha256=candidate.artifact_sha256,
            report=candidate.report,
            parent=candidate.parent,
            revised_by=candidate.revised_by,
        )


class PreviewView(BaseModel):
    """The recorded motion a candidate likes best."""

    clip: str = Field(examples=["walk"])
    score: float
    hz: float
    qpos: list[list[float]] = Field(description="`[T, nq]`, one row a control step.")


class TaskChange(BaseModel):
    """Whether a task is kept however old it gets."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"starred": True}]})

    starred: bool


class TaskSummary(BaseModel):
    """A task in a list: without candidates."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "tsk_52gcogdi5xuj626f",
                    "robot": "walker",
                    "prompt": "trot forward slowly and sway your hips",
                    "state": "ready",
                    "created_at": "2026-01-01T12:00:00Z",
                    "job_id": "job_2zqk4n7dmx5rcw3h",
                    "failure": None,
                    "understood": ["trot", "forward slowly", "sway your hips"],
                    "not_understood": [],
                    "jobs": [JOB_EXAMPLE],
                    "parent": None,
                    "usage": None,
                    "dropped": [],
                    "notices": [],
                    "starred": False,
                }
            ]
        }
    )

    id: str
    robot: str
    prompt: str
    state: TaskState
    created_at: datetime
    job_id: str = Field(description="The job that writes the candidates.")
    failure: FailureView | None
    understood: list[str]
    not_understood: list[str]
    jobs: list[JobView] = Field(description="Training jobs of the task, newest first.")
    parent: Lineage | None = Field(description="The candidate this task goes on from.")
    usage: LlmUsage | None = Field(description="What the language model took; null without one.")
    dropped: list[Dropped] = Field(description="Rewards that were written but are not offered.")
    notices: list[str] = Field(description="What happened while the candidates were written.")
    starred: bool = Field(description="Kept however old it gets.")


class TaskView(TaskSummary):
    """A task with its candidates; empty until its state is `ready`."""

    model_config = ConfigDict(json_schema_extra={"examples": []})

    candidates: list[CandidateView]


class TaskList(BaseModel):
    """Tasks, newest first; `next` is the `before` of those that follow, null after the last."""

    tasks: list[TaskSummary]
    next: str | None = None


class TrainingStarted(BaseModel):
    """The jobs that a request to train made."""

    jobs: list[JobView]
