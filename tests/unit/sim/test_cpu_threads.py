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

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.simulator import Experience, GraphPolicy, PolicyFn, episode
from tests.support.engine import (
    GO1,
    fresh_state,
    random_programs,
    random_sequences,
    small_learner,
    still,
)
from tests.support.start_poses import seen_targets

SIZE, STEPS = 10, 12


def busy(robot: Robot) -> EpisodeConfig:
    """Episodes in which all happens that can happen."""
    return EpisodeConfig(
        episode_s=0.12,
        start_spread_s=1.0,
        push_every_s=0.1,
        push_speed=0.5,
        resample_s=0.2,
        sampler=lambda rng, count: random_sequences(count, int(rng.integers(10**6)), robot),
    )


@cache
def simulator(robot: Robot, threads: int) -> CpuSimulator:
    return CpuSimulator(robot, SIZE, threads=threads)


def run(robot: Robot, policy: PolicyFn, threads: int = 2, seed: int = 0) -> list[Experience]:
    """Two blocks from a just reset start."""
    robots = simulator(robot, threads)
    robots.reset(random_sequences(SIZE, robot=robot), busy(robot), seed)
    return [robots.rollout(policy, STEPS) for _ in range(2)]


def holding(robot: Robot) -> PolicyFn:
    """Holds the home pose."""
    return lambda observation: still(observation, robot)


def reacting(parameters: Any, observation: jax.Array, key: jax.Array) -> jax.Array:
    """Depends on all of the observation and little enough to compare long after."""
    return 0.1 * jax.numpy.tanh(observation @ parameters)


@cache
def reaction(robot: Robot) -> GraphPolicy:
    shape = len(embodiment_of(robot).observation), robot.nu
    weights = np.random.default_rng(0).normal(0.0, 0.3, shape).astype(np.float32)
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


def test_a_graph_sees_does_and_records_what_a_function_would(embodiment: Embodiment) -> None:
    robot = embodiment.robot
    policy = reaction(robot)
    threaded, asked = run(robot, policy), run(robot, policy.act)
    assert {name: gap for name, gap in differences(threaded, asked).items() if gap > 1e-3} == {}
    # All that can happen did happen.
    assert sum(block.truncated.sum() for block in asked) > SIZE
    command = asked[0].observation[..., embodiment.observation["command"]]
    assert np.abs(np.diff(command, axis=0)).max() > 0.1


@pytest.mark.parametrize("graph", [True, False])
def test_the_number_of_threads_changes_nothing(robot: Robot, graph: bool) -> None:
    policy = reaction(robot) if graph else holding(robot)
    one, two = (run(robot, policy, threads=threads) for threads in (1, 2))
    assert set(differences(one, two).values()) == {0.0}


def test_exploration_is_that_of_the_seeds() -> None:
    state = fresh_state(0)
    policy = small_learner().exploring(state, 3)
    first = run(GO1, policy)
    assert set(differences(first, run(GO1, policy)).values()) == {0.0}
    again = small_learner().exploring(state, 3)
    assert set(differences(first, run(GO1, again)).values()) == {0.0}

    actions = [block.action for block in first]
    others = [
        run(GO1, replace(policy, seed=4))[0].action,
        run(GO1, policy, seed=1)[0].action,
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


def test_what_was_prepared_compiles_nothing_more(robot: Robot) -> None:
    heard = Compilations()
    robots = CpuSimulator(robot, SIZE + 4)
    robots.reset(random_programs(SIZE + 4, robot=robot), busy(robot), 0)
    robots.prepare(reaction(robot), 5)
    with heard.listening():
        robots.rollout(reaction(robot), 5)
        assert heard.heard == []
        robots.rollout(reaction(robot), 6)
    assert heard.heard  # another length is another rollout


def test_a_policy_that_fails_in_a_thread_fails_in_the_rollout(robot: Robot) -> None:
    def diverged(observation: Floats) -> Floats:
        raise LookupError("no such policy")

    with pytest.raises(LookupError, match="no such policy"):
        simulator(robot, 2).rollout(replace(reaction(robot), act=diverged), 2)


def test_robots_may_begin_in_other_poses(embodiment: Embodiment) -> None:
    robot, asked = embodiment.robot, list[int]()
    moved = embodiment.home_qpos.copy()
    moved[-robot.nu :] *= 0.5

    def start(rng: np.random.Generator, schedules: CommandBatch) -> Floats:
        asked.append(len(schedules))
        poses = np.full((len(schedules), embodiment.nq), np.nan, np.float32)
        poses[schedules.constant[:, 0] > 0.0] = moved
        return poses

    robots, schedules = simulator(robot, 2), random_programs(SIZE, robot=robot)
    robots.reset(schedules, EpisodeConfig(reset_noise=0.0, start=start), 0)
    qpos, _ = robots.state()
    other = schedules.constant[:, 0] > 0.0
    assert sum(asked) == SIZE
    assert 0 < other.sum() < SIZE
    np.testing.assert_allclose(qpos[other], np.tile(moved, (other.sum(), 1)), atol=1e-6)
    home = np.tile(embodiment.home_qpos, ((~other).sum(), 1))
    np.testing.assert_allclose(qpos[~other], home, atol=1e-6)
    # The motors hold the pose: what the policy sees as its last action stands for it.
    joints, seen = embodiment.joints, robots.rollout(holding(robot), 1).observation[0]
    held = np.clip(moved[-robot.nu :], joints.lower, joints.upper)
    expected = np.where(other[:, None], held, joints.home)
    np.testing.assert_allclose(seen_targets(embodiment, seen), expected, atol=1e-5)


def test_an_episode_in_blocks_is_the_episode(robot: Robot) -> None:
    schedules, config = random_sequences(SIZE, robot=robot), EpisodeConfig(reset_noise=0.3)
    robots, seconds, hold = simulator(robot, 2), 2 * STEPS * CONTROL_DT, holding(robot)
    whole = episode(robots, schedules, hold, seconds, 3, config)
    blocks = episode(robots, schedules, hold, seconds, 3, config, block_s=0.02 * (STEPS + 3))
    assert set(differences([whole], [blocks]).values()) == {0.0}
    assert len(blocks.observation) == 2 * STEPS + 1


@pytest.mark.parametrize("policy", [reaction, holding], ids=["graph", "stepwise"])
def test_what_is_called_between_the_steps_ends_the_rollout(
    robot: Robot, policy: Callable[[Robot], PolicyFn]
) -> None:
    robots = simulator(robot, 2)
    robots.reset(random_programs(SIZE, robot=robot), busy(robot), 0)
    calls: list[int] = []

    def third() -> None:
        calls.append(1)
        if len(calls) >= 3:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        robots.rollout(policy(robot), STEPS, third)

    assert len(calls) <= 2 * STEPS - 2  # neither share went to the end
    again = run(robot, policy(robot))  # a reset makes the robots usable again
    assert all(np.isfinite(block.observation).all() for block in again)
