"""Which snapshot is delivered: the best measured one."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.policy import Layer, PolicyWeights
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.selection import MEASURED, CheckpointPool, Snapshot
from tests.support.training_context import some_schedule


def limp(weights: PolicyWeights) -> PolicyWeights:
    """A policy whose every action is zero: it stands at the home pose."""
    *hidden, last = weights.layers
    still = Layer(np.zeros_like(last.kernel), np.zeros_like(last.bias))
    return PolicyWeights(weights.mean, weights.std, (*hidden, still))


def test_the_best_measured_snapshot_wins_not_the_last_nor_the_one_that_seemed_best(
    context: TrainingContext, moving: RolloutReward
) -> None:
    good, bad = context.pretrained_weights, limp(context.pretrained_weights)
    pool = CheckpointPool((Snapshot(10, bad, 9.0), Snapshot(20, good, 0.1), Snapshot(30, bad, 0.5)))
    best = pool.best(context.simulator, moving, some_schedule(context), seed=0)
    assert best.update == 20
    only = CheckpointPool((Snapshot(30, bad, 0.5),)).best(
        context.simulator, moving, some_schedule(context), seed=0
    )
    assert only.update == 30


def test_the_last_and_the_most_promising_ones_are_measured(
    context: TrainingContext, moving: RolloutReward
) -> None:
    good, bad = context.pretrained_weights, limp(context.pretrained_weights)
    poor = [Snapshot(n, bad, float(n)) for n in range(1, 2 + MEASURED)]
    # The good one earned too little to be measured.
    hidden = CheckpointPool((Snapshot(0, good, -1.0), *poor))
    assert hidden.best(context.simulator, moving, some_schedule(context), seed=0).update > 0
    last = CheckpointPool((*poor, Snapshot(99, good, -1.0)))
    assert last.best(context.simulator, moving, some_schedule(context), seed=0).update == 99


def test_an_update_is_kept_once_and_a_step_may_end_it(
    context: TrainingContext, moving: RolloutReward
) -> None:
    snapshot = Snapshot(1, context.pretrained_weights, 0.0)
    pool = CheckpointPool().added(snapshot).added(snapshot)
    assert [s.update for s in pool.snapshots] == [1]

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        pool.best(context.simulator, moving, some_schedule(context), seed=0, on_step=stop)
