"""Both simulators of every robot: as near to each other as their arithmetic is precise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tabrl.control.arrays import Floats
from tabrl.control.embodiment import Embodiment
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import DIFFERENCES, EpisodeConfig
from tabrl.sim.mjx.simulator import MjxSimulator
from tabrl.sim.simulator import GraphPolicy
from tests.support.engine import random_sequences
from tests.support.parity import BOUNDS, alike, bound_of
from tests.support.policies import holding
from tests.support.start_poses import BentStarts, seen_targets

pytestmark = pytest.mark.timeout(900)  # a compile takes 35 s of a core, which others may want too

SIZE, STEPS = 100, 10
ENDLESS_S = 1e6  # first episodes begin at any age, so that ten seconds may end at once
ALONE = EpisodeConfig(auto_reset=False, episode_s=ENDLESS_S)


@pytest.fixture(scope="module")
def simulator(robot: Robot) -> MjxSimulator:
    return MjxSimulator(robot, SIZE)


@pytest.fixture(scope="module")
def still(robot: Robot) -> GraphPolicy:
    """Holds the home pose."""
    return holding(np.zeros((SIZE, robot.nu), np.float32))


def states(embodiment: Embodiment, seed: int) -> tuple[Floats, Floats]:
    """Poses around home, and moving; free trunks tilted, some in the floor or in the air."""
    rng, nu = np.random.default_rng(seed), embodiment.robot.nu
    qpos = np.tile(embodiment.home_qpos.astype(np.float64), (SIZE, 1))
    qpos[:, -nu:] += rng.normal(0.0, 0.2, (SIZE, nu))
    free = embodiment.nv - nu
    if 0 < free < 6:  # in a plane: ahead, up, pitch
        qpos[:, 1] += rng.uniform(-0.02, 0.2, SIZE) * (rng.random(SIZE) < 0.6)
        qpos[:, 2] += rng.normal(0.0, 0.15, SIZE)
    elif free:
        qpos[:, 2] += rng.uniform(-0.02, 0.2, SIZE) * (rng.random(SIZE) < 0.6)
        qpos[:, 4:7] += rng.normal(0.0, 0.15, (SIZE, 3))
        qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    qvel = rng.normal(0.0, [*[0.5] * free, *[2.0] * nu], (SIZE, embodiment.nv))
    return qpos.astype(np.float32), qvel.astype(np.float32)


def test_both_simulators_step_alike_from_the_same_states(
    simulator: MjxSimulator, embodiment: Embodiment
) -> None:
    """Single precision against double: nothing else in the physics differs measurably.

    After one step 98 % of the robots are within `BOUNDS`, some times the measured differences. The
    odd robot is farther off, its solver having stopped when its cost, in single precision, fell no
    more. Ten steps of contacts magnify all that, as they do a start 1e-6 beside on one simulator.
    """
    robot, rng = embodiment.robot, np.random.default_rng(0)
    policy = holding(rng.normal(0.0, 0.6, (SIZE, robot.nu)).astype(np.float32))
    schedules, (qpos, qvel) = random_sequences(SIZE, robot=robot), states(embodiment, 0)
    runs = []
    # The CPU's simulator runs a graph for a share of the robots at a time: it may not know the row.
    for each, acting in ((CpuSimulator(robot, SIZE, threads=1), policy.act), (simulator, policy)):
        each.reset(schedules, ALONE, 0)
        each.place(qpos, qvel)
        runs.append(each.rollout(acting, STEPS))
    cpu, mjx = runs
    share, near, times = alike(robot)

    if "foot_contact" in cpu.rollout.fields:
        contact = cpu.rollout.foot_contact[0].sum(-1)
        assert (contact > 0).sum() > 20
        assert (contact == 0).sum() > 20
    assert set(mjx.rollout) == set(cpu.rollout) == set(embodiment.schema)
    for name in BOUNDS.keys() & embodiment.schema.keys():
        bound = bound_of(name, robot)
        one, other = cpu.rollout.fields[name], mjx.rollout.fields[name]
        assert other.dtype == one.dtype
        assert other.shape == one.shape
        apart = np.abs(one - other).reshape(STEPS, SIZE, -1).max(-1)
        assert np.quantile(apart[0], share) <= near * bound, name
        assert apart[0].max() <= times * bound, name
        assert np.quantile(apart[-1], share - 0.03) <= times / 2 * bound, name
    seen = np.abs(mjx.observation[1] - cpu.observation[1]).max(-1)
    assert np.quantile(seen, share) <= near * BOUNDS["joint_velocity"]
    np.testing.assert_array_equal(mjx.action, cpu.action)


def test_a_critic_is_told_the_same_of_the_same_states(
    simulator: MjxSimulator, embodiment: Embodiment, still: GraphPolicy
) -> None:
    """A little into their schedules, where their paths have led somewhere."""
    schedules = random_sequences(SIZE, robot=embodiment.robot)
    qpos, qvel = states(embodiment, 0)
    alone, told = replace(ALONE, reset_noise=0.0), []
    cpu = CpuSimulator(embodiment.robot, SIZE, threads=1)
    for each, acting in ((cpu, still.act), (simulator, still)):
        each.reset(schedules, alone, 0)
        each.rollout(acting, STEPS)
        each.place(qpos, qvel)
        told.append(each.rollout(acting, STEPS).privileged)
    expected, found = told
    assert found.dtype == expected.dtype
    width = len(embodiment.hidden) + len(DIFFERENCES)
    assert found.shape == expected.shape == (STEPS + 1, SIZE, width)
    assert np.ptp(expected[0], axis=0)[: len(embodiment.hidden)].all()
    np.testing.assert_allclose(found[0], expected[0], atol=1e-5)


def test_episodes_begin_in_the_poses_of_their_schedules(
    simulator: MjxSimulator, embodiment: Embodiment, still: GraphPolicy
) -> None:
    starts = BentStarts(embodiment)
    quiet = EpisodeConfig(reset_noise=0.0, episode_s=0.06, start=starts.poses)
    asked = starts.asked(np.random.default_rng(0), SIZE)
    for config in (quiet, replace(quiet, sampler=starts.asked)):
        simulator.reset(asked, config, 0)
        run = simulator.rollout(still, STEPS)
        begun = np.concatenate([np.ones((1, SIZE)), run.truncated]) > 0.5
        seen = run.observation[begun]
        command, offset = (
            seen[:, embodiment.observation[name]] for name in ("command", "joint_offset")
        )
        posed = command[:, 0] > 0.0
        assert 0.3 < posed.mean() < 0.7
        expected = np.where(posed[:, None], starts.offset, 0.0)
        np.testing.assert_allclose(offset, expected, atol=1e-5)
        expected = np.where(posed[:, None], starts.held, embodiment.joints.home)
        np.testing.assert_allclose(seen_targets(embodiment, seen), expected, atol=1e-5)
