"""The clock of a race: samples a second, and seconds to a given return, measured alike for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.speed.walk_task import RETURN_LEVELS, ReturnEvaluator
from pydantic import BaseModel

from tabrl.sim.simulator import PolicyFn


class Evaluation(BaseModel):
    """A policy's mean return, and what it had cost until then."""

    seconds: float
    samples: int
    mean_return: float


class RaceResult(BaseModel):
    """What a learner did; seconds are its own, without those of evaluations.

    `seconds` count from before anything is built or compiled; `first_block_s` is the part until the
    end of the first rollout and update, which holds all compilation.
    """

    name: str
    setting: str
    blocks: int
    samples: int
    seconds: float
    first_block_samples: int
    first_block_s: float
    exams: list[Evaluation]

    @property
    def samples_per_s(self) -> float:
        """Rollout and update after the first block, which holds the compilation."""
        if self.blocks < 2:
            return self.samples_per_s_from_start
        return (self.samples - self.first_block_samples) / (self.seconds - self.first_block_s)

    @property
    def samples_per_s_from_start(self) -> float:
        """With everything that it takes to begin."""
        return self.samples / self.seconds

    def seconds_to(self, level: float) -> float | None:
        """Seconds to the first evaluation with at least this return, from the very beginning."""
        return next(
            (evaluation.seconds for evaluation in self.exams if evaluation.mean_return >= level),
            None,
        )

    @property
    def best_return(self) -> float:
        """Of the best evaluation."""
        return max((evaluation.mean_return for evaluation in self.exams), default=float("nan"))


class Race:
    """Records every rollout and update of a learner, and tells it when to stop.

    The race is over at the goal (but not before `min_s`) or `cap_s` after the first update. With
    `eval_interval_s = 0` only speed is measured. The result so far is stored as JSON in
    `result_path`.
    """

    def __init__(
        self,
        name: str,
        setting: str,
        *,
        cap_s: float,
        min_s: float = 0.0,
        eval_interval_s: float = 6.0,
        goal: float = RETURN_LEVELS[-1],
        clock: Callable[[], float] = time.perf_counter,
        evaluator: ReturnEvaluator | None = None,
        result_path: Path | None = None,
    ) -> None:
        self._evaluator = evaluator or (ReturnEvaluator() if eval_interval_s > 0.0 else None)
        self._clock, self._cap_s, self._min_s = clock, cap_s, min_s
        self._eval_interval_s, self._last_eval_s = eval_interval_s, 0.0
        self.result = RaceResult(
            name=name, setting=setting, blocks=0, samples=0, seconds=0.0, first_block_samples=0,
            first_block_s=0.0, exams=[],
        )  # fmt: skip
        self._goal, self._reached, self._result_path = goal, False, result_path
        self._began = clock()

    def record_update(self, samples: int, policy: PolicyFn) -> bool:
        """A rollout and its update are done, `samples` in all; returns whether to go on."""
        result = self.result
        result.seconds += self._clock() - self._began
        result.blocks += 1
        result.samples = samples
        if result.blocks == 1:
            result.first_block_samples, result.first_block_s = samples, result.seconds
            self._last_eval_s = result.seconds
        used = result.seconds - result.first_block_s
        over = used >= self._cap_s
        if self._evaluator is not None and not self._reached:
            due = result.seconds - self._last_eval_s >= self._eval_interval_s
            if due or over:
                self._evaluate(self._evaluator, policy)
        over |= self._reached and used >= self._min_s
        if self._result_path is not None:
            self._result_path.write_text(result.model_dump_json(indent=2))
        self._began = self._clock()
        return not over

    def _evaluate(self, evaluator: ReturnEvaluator, policy: PolicyFn) -> None:
        result = self.result
        value = evaluator.mean_return(policy)
        result.exams.append(
            Evaluation(seconds=result.seconds, samples=result.samples, mean_return=value)
        )
        self._reached = value >= self._goal
        self._last_eval_s = result.seconds
