"""Our tasks as environments of MuJoCo Playground, behind the wrappers that its trainer uses."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mujoco_playground import MjxEnv, wrapper

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.reward.function import load_reward
from tabrl_trainer.playground.environment import TabrlEnvironment
from tabrl_trainer.playground.step_reward import StepReward
from tabrl_trainer.rollout_reward import RolloutReward
from tests.support.training_job import exported_for

pytestmark = pytest.mark.timeout(900)  # a compile takes many seconds, which others may want too

ROBOT = get_robot("pointer")
SIZE, STEPS = 2, 6
# Paid by what is now, by what was before, and by what is remembered of the episode.
SOURCE = """
WEIGHTS = {"turn": 1.0, "calm": 0.5, "record": 2.0}

def reward(state, action):
    turn = state.joint_position()[0]
    return {
        "turn": rl.gaussian(turn - 0.5, 0.3),
        "calm": -jnp.mean(jnp.square(action - state.previous_action())),
        "record": turn - rl.best_before(turn),
    }
"""


def _ours(qpos: Floats, qvel: Floats, actions: Floats) -> tuple[Floats, Floats]:
    """Rewards `[T, B]` and observations `[T+1, B, no]` of our own simulator from the same start."""
    simulator = CpuSimulator(ROBOT, SIZE)
    neutral = CommandBatch.neutral(embodiment_of(ROBOT).commands, SIZE)
    simulator.reset(neutral, EpisodeConfig(auto_reset=False, episode_s=1e9), 0)
    simulator.place(qpos, qvel)
    following = iter(actions)
    run = simulator.rollout(lambda observation: next(following), len(actions))
    artifact = exported_for(ROBOT, SOURCE)
    reward = RolloutReward(load_reward(artifact.blob), artifact.weights)
    return reward.total(run.rollout), run.observation


def test_a_task_pays_and_shows_there_what_it_does_here() -> None:
    artifact = exported_for(ROBOT, SOURCE)
    reward = StepReward(load_reward(artifact.blob), artifact.weights)
    environment = TabrlEnvironment(ROBOT, reward)
    assert isinstance(environment, MjxEnv)
    assert environment.action_size == ROBOT.nu
    assert environment.n_substeps * environment.sim_dt == pytest.approx(environment.dt)
    wrapped = wrapper.wrap_for_brax_training(environment, episode_length=STEPS)
    first = jax.jit(wrapped.reset)(jax.random.split(jax.random.PRNGKey(1), SIZE))
    rng = np.random.default_rng(0)
    actions = rng.normal(0.0, 0.6, (STEPS, SIZE, ROBOT.nu)).astype(np.float32)
    paid, seen = _ours(np.array(first.data.qpos), np.array(first.data.qvel), actions)
    assert np.allclose(first.obs, seen[0], atol=1e-5)

    step = jax.jit(wrapped.step)
    state, rewards = first, []
    for turn in range(2):  # the second episode begins like the first, with nothing remembered
        for t in range(STEPS):
            state = step(state, jnp.asarray(actions[t]))
            rewards.append(np.asarray(state.reward))
            terms = [np.asarray(state.metrics[f"reward/{name}"]) for name in reward.terms]
            assert np.allclose(sum(terms), rewards[-1], atol=1e-5)
            ends = t == STEPS - 1
            assert (np.asarray(state.done) > 0.5).all() == ends, turn
            if not ends:
                assert np.allclose(state.obs, seen[t + 1], atol=2e-2)
    assert np.allclose(rewards[:STEPS], paid, atol=1e-2)
    assert np.allclose(rewards[STEPS:], rewards[:STEPS], atol=1e-5)
    assert np.ptp(paid) > 0.1, "the test would find another reward"


def test_its_shapes_are_known_before_anything_runs() -> None:
    artifact = exported_for(ROBOT, SOURCE)
    reward = StepReward(load_reward(artifact.blob), artifact.weights)
    environment = TabrlEnvironment(ROBOT, reward)
    state = jax.eval_shape(environment.reset, jax.random.PRNGKey(0))
    assert state.obs.shape == (len(embodiment_of(ROBOT).observation),)
    assert set(state.metrics) == {f"reward/{name}" for name in ("calm", "record", "turn")}
