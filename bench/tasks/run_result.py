"""The result of one training of one task; stored as JSON, so that a stopped run can go on."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.comparison import Comparison

PolicyName = Literal["base", "program", "result"]
POLICIES: tuple[PolicyName, ...] = ("base", "program", "result")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(_Record):
    """A mean over episodes and half the width of its 95 % confidence interval."""

    mean: float
    ci95: float


class PolicyScore(_Record):
    """One policy over many episodes: its reward a step, and the task's own numbers.

    `success` is the share of episodes in which every bound holds and the robot does not fall.
    """

    reward: Interval
    values: tuple[Interval, ...]
    success: float
    fall_rate: float
    episodes: int


class RunResult(_Record):
    """One task trained with one seed.

    `values` and `success` are those of the one rollout that a user would see; `rows` those of many
    episodes with disturbed starts. `fine_tuning_s` is the job without its loading and
    its evaluation: search, PPO, choice of the snapshot.
    """

    task: str
    task_sha256: str
    seed: int
    budget_s: float
    success: bool
    fell: bool
    values: tuple[float, ...]
    rows: dict[PolicyName, PolicyScore]
    program_words: str
    delivered: str
    note: str
    samples: int
    samples_per_s: float
    fine_tuning_s: float
    job_s: float
    stages_s: dict[str, float]
    checks_passed: int
    checks: int
    params_sha256: str
    base_sha256: str
    versions: dict[str, str]
    comparison: Comparison | None = None  # results of earlier versions have none

    @property
    def compared(self) -> Comparison:
        """The result's reward against the found schedule's; without pairs, as if independent."""
        if self.comparison is not None:
            return self.comparison
        before, after = self.rows["program"], self.rows["result"]
        return Comparison.of(
            before.reward.mean,
            after.reward.mean - before.reward.mean,
            math.hypot(before.reward.ci95, after.reward.ci95),
            min(before.episodes, after.episodes),
        )

    @property
    def beats_program(self) -> bool:
        """Whether the result earns at least 1 % more than the found command schedule, with an
        interval apart from zero."""
        return self.compared.verdict == "better"
