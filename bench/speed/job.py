"""A fine-tune job's samples a second and where its time goes."""

from __future__ import annotations

import math
import time

from bench.speed.from_scratch import walk_artifact
from bench.speed.profiling import SectionTimer, TimedLearner, TimedReward, TimedSimulator
from bench.speed.walk_task import COMMAND_SCHEDULE
from pydantic import BaseModel

from tabrl.sim.learning.networks import deployed
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.search.command_search import CommandSearch


class JobRow(BaseModel):
    """One part of a job; `shares` of its wall time by section."""

    part: str
    seconds: float
    samples: int
    shares: dict[str, float]

    @property
    def samples_per_s(self) -> float:
        """Control steps a second."""
        return self.samples / self.seconds


def measure_job(context: TrainingContext, search_s: float, ppo_s: float) -> list[JobRow]:
    """Search, then PPO (without its first update), as a job does them one after the other."""
    timer = SectionTimer()
    simulator = TimedSimulator(context.simulator.size, timer)
    reward = TimedReward(walk_artifact(), timer)
    rows = []

    search = CommandSearch(
        context.embodiment, simulator, deployed(context.pretrained_weights), reward,
        context.library, 0,
        coarse=TimedSimulator(simulator.size, timer, coarse=True),
        final=TimedSimulator(context.sizes.episodes_a_round, timer),
    )  # fmt: skip
    timer.reset()
    began, schedule, samples = time.perf_counter(), COMMAND_SCHEDULE, 0
    for found in search.run(search_s):
        schedule, samples = found.best, found.samples
    took = time.perf_counter() - began
    shares = timer.shares(took, learning=False)
    rows.append(JobRow(part="search", seconds=took, samples=samples, shares=shares))
    timer.reset()

    learner = TimedLearner(context.learner, timer)
    tune = FineTune(simulator, learner, context.pretrained_state, reward, schedule, 0)
    first = 0
    for report in tune.run(math.inf):
        samples = report.samples - first
        if report.update == 1:
            # What is compiled for the first time is another measurement.
            timer.reset()
            began, first = time.perf_counter(), report.samples
        elif time.perf_counter() - began >= ppo_s:
            break
    took = time.perf_counter() - began
    shares = timer.shares(took, learning=True)
    rows.append(JobRow(part="PPO", seconds=took, samples=samples, shares=shares))
    return rows
