"""What a trainer is told, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from tabrl.contracts.checks import CheckSpec, Identifier
from tabrl.contracts.comparison import Comparison
from tabrl.contracts.findings import Finding
from tabrl.contracts.ground import FLAT, GroundField
from tabrl.contracts.motion import MotionSpec
from tabrl.contracts.phases import PhasesS
from tabrl.contracts.tiers import EvaluationPoint, Tier

# Raised when an older trainer would get a specification wrong; it then leaves the job to others.
SPEC_VERSION = 2  # the highest that this code knows
FIRST_VERSION = 1  # of what every trainer can do: a minute from the pretrained policy
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class TrainBudget(BaseModel):
    """Wall-clock shares of one fine-tuning, in seconds.

    With writing before it and evaluation after it, a sentence's result is there within a minute.

    With `stop_when_flat` PPO ends before its share is used up, once the reward no longer rises.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    search_s: float = Field(default=12.0, gt=0.0, le=600.0)
    ppo_s: float = Field(default=42.0, ge=0.0, le=86_400.0)
    evaluation_s: float = Field(default=10.0, gt=0.0, le=600.0)
    stop_when_flat: bool = False

    @classmethod
    def of(cls, tier: Tier, minutes: int | None = None) -> Self:
        """What a tier may take; `minutes` are those of a full training, with all stages."""
        if tier is Tier.COMMAND:
            return cls(search_s=4.0, ppo_s=0.0, evaluation_s=1.5)
        usual = cls()
        if tier is Tier.FINE_TUNE or minutes is None:
            return usual
        others_s = usual.search_s + usual.evaluation_s
        return usual.model_copy(update={"ppo_s": 60.0 * minutes - others_s})

    @property
    def seconds(self) -> float:
        """All stages together."""
        return self.search_s + self.ppo_s + self.evaluation_s


class Origin(BaseModel):
    """The result that a training goes on from: its params file holds policy and schedule.

    `samples` and `minutes` were spent by all trainings before, whose evaluations are `history`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str
    params_key: str
    params_sha256: Sha256
    samples: int = Field(default=0, ge=0)
    minutes: float = Field(default=0.0, ge=0.0)
    history: tuple[EvaluationPoint, ...] = ()


class TrainSpec(BaseModel):
    """Everything a trainer may know of a task: no prompt, no source, no prose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    robot: Identifier
    artifact_sha256: Sha256
    weights: dict[Identifier, float] = Field(min_length=1, max_length=32)
    checks: tuple[CheckSpec, ...] = Field(min_length=1, max_length=16)
    phases_s: PhasesS = ()
    repeat: bool = True  # the phases, after the last one
    motion: MotionSpec | None = None  # what the reward was written for: a search begins with it
    seed: int = Field(default=0, ge=0)
    budget: TrainBudget = TrainBudget()
    ground: GroundField = FLAT
    tier: Tier = Tier.FINE_TUNE
    origin: Origin | None = None  # else the robot's pretrained policy

    @property
    def version(self) -> int:
        """The lowest `SPEC_VERSION` of a trainer that does what this asks for."""
        plain = self.tier is Tier.FINE_TUNE and self.origin is None and self.ground.plain
        return FIRST_VERSION if plain else SPEC_VERSION

    @model_serializer(mode="wrap")
    def _as_earlier_versions_read_it(
        self, serialize: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        """A minute from the pretrained policy is written as before there were tiers."""
        values: dict[str, Any] = serialize(self)
        if self.tier is Tier.FINE_TUNE and self.origin is None:
            del values["tier"], values["origin"]
        return values


def _none_for_nan(value: object) -> object:
    return None if value != value else value


# JSON has no NaN: what could not be measured is null.
Measured = Annotated[float | None, BeforeValidator(_none_for_nan)]


def measured_words(value: Measured) -> str:
    """A measured number for people, with three digits."""
    return "not measured" if value is None else f"{value:.3g}"


class CheckResult(BaseModel):
    """One success check, measured on the three rows of the evaluation.

    None where it could not be: the episode held too little of its window.
    """

    id: str
    name: str
    target: str
    base: Measured
    program: Measured
    result: Measured
    passed: bool


class EvaluationRow(BaseModel):
    """One policy over all evaluation episodes; `reward` is the mean weighted reward a step.

    `reward_ci95` is half the width of its 95 % confidence interval over the episodes; results
    stored before it was measured hold 0. `fall_rate_upper` is the 95 % upper bound of the rate of
    falls: seeing none in 256 episodes only says that there are fewer than 1.2 %.
    """

    reward: float
    reward_ci95: float = 0.0
    terms: dict[str, float]
    fall_rate: float
    fall_rate_upper: float | None = None  # results of earlier versions have none
    episodes: int


class RobustnessRow(BaseModel):
    """A policy under one disturbance, beside the others; the first row is the undisturbed one.

    `reward` is the mean weighted reward a step, None where no reward was at hand; `speed_error` how
    far mean speeds are from those commanded, as a share of them.
    """

    name: str
    words: str
    reward: Measured
    speed_error: Measured
    fall_rate: float
    episodes: int


class Reweighting(BaseModel):
    """New weights of the reward's terms, in force from update `update` on (counted from 0)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    update: int
    weights: dict[Identifier, float]


class TrainingRecord(BaseModel):
    """What a training did, in which order: enough to do it again and get the same parameters.

    `weights` are those it began with, where they were not the spec's. `generations` of the search
    without its final, phase by phase; `updates` of PPO done and `kept`, the update whose policy was
    delivered (0: the base under the found schedule). `restarts` are the updates from which it went
    on after a worker died.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    generations: tuple[int, ...]
    updates: int
    kept: int
    weights: dict[Identifier, float] = {}
    phases_s: PhasesS = ()
    repeat: bool = True  # the phases, after the last one
    motion: MotionSpec | None = None  # which the search began with
    ground: GroundField = FLAT
    restarts: tuple[int, ...] = ()
    reweightings: tuple[Reweighting, ...] = ()
    tier: Tier = Tier.FINE_TUNE
    origin: Origin | None = None
    from_nothing: bool = False  # the robot had no pretrained policy

    @field_validator("generations", mode="before")
    @classmethod
    def _of_one_phase(cls, value: object) -> object:
        """Results written before phases had numbers of their own hold a single one."""
        return (value,) if isinstance(value, int) else value


class ProgressSummary(BaseModel):
    """How far a training is, as its row tells it between events.

    `elapsed_s` is of this attempt, `learnt_s` of search and learning in all attempts, `history` the
    evaluations on the way, those of earlier attempts included.
    """

    model_config = ConfigDict(frozen=True)

    update: int
    samples: int
    samples_per_s: float
    reward: Measured
    elapsed_s: float
    eta_s: float
    learnt_s: float = 0.0
    history: tuple[EvaluationPoint, ...] = ()


class TrainResult(BaseModel):
    """What a finished training job measured.

    `comparison` is of the result with the found schedule; None where the latter is delivered, and
    in results of earlier versions.
    """

    checks: list[CheckResult]
    base: EvaluationRow
    program: EvaluationRow
    result: EvaluationRow
    program_words: str
    samples: int
    samples_per_s: float
    snapshots: int
    delivered: str  # "result", or "program" where fine-tuning made the robot worse
    params_sha256: Sha256
    reward_sha256: Sha256
    stages_s: dict[str, float]
    versions: dict[str, str]
    note: str = ""
    flags: tuple[Finding, ...] = ()  # what a person should know before believing the result
    robustness: tuple[RobustnessRow, ...] = ()  # of what is delivered; earlier results have none
    schedule: TrainingRecord | None = None  # results of earlier versions have none
    comparison: Comparison | None = None
    tier: Tier = Tier.FINE_TUNE
    history: tuple[EvaluationPoint, ...] = ()  # of the whole chain; earlier results have none
    recorded: bool = False  # whether episodes of what is delivered can be watched


class RoundTrip(BaseModel):
    """Percentiles of the inference round trip, in milliseconds."""

    p50: float
    p95: float
    p99: float


class RunReport(BaseModel):
    """The public account of one run, printed by `tabrl run --json`. Its keys are stable."""

    task_id: str
    job_id: str
    model_id: str
    stages_s: dict[str, float]
    candidates: int
    chosen: int
    samples: int
    samples_per_s: float
    checks: list[CheckResult]
    reward_base: float
    reward_program: float
    reward_result: float
    fall_rate_base: float
    fall_rate_result: float
    params_sha256: Sha256
    reward_sha256: Sha256
    snapshots: int
    versions: dict[str, str]
    robot: str | None = None  # accounts of earlier versions do not say whose they are
    ground: GroundField = FLAT
    fall_rate_result_upper: float | None = None
    comparison: Comparison | None = None
    flags: tuple[Finding, ...] = ()
    robustness: tuple[RobustnessRow, ...] = ()
    tier: Tier = Tier.FINE_TUNE
    continues: str | None = None  # the job whose result it went on from
    history: tuple[EvaluationPoint, ...] = ()
    control_hz: float | None = None
    real_time_factor: float | None = None
    rtt_ms: RoundTrip | None = None
