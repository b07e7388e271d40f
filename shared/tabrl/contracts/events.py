"""Progress events of a job. Each one is a measurement or a change of state, never a guess."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tabrl.contracts.comparison import Comparison
from tabrl.contracts.tiers import EvaluationPoint
from tabrl.contracts.training import CheckResult, EvaluationRow

Stage = Literal["writing", "loading", "search", "value_warmup", "ppo", "evaluation"]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StateEvent(_Event):
    """The job changed its state."""

    type: Literal["state"] = "state"
    state: str
    attempt: int
    code: str | None = None
    message: str | None = None


class StageEvent(_Event):
    """A stage began; `elapsed_s` counts from the claim of this attempt."""

    type: Literal["stage"] = "stage"
    stage: Stage
    elapsed_s: float


class NoticeEvent(_Event):
    """Something a user should know, such as going on from a snapshot after a restart."""

    type: Literal["notice"] = "notice"
    code: str
    message: str


class SearchEvent(_Event):
    """A generation of the command search was measured."""

    type: Literal["search"] = "search"
    generation: int
    generations: int
    best_reward: float
    samples: int
    program_words: str
    elapsed_s: float
    eta_s: float


class ProgressEvent(_Event):
    """One rollout and update: rewards are means a control step, terms carry their weight.

    `elapsed_s` is of this attempt, `learnt_s` of search and learning in all attempts.
    """

    type: Literal["progress"] = "progress"
    update: int
    samples: int
    samples_per_s: float
    reward: float
    terms: dict[str, float]
    episode_length_s: float
    falls_per_minute: float
    kl: float
    elapsed_s: float
    eta_s: float
    learnt_s: float = 0.0


class ReweightedEvent(_Event):
    """Other weights of the reward's terms are in force from update `update` on (from 0)."""

    type: Literal["reweighted"] = "reweighted"
    update: int
    weights: dict[str, float]


class SnapshotEvent(_Event):
    """New parameters can be played; `version` counts from 1 within the model."""

    type: Literal["snapshot"] = "snapshot"
    version: int
    update: int
    samples: int
    params_sha256: str
    reward: float
    elapsed_s: float


class MeasuredEvent(_Event):
    """The policy of a full training was evaluated on the way; some minutes lie between two."""

    type: Literal["measured"] = "measured"
    point: EvaluationPoint
    elapsed_s: float


class EvaluationEvent(_Event):
    """The three rows at the end, and how the result compares with the found schedule."""

    type: Literal["evaluation"] = "evaluation"
    checks: list[CheckResult]
    base: EvaluationRow
    program: EvaluationRow
    result: EvaluationRow
    comparison: Comparison | None = None


Event = Annotated[
    StateEvent
    | StageEvent
    | NoticeEvent
    | SearchEvent
    | ProgressEvent
    | ReweightedEvent
    | SnapshotEvent
    | MeasuredEvent
    | EvaluationEvent,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
