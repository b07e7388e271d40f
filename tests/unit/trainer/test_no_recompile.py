"""A second fine-tune with another reward compiles nothing of experience or PPO."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import pytest
from bench.speed.compilations import REWARD, Compilations, StagedReward

from tabrl.control.command_schedule import CommandSchedule
from tabrl.embodiments.load import embodiment_of
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.learning.ppo import TrainState
from tabrl.sim.reward.function import RewardFunction, load_reward
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.tiers.recipes import CRITIC_WARM_UP_UPDATES
from tests.support.engine import FORWARD, GO1, ROBOTS, SWAY, exported, fresh_state, small_learner

SPACE = embodiment_of(GO1).commands
WALK = CommandSchedule.asking(SPACE, vx=0.5)
ROCK = CommandSchedule.asking(SPACE, roll=(0.0, 0.2), modulation_frequency=1.3)


class Worker:
    """What stays warm between jobs: simulator, learner and base."""

    def __init__(self) -> None:
        self.simulator = CpuSimulator(GO1, ROBOTS)
        self.base: TrainState = fresh_state(0)

    def job(
        self,
        reward: RewardFunction,
        weights: Mapping[str, float],
        schedule: CommandSchedule,
        seed: int,
    ) -> Compilations:
        """Fine-tune through the value-only updates and one of the policy; what was compiled."""
        compilations = Compilations()
        with compilations.listening():
            staged = StagedReward(RolloutReward(reward, weights), compilations)
            tune = FineTune(self.simulator, small_learner(), self.base, staged, schedule, seed)
            for report in tune.run(1e9):
                if report.update > CRITIC_WARM_UP_UPDATES:
                    break
        return compilations


@pytest.fixture(scope="module")
def worker() -> Worker:
    return Worker()


def test_a_second_fine_tune_compiles_its_reward_and_nothing_else(worker: Worker) -> None:
    first, second = exported(FORWARD), exported(SWAY)
    walking = load_reward(first.blob)
    worker.job(walking, first.weights, WALK, seed=0)

    heard = worker.job(load_reward(second.blob), {"sway": 0.7}, ROCK, seed=1)
    assert heard.outside(REWARD) == []
    assert len(heard.within(REWARD)) == 1  # the new artifact, once for all its updates

    # Other weights of the same reward are arguments like any others.
    heard = worker.job(walking, {"speed": 0.3, "level": 1.9}, WALK, seed=2)
    assert heard.heard == []


def test_a_weight_made_static_would_be_heard() -> None:
    def weighted(x: jax.Array, weight: float) -> jax.Array:
        return x * weight

    x, compilations = jnp.arange(3.0), Compilations()
    frozen, free = jax.jit(weighted, static_argnums=1), jax.jit(weighted)
    frozen(x, 0.5)
    free(x, 0.5)
    with compilations.listening():
        free(x, 0.7)
        assert compilations.heard == []
        with compilations.stage("frozen"):
            frozen(x, 0.7)
    (heard,) = compilations.heard
    assert heard.stage == "frozen"
    assert "weighted" in heard.function
    frozen(x, 0.9)
    assert compilations.heard == [heard]  # it listens no longer
