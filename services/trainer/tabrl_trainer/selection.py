"""The checkpoint pool: which snapshot of a training is best when measured, not simply the last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.control.staged_commands import StagedCommands
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.learning.networks import deployed
from tabrl.sim.simulator import Simulator, episode
from tabrl_trainer.rollout_reward import RolloutReward

MEASURED = 4  # snapshots measured against each other, the last one always among them
WINDOW_S = 3.0


def measured(schedule: CommandSchedule) -> tuple[int, float]:
    """How many snapshots are measured, and for how many seconds each."""
    seconds = max(WINDOW_S, schedule.period_s)
    return max(2, round(MEASURED * WINDOW_S / seconds)), seconds


@dataclass(frozen=True)
class Snapshot:
    """A policy after `update` updates; `reward` is what it earned a step while exploring."""

    update: int
    weights: PolicyWeights
    reward: float


@dataclass(frozen=True)
class CheckpointPool:
    """The snapshots of one training, in order."""

    snapshots: tuple[Snapshot, ...] = ()

    def added(self, snapshot: Snapshot) -> CheckpointPool:
        """With a further snapshot; the same update twice is kept once."""
        if self.snapshots and self.snapshots[-1].update == snapshot.update:
            return self
        return CheckpointPool((*self.snapshots, snapshot))

    def best(
        self,
        simulator: Simulator,
        reward: RolloutReward,
        schedule: CommandSchedule,
        seed: int,
        on_step: Callable[[], None] = lambda: None,
    ) -> Snapshot:
        """The snapshot that earns most without noise, from the same starts for all.

        Phases are measured to their end; there is time for fewer snapshots then. A fall counts as
        the worst motion of all. `on_step` is called at every step and may raise. Raises
        `IndexError` if there is no snapshot.
        """
        *earlier, last = self.snapshots
        count, seconds = measured(schedule)
        chosen = [*sorted(earlier, key=lambda s: -s.reward)[: count - 1], last]
        schedules = StagedCommands.stack([schedule] * simulator.size)
        rules = EpisodeConfig(reset_noise=0.3)
        earned, fallen = [], []
        for snapshot in chosen:
            policy = deployed(snapshot.weights)
            run = episode(simulator, schedules, policy, seconds, seed, rules, on_step, WINDOW_S)
            earned.append(reward.total(run.rollout).mean(0))
            fallen.append(run.terminated.max(0) > 0.5)
        worst = np.min(earned) - np.ptp(earned)
        means = np.where(fallen, worst, earned).mean(1)
        return chosen[int(np.argmax(means))]
