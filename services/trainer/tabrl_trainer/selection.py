"""Which snapshot of a training is the result: the best one when measured, not simply the last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tabrl.control.policy import PolicyWeights
from tabrl.control.program import CommandProgram
from tabrl.control.sequence import Sequences
from tabrl.sim.networks import deployed
from tabrl.sim.simulator import EpisodeRules, Simulator, episode
from tabrl_trainer.scoring import TapeReward

MEASURED = 4  # snapshots measured against each other, the last one always among them
WINDOW_S = 3.0


def measured(program: CommandProgram) -> tuple[int, float]:
    """How many snapshots are measured, and for how many seconds each."""
    seconds = max(WINDOW_S, program.period_s)
    return max(2, round(MEASURED * WINDOW_S / seconds)), seconds


@dataclass(frozen=True)
class Snapshot:
    """A policy after `update` updates; `reward` is what it earned a step while exploring."""

    update: int
    weights: PolicyWeights
    reward: float


@dataclass
class Shelf:
    """The snapshots of one training, in order."""

    snapshots: list[Snapshot] = field(default_factory=list)

    def add(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; the same update twice is kept once."""
        if not self.snapshots or self.snapshots[-1].update != snapshot.update:
            self.snapshots.append(snapshot)

    def clear(self) -> None:
        """Forget all of them."""
        self.snapshots.clear()

    def best(
        self,
        simulator: Simulator,
        reward: TapeReward,
        program: CommandProgram,
        seed: int,
        between: Callable[[], None] = lambda: None,
    ) -> Snapshot:
        """The snapshot that earns most without noise, from the same starts for all.

        Phases are measured to their end; there is time for fewer snapshots then. A fall counts as
        the worst motion of all. `between` is called at every step and may raise. Raises
        `IndexError` if there is no snapshot.
        """
        *earlier, last = self.snapshots
        count, seconds = measured(program)
        chosen = [*sorted(earlier, key=lambda s: -s.reward)[: count - 1], last]
        programs, rules = Sequences.stack([program] * simulator.size), EpisodeRules(reset_noise=0.3)
        earned, fallen = [], []
        for snapshot in chosen:
            policy = deployed(snapshot.weights)
            run = episode(simulator, programs, policy, seconds, seed, rules, between, WINDOW_S)
            earned.append(reward.total(run.tape).mean(0))
            fallen.append(run.terminated.max(0) > 0.5)
        worst = np.min(earned) - np.ptp(earned)
        means = np.where(fallen, worst, earned).mean(1)
        return chosen[int(np.argmax(means))]
