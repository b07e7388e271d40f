"""What a reward pays for rollouts: sums that may be clipped, and memory that goes on."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.rollout import Rollout
from tabrl.rewards.memory import RewardCarry
from tabrl.robots import get_robot
from tabrl.sim.reward.function import export_reward, load_reward
from tabrl_trainer.episode_scores import EpisodeScores
from tabrl_trainer.rollout_reward import RolloutReward
from tests.support.motion import Motion, rollout_of

GO1 = get_robot("go1")
SOURCE = """
WEIGHTS = {"go": 1.0, "sway": -40.0 * 0.5}
def reward(state, action):
    return {"go": state.base_linear_velocity()[0], "sway": jnp.square(state.roll())}
"""
QUICK = {"xla_backend_optimization_level": 0}

REMEMBERS = """
def reward(state, action):
    speed = state.base_linear_velocity()[0]
    best = rl.best_before(speed)
    return {"even": jnp.abs(speed - rl.running_mean(speed, 0.3)), "record": speed - best}
"""


@pytest.fixture(scope="module")
def rollout() -> Rollout:
    motion = Motion(vx=0.4, rhythms={"roll": (0.3, 1.0)})
    return rollout_of(motion, GO1, seconds=2.0)


def reward_of(source: str) -> RolloutReward:
    built = export_reward(source, GO1)
    return RolloutReward(load_reward(built.blob, QUICK), built.weights)


def test_a_clipped_total_keeps_its_terms(rollout: Rollout) -> None:
    plain, clipped = reward_of(SOURCE), reward_of(f"CLIP_TOTAL = True\n{SOURCE}")
    terms = plain.terms_of(rollout)
    np.testing.assert_array_equal(clipped.terms_of(rollout), terms)
    sums = terms.sum(-1)
    assert sums.min() < -0.1
    assert sums.max() > 0.1
    np.testing.assert_array_equal(plain.total(rollout), sums)
    np.testing.assert_array_equal(clipped.total(rollout), np.maximum(sums, 0.0))
    other = clipped.reweighted({"go": 1.0, "sway": 0.0}).in_calls_of(64)
    assert other.total(rollout).min() >= 0.0
    assert clipped.means(terms) == plain.means(terms)


def test_episodes_are_scored_by_the_clipped_total(rollout: Rollout) -> None:
    plain, clipped = reward_of(SOURCE), reward_of(f"CLIP_TOTAL = True\n{SOURCE}")
    means, rewards = clipped.episode_means(clipped.terms_of(rollout))
    np.testing.assert_allclose(rewards, clipped.total(rollout).mean(0), rtol=1e-6)
    np.testing.assert_array_equal(means, plain.episode_means(plain.terms_of(rollout))[0])
    np.testing.assert_allclose(
        plain.episode_means(plain.terms_of(rollout))[1], plain.total(rollout).mean(0), rtol=1e-5
    )
    one = EpisodeScores(means, rewards, np.zeros((0, 1)), np.zeros(1, bool), {})
    np.testing.assert_array_equal(one.joined(one).rewards, np.repeat(rewards, 2))


def part(rollout: Rollout, steps: slice) -> Rollout:
    return Rollout({name: field[steps] for name, field in rollout.fields.items()})


def test_memory_goes_on_from_block_to_block_of_an_episode(rollout: Rollout) -> None:
    reward = reward_of(REMEMBERS)
    both = Rollout(
        {name: np.concatenate([field, field[::-1]], 1) for name, field in rollout.fields.items()}
    )
    whole = reward.terms_of(both)
    speed = both.base_linear_velocity[..., 0]
    best = np.maximum.accumulate(speed, axis=0)
    np.testing.assert_allclose(whole[1:, :, 1], (speed[1:] - best[:-1]), atol=1e-6)
    carry, steps = RewardCarry(), len(speed)
    blocks = [
        reward.in_calls_of(7).terms_of(part(both, slice(at, at + 25)), carry)
        for at in range(0, steps, 25)
    ]
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-6)
    ends = np.zeros((steps, 2), np.float32)
    ends[39, 0] = 1.0
    parted = reward.terms_of(both, ends=ends)
    np.testing.assert_allclose(parted[:, 1], whole[:, 1], atol=1e-6)
    anew = reward.terms_of(part(both, slice(40, None)))
    np.testing.assert_allclose(parted[40:, 0], anew[:, 0], atol=1e-6)
    np.testing.assert_array_equal(parted[40, 0], 0.0)
