"""TabRL from scratch: base training's loop with a task's artifact, at fine-tuning's batch."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from bench.speed.race import Race
from bench.speed.walk import EPISODE_S, PROGRAM, ROBOT, SOURCE

from tabrl.control.program import Programs
from tabrl.sim.cpu import CpuSimulator
from tabrl.sim.ppo import Learner, PPOConfig, Schedule
from tabrl.sim.reward import export_reward, load_reward
from tabrl.sim.simulator import EpisodeRules
from tabrl_trainer.scoring import TapeReward


def walk_artifact() -> TapeReward:
    """The task's reward as the trainer gets it: exported, then loaded."""
    exported = export_reward(SOURCE, ROBOT)
    return TapeReward(load_reward(exported.blob), exported.weights)


def learn(race: Race, robots: int, config: PPOConfig, seed: int = 0) -> None:
    """Learn until the race is over."""
    learner = Learner(ROBOT, config)
    reward = walk_artifact()
    simulator = CpuSimulator(ROBOT, robots, seed=seed)
    simulator.reset(Programs.stack([PROGRAM] * robots), EpisodeRules(episode_s=EPISODE_S), seed)
    state = learner.init(seed)
    schedule = Schedule.of(reward_scale=0.1, entropy=0.005, target_kl=0.015, learn_normalizer=True)
    samples, block, going = 0, 0, True
    while going:
        block += 1
        rollout = simulator.rollout(learner.exploring(state, seed + block), config.unroll)
        total = reward.total(rollout.tape)
        reference = jax.tree.map(jnp.copy, state.params)
        state, _ = learner.update(state, rollout, np.asarray(total), schedule, reference)
        samples += total.size
        going = race.block(samples, learner.deterministic(state))
