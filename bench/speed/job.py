"""A fine-tune job's samples a second and where its time goes."""

from __future__ import annotations

import math
import time

from bench.speed.ours import walk_artifact
from bench.speed.stages import StageClock, TimedLearner, TimedReward, TimedSimulator
from bench.speed.walk import PROGRAM, ROBOT
from pydantic import BaseModel

from tabrl_trainer.context import TrainingContext
from tabrl_trainer.finetune import ROBOTS, FineTune
from tabrl_trainer.search import CommandSearch


class JobRow(BaseModel):
    """One part of a job; `shares` of its wall time by stage."""

    part: str
    seconds: float
    samples: int
    shares: dict[str, float]

    @property
    def samples_per_s(self) -> float:
        """Control steps a second."""
        return self.samples / self.seconds


def measure_job(engine: TrainingContext, search_s: float, ppo_s: float) -> list[JobRow]:
    """Search, then PPO (without its first update), as a job does them one after the other."""
    clock = StageClock()
    simulator = TimedSimulator(ROBOT, ROBOTS, clock)
    reward = TimedReward(walk_artifact(), clock)
    rows = []

    search = CommandSearch(simulator, engine.pretrained_weights.act, reward, engine.library, 0)
    clock.reset()
    began, program, samples = time.perf_counter(), PROGRAM, 0
    for found in search.run(search_s):
        program, samples = found.best, found.samples
    took = time.perf_counter() - began
    shares = clock.shares(took, learning=False)
    rows.append(JobRow(part="search", seconds=took, samples=samples, shares=shares))
    clock.reset()

    learner = TimedLearner(engine.learner, clock)
    tune = FineTune(simulator, learner, engine.pretrained_state, reward, program, 0)
    first = 0
    for report in tune.run(math.inf):
        samples = report.samples - first
        if report.update == 1:
            # What is compiled for the first time is another measurement.
            clock.reset()
            began, first = time.perf_counter(), report.samples
        elif time.perf_counter() - began >= ppo_s:
            break
    took = time.perf_counter() - began
    shares = clock.shares(took, learning=True)
    rows.append(JobRow(part="PPO", seconds=took, samples=samples, shares=shares))
    return rows
