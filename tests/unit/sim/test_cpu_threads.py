"""The CPU simulator's two threads: the same experience as one thread that is asked step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import jax
import numpy as np
import pytest
from bench.speed.compilations import Compilations

from tabrl.control.commands import CommandBatch
from tabrl.control.rollout import CONTROL_DT, Floats, RolloutBuilder
from tabrl.control.shapes import trunk_shapes
from tabrl.sim.cpu.simulator import CpuSimulator, physics_model
from tabrl.sim.simulator import EpisodeConfig, Experience, GraphPolicy, episode
from tests.support.engine import (
    GO1,
    fresh_state,
    quaternions,
    random_programs,
    random_sequences,
    small_learner,
    still,
)

SIZE, STEPS = 10, 12
RULES = EpisodeConfig(
    episode_s=0.12,
    start_spread_s=1.0,
    push_every_s=0.1,
    push_speed=0.5,
    resample_s=0.2,
    sampler=lambda rng, count: random_sequences(count, int(rng.integers(10**6))),
)


@cache
def simulator(threads: int) -> CpuSimulator:
    return CpuSimulator(GO1, SIZE, threads=threads)


def run(policy: Callable[[Floats], Floats], threads: int = 2, seed: int = 0) -> list[Experience]:
    """Two blocks from a just_reset start."""
    robots = simulator(threads)
    robots.reset(random_sequences(SIZE), RULES, seed)
    return [robots.rollout(policy, STEPS) for _ in range(2)]


def reacting(parameters: Any, observation: jax.Array, key: jax.Array) -> jax.Array:
    """Depends on all of the observation and little enough to compare long after."""
    return 0.1 * jax.numpy.tanh(observation @ parameters)


@cache
def reaction() -> GraphPolicy:
    weights = np.random.default_rng(0).normal(0.0, 0.3, (87, GO1.nu)).astype(np.float32)
    return GraphPolicy(
        reacting, weights, 0, lambda observation: 0.1 * np.tanh(observation @ weights)
    )


def differences(one: list[Experience], other: list[Experience]) -> dict[str, float]:
    """The largest difference of every field of two runs."""
    gaps: dict[str, float] = {}
    for mine, its in zip(one, other, strict=True):
        pairs = {
            name: (mine.rollout.fields[name], its.rollout.fields[name]) for name in mine.rollout
        }
        for name in ("observation", "action", "terminated", "truncated"):
            pairs["rollout " + name] = getattr(mine, name), getattr(its, name)
        for name, (a, b) in pairs.items():
            scale = 1.0 + float(np.abs(b).max())
            gaps[name] = max(gaps.get(name, 0.0), float(np.abs(a - b).max()) / scale)
    return gaps


def test_a_graph_sees_does_and_records_what_a_function_would() -> None:
    policy = reaction()
    threaded, asked = run(policy), run(policy.act)
    assert {name: gap for name, gap in differences(threaded, asked).items() if gap > 1e-3} == {}
    # All that can happen did happen.
    assert sum(block.truncated.sum() for block in asked) > SIZE
    assert np.abs(np.diff(asked[0].observation[..., 45:58], axis=0)).max() > 0.1


@pytest.mark.parametrize("graph", [True, False])
def test_the_number_of_threads_changes_nothing(graph: bool) -> None:
    policy = reaction() if graph else still
    assert set(differences(run(policy, threads=1), run(policy, threads=2)).values()) == {0.0}


def test_exploration_is_that_of_the_seeds() -> None:
    state = fresh_state(0)
    policy = small_learner().exploring(state, 3)
    first = run(policy)
    assert set(differences(first, run(policy)).values()) == {0.0}
    again = small_learner().exploring(state, 3)
    assert set(differences(first, run(again)).values()) == {0.0}

    actions = [block.action for block in first]
    others = [
        run(replace(policy, seed=4))[0].action,
        run(policy, seed=1)[0].action,
        actions[1],  # of the next block
        np.roll(actions[0], 1, axis=0),  # of another step
        np.roll(actions[0], SIZE // 2, axis=1),  # of the other thread
    ]
    # The untrained policy's own actions are next to nothing.
    for other in others:
        assert abs(np.corrcoef(actions[0].ravel(), other.ravel())[0, 1]) < 0.15
    spread = np.exp(state.params.policy["params"]["std_logparam"]["log_value"])
    np.testing.assert_allclose(np.concatenate(actions).std((0, 1)), spread, rtol=0.25)
    np.testing.assert_allclose(np.concatenate(actions).mean(), 0.0, atol=0.05)


def test_what_was_prepared_compiles_nothing_more() -> None:
    heard = Compilations()
    robots = CpuSimulator(GO1, SIZE + 4)
    robots.reset(random_programs(SIZE + 4), RULES, 0)
    robots.prepare(reaction(), 5)
    with heard.listening():
        robots.rollout(reaction(), 5)
        assert heard.heard == []
        robots.rollout(reaction(), 6)
    assert heard.heard  # another length is another rollout


def test_a_policy_that_fails_in_a_thread_fails_in_the_rollout() -> None:
    def diverged(observation: Floats) -> Floats:
        raise LookupError("no such policy")

    with pytest.raises(LookupError, match="no such policy"):
        simulator(2).rollout(replace(reaction(), act=diverged), 2)


def test_robots_may_begin_in_other_poses() -> None:
    asked: list[int] = []

    def start(rng: np.random.Generator, schedules: CommandBatch) -> Floats:
        asked.append(len(schedules))
        poses = np.full((len(schedules), 7 + GO1.nu), np.nan, np.float32)
        tall = schedules.constant[:, 0] > 0.0
        poses[tall, :7] = 0.0, 0.0, 0.4, 1.0, 0.0, 0.0, 0.0
        poses[tall, 7:] = 0.5 * np.array(GO1.home, np.float32)
        return poses

    robots, schedules = simulator(2), random_programs(SIZE)
    robots.reset(schedules, EpisodeConfig(reset_noise=0.0, start=start), 0)
    qpos, _ = robots.state()
    tall = schedules.constant[:, 0] > 0.0
    assert sum(asked) == SIZE
    assert 0 < tall.sum() < SIZE
    np.testing.assert_allclose(qpos[tall, 2], 0.4, atol=1e-6)
    assert np.all(qpos[~tall, 2] < 0.35)
    # The motors hold the pose: what the policy sees as its last action stands for it.
    held = robots.rollout(still, 1).observation[0, :, 33:45] * np.array(GO1.action_scale)
    np.testing.assert_allclose(held[tall] + 0.5 * np.array(GO1.home), 0.0, atol=1e-5)
    np.testing.assert_allclose(held[~tall], 0.0, atol=1e-6)


def test_an_episode_in_blocks_is_the_episode() -> None:
    schedules, rules = random_sequences(SIZE), EpisodeConfig(reset_noise=0.3)
    whole = episode(simulator(2), schedules, still, 2 * STEPS * CONTROL_DT, 3, rules)
    blocks = episode(
        simulator(2), schedules, still, 2 * STEPS * CONTROL_DT, 3, rules, block_s=0.02 * (STEPS + 3)
    )
    assert set(differences([whole], [blocks]).values()) == {0.0}
    assert len(blocks.observation) == 2 * STEPS + 1


def test_no_trunk_reaches_further_than_its_bound() -> None:
    builder = RolloutBuilder(GO1, trunk_shapes(physics_model(GO1)))
    turned = quaternions(5000)
    turned[:2500, 1:3] *= 0.2  # little tilt as well, where the bound is to be tight
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    w, x, y, z = turned.T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=-1)
    below = -builder.trunk_clearance(np.zeros(5000, np.float32), up)
    bound = builder.trunk_reach(x * x + y * y)
    upright = up[:, 2] > 0.0
    assert np.all(below[upright] <= bound[upright] + 1e-6)
    assert float(builder.trunk_reach(np.zeros(1, np.float32))[0]) < 0.15


@pytest.mark.parametrize("policy", [reaction, lambda: still], ids=["graph", "stepwise"])
def test_what_is_called_between_the_steps_ends_the_rollout(
    policy: Callable[[], Callable[[Floats], Floats]],
) -> None:
    robots = simulator(2)
    robots.reset(random_programs(SIZE), RULES, 0)
    calls: list[int] = []

    def third() -> None:
        calls.append(1)
        if len(calls) >= 3:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        robots.rollout(policy(), STEPS, third)

    assert len(calls) <= 2 * STEPS - 2  # neither share went to the end
    again = run(policy())  # a reset makes the robots usable again
    assert all(np.isfinite(block.observation).all() for block in again)
