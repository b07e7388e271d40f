"""From a reward artifact to the first update done: what a job does after its search."""

from __future__ import annotations

import time
from collections.abc import Mapping

from bench.speed.compilations import REWARD, Compilations, StagedReward
from bench.speed.walk_task import COMMAND_SCHEDULE
from pydantic import BaseModel

from tabrl.sim.reward.function import load_reward
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.finetune import FineTune
from tabrl_trainer.rollout_reward import RolloutReward

# Another task than "walk", for the second fine-tune.
NEXT_SOURCE = """
WEIGHTS = {"roll": 1.0, "still": 0.3}

def reward(state, action):
    return {
        "roll": rl.gaussian(state.roll() - 0.2 * jnp.sin(state.phase(1.0)), 0.15),
        "still": rl.gaussian(state.base_linear_velocity()[:2], 0.3),
    }
"""


class FirstUpdate(BaseModel):
    """Seconds from the artifact's bytes to the first update, and what was compiled on the way.

    The reward's own graph is counted apart: every new artifact has to be compiled once.
    """

    job_s: float
    compiled_reward: int
    compiled_reward_s: float
    compiled_else: list[str]


def first_update(
    context: TrainingContext, blob: bytes, weights: Mapping[str, float]
) -> FirstUpdate:
    """Load the artifact and fine-tune up to the first update."""
    compilations = Compilations()
    with compilations.listening():
        began = time.perf_counter()
        reward = StagedReward(RolloutReward(load_reward(blob), weights), compilations)
        tune = FineTune(
            context.training_simulator,
            context.learner,
            context.pretrained_state,
            reward,
            COMMAND_SCHEDULE,
            seed=1,
        )
        next(iter(tune.run(1e9)))
        took = time.perf_counter() - began
    own = compilations.within(REWARD)
    return FirstUpdate(
        job_s=took,
        compiled_reward=len(own),
        compiled_reward_s=sum(compilation.seconds for compilation in own),
        compiled_else=[compilation.function for compilation in compilations.outside(REWARD)],
    )
