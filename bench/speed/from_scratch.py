"""TabRL from scratch: base training's loop with a task's artifact, at fine-tuning's batch."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from bench.robot import ROBOT
from bench.speed.race import Race
from bench.speed.walk_task import COMMAND_SCHEDULE, EPISODE_S, SOURCE

from tabrl.control.command_batch import CommandBatch
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.learning.ppo import Learner, PPOConfig, Schedule
from tabrl.sim.reward.function import export_reward, load_reward
from tabrl_trainer.rollout_reward import RolloutReward


def walk_artifact() -> RolloutReward:
    """The task's reward as the trainer gets it: exported, then loaded."""
    exported = export_reward(SOURCE, ROBOT)
    return RolloutReward(load_reward(exported.blob), exported.weights)


def learn(race: Race, robots: int, config: PPOConfig, seed: int = 0) -> None:
    """Learn until the race is over."""
    learner = Learner(ROBOT, config)
    reward = walk_artifact()
    simulator = CpuSimulator(ROBOT, robots, seed=seed)
    simulator.reset(
        CommandBatch.stack([COMMAND_SCHEDULE] * robots), EpisodeConfig(episode_s=EPISODE_S), seed
    )
    state = learner.init(seed)
    schedule = Schedule.of(reward_scale=0.1, entropy=0.005, target_kl=0.015, learn_normalizer=True)
    samples, updates, going = 0, 0, True
    while going:
        updates += 1
        experience = simulator.rollout(learner.exploring(state, seed + updates), config.unroll)
        total = reward.total(experience.rollout)
        reference = jax.tree.map(jnp.copy, state.params)
        state, _ = learner.update(state, experience, np.asarray(total), schedule, reference)
        samples += total.size
        going = race.record_update(samples, learner.deterministic(state))
