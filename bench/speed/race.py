"""The clock of a race: samples a second, and seconds to a given return, measured alike for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.speed.walk import LEVELS, Examiner
from pydantic import BaseModel

from tabrl.sim.simulator import PolicyFn


class Exam(BaseModel):
    """A policy's mean return, and what it had cost until then."""

    seconds: float
    samples: int
    mean_return: float


class RaceResult(BaseModel):
    """What a learner did; seconds are its own, without those of the exams.

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
    exams: list[Exam]

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
        """Seconds to the first exam with at least this return, from the very beginning."""
        return next((exam.seconds for exam in self.exams if exam.mean_return >= level), None)

    @property
    def best_return(self) -> float:
        """The best exam's."""
        return max((exam.mean_return for exam in self.exams), default=float("nan"))


class Race:
    """Told of every block by a learner; says when to stop.

    The race is over at the goal (but not before `least_s`) or `cap_s` after the first block. With
    `exam_every_s = 0` only speed is measured. The result so far is kept as JSON in `keep`.
    """

    def __init__(
        self,
        name: str,
        setting: str,
        *,
        cap_s: float,
        least_s: float = 0.0,
        exam_every_s: float = 6.0,
        goal: float = LEVELS[-1],
        clock: Callable[[], float] = time.perf_counter,
        examiner: Examiner | None = None,
        keep: Path | None = None,
    ) -> None:
        self._examiner = examiner or (Examiner() if exam_every_s > 0.0 else None)
        self._clock, self._cap_s, self._least_s = clock, cap_s, least_s
        self._exam_every_s, self._last_exam = exam_every_s, 0.0
        self.result = RaceResult(
            name=name, setting=setting, blocks=0, samples=0, seconds=0.0, first_block_samples=0,
            first_block_s=0.0, exams=[],
        )  # fmt: skip
        self._goal, self._reached, self._keep = goal, False, keep
        self._began = clock()

    def block(self, samples: int, policy: PolicyFn) -> bool:
        """A rollout and its update are done, `samples` in all; returns whether to go on."""
        result = self.result
        result.seconds += self._clock() - self._began
        result.blocks += 1
        result.samples = samples
        if result.blocks == 1:
            result.first_block_samples, result.first_block_s = samples, result.seconds
            self._last_exam = result.seconds
        used = result.seconds - result.first_block_s
        over = used >= self._cap_s
        if self._examiner is not None and not self._reached:
            due = result.seconds - self._last_exam >= self._exam_every_s
            if due or over:
                self._examine(self._examiner, policy)
        over |= self._reached and used >= self._least_s
        if self._keep is not None:
            self._keep.write_text(result.model_dump_json(indent=2))
        self._began = self._clock()
        return not over

    def _examine(self, examiner: Examiner, policy: PolicyFn) -> None:
        result = self.result
        value = examiner.mean_return(policy)
        result.exams.append(Exam(seconds=result.seconds, samples=result.samples, mean_return=value))
        self._reached = value >= self._goal
        self._last_exam = result.seconds
