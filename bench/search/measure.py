"""One search of one task: what it found, what that earns, what it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from bench.robot import ROBOT, legged_robot
from bench.tasks.task import Task

from tabrl.control.arrays import Floats
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.learning.networks import deployed
from tabrl.sim.reward.function import export_reward, load_reward
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.evaluation import Candidate
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search.command_search import CommandSearch

EPISODES, EPISODE_S = 64, 10.0
SEED = 104_729  # of the episodes; other starts than the trainer's


@dataclass(frozen=True)
class Found:
    """A search's result: `rewards` a step of every episode, `cpu_s` of all threads."""

    words: str
    rewards: Floats
    fall_rate: float
    samples: int
    cpu_s: float
    seconds: float


class Searcher:
    """Searches with and without coarse physics, and measures what they find."""

    def __init__(self, context: TrainingContext) -> None:
        self._context = context
        self._simulator = CpuSimulator(ROBOT, EPISODES)

    def search(self, reward: RolloutReward, seed: int, *, coarse: bool) -> Found:
        """One search to its end."""
        context = self._context
        weights = context.pretrained_weights
        began, began_cpu = time.perf_counter(), time.process_time()
        search = CommandSearch(
            context.embodiment, context.simulator, deployed(weights), reward, context.library, seed,
            coarse=context.coarse_simulator if coarse else None, final=context.round_simulator,
        )  # fmt: skip
        *_, last = search.run()
        cpu_s, seconds = time.process_time() - began_cpu, time.perf_counter() - began
        rollout = Candidate(weights, last.best).rollout(self._simulator, EPISODE_S, SEED)
        return Found(
            words=last.best.in_words(),
            rewards=reward.total(rollout).mean(0, dtype=np.float64),
            fall_rate=float((legged_robot().failures(rollout).max(0) > 0.5).mean()),
            samples=last.samples,
            cpu_s=cpu_s,
            seconds=seconds,
        )


def reward_of(task: Task, context: TrainingContext) -> RolloutReward:
    """A task's reward, compiled."""
    exported = export_reward(task.reward, ROBOT)
    reward = RolloutReward(load_reward(exported.blob), exported.weights)
    reward.total(context.library.rollout)
    return reward
