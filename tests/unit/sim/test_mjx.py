"""The MJX simulator: how its episodes begin, are disturbed and end.

Compiling its physics takes most of the time here: all tests but one share a single graph.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.mjx.simulator import MjxSimulator
from tabrl.sim.simulator import Experience, GraphPolicy
from tests.support.engine import random_programs, random_sequences
from tests.support.policies import holding
from tests.support.robots import OF_EACH_KIND

pytestmark = pytest.mark.timeout(900)  # a compile takes 35 s of a core, which others may want too

SIZE, STEPS = 100, 10
ENDLESS_S = 1e6  # first episodes begin at any age, so that ten seconds may end at once
QUIET = EpisodeConfig(reset_noise=0.0, episode_s=ENDLESS_S)
ALONE = EpisodeConfig(auto_reset=False, episode_s=ENDLESS_S)
FAILING = [robot for robot in OF_EACH_KIND if embodiment_of(robot).failing_action is not None]
PUSHABLE = [robot for robot in OF_EACH_KIND if embodiment_of(robot).push_noise]
SMALLEST = [min(OF_EACH_KIND, key=lambda robot: robot.nu)]  # for what no kind changes
failing, pushable, smallest = (
    pytest.mark.parametrize(
        "robot", robots, ids=lambda robot: robot.id, indirect=True, scope="session"
    )
    for robots in (FAILING, PUSHABLE, SMALLEST)
)


@pytest.fixture(scope="module")
def simulator(robot: Robot) -> MjxSimulator:
    return MjxSimulator(robot, SIZE)


@pytest.fixture(scope="module")
def neutral(robot: Robot) -> CommandBatch:
    return CommandBatch.neutral(embodiment_of(robot).commands, SIZE)


@pytest.fixture(scope="module")
def still(robot: Robot) -> GraphPolicy:
    """Holds the home pose."""
    return holding(np.zeros((SIZE, robot.nu), np.float32))


@pytest.fixture(scope="module")
def topple(robot: Robot) -> GraphPolicy:
    """Makes the robot fail."""
    action = embodiment_of(robot).failing_action
    assert action is not None
    return holding(np.tile(action, (SIZE, 1)))


def drawing(robot: Robot) -> Callable[[np.random.Generator, int], CommandBatch]:
    return lambda rng, count: random_programs(count, int(rng.integers(10**6)), robot)


def drawing_sequences(robot: Robot) -> Callable[[np.random.Generator, int], StagedCommands]:
    return lambda rng, count: random_sequences(count, int(rng.integers(10**6)), robot)


def failures(embodiment: Embodiment, blocks: list[Experience]) -> Floats:
    return np.concatenate([embodiment.failures(block.rollout) for block in blocks])


def finite(experience: Experience) -> bool:
    return all(np.isfinite(field).all() for field in experience.rollout.fields.values())


def test_running_out_of_time_is_a_truncation_and_begins_anew(
    simulator: MjxSimulator, neutral: CommandBatch, still: GraphPolicy
) -> None:
    simulator.reset(neutral, EpisodeConfig(episode_s=0.08), 0)
    run = simulator.rollout(still, STEPS)
    assert run.terminated.sum() == 0.0
    firsts = set()
    for robot in range(SIZE):
        ends = np.flatnonzero(run.truncated[:, robot])
        firsts.add(int(ends[0]))
        assert ends[0] < 4
        np.testing.assert_array_equal(np.diff(ends), 4)
        np.testing.assert_allclose(run.rollout.time[ends[1], robot], 0.08, atol=1e-6)
        np.testing.assert_allclose(run.rollout.time[ends[0] + 1, robot], CONTROL_DT, atol=1e-6)
        np.testing.assert_array_equal(run.rollout.previous_action[ends[0] + 1, robot], 0.0)
    assert len(firsts) > 2  # not all robots begin their episodes together


@failing
def test_a_fall_is_a_termination_and_begins_anew(
    simulator: MjxSimulator, embodiment: Embodiment, neutral: CommandBatch, topple: GraphPolicy
) -> None:
    simulator.reset(neutral, EpisodeConfig(episode_s=ENDLESS_S), 0)
    blocks = [simulator.rollout(topple, STEPS) for _ in range(8)]
    terminated = np.concatenate([block.terminated for block in blocks])
    assert terminated.any(axis=0).mean() > 0.95
    assert sum(block.truncated.sum() for block in blocks) == 0.0
    np.testing.assert_array_equal(failures(embodiment, blocks), terminated)
    qpos = np.concatenate([embodiment.qpos_of(block.rollout) for block in blocks])
    time = np.concatenate([block.rollout.time for block in blocks])
    after = np.roll(terminated, 1, axis=0)[1:] > 0.5
    assert not embodiment.failed(qpos[1:][after]).any()
    np.testing.assert_allclose(time[1:][after], CONTROL_DT, atol=1e-6)


@failing
def test_without_resets_a_fallen_robot_is_left_where_it_lies(
    simulator: MjxSimulator, embodiment: Embodiment, neutral: CommandBatch, topple: GraphPolicy
) -> None:
    simulator.reset(neutral, ALONE, 0)
    for _ in range(8):
        run = simulator.rollout(topple, STEPS)
    assert embodiment.failures(run.rollout)[-1].mean() > 0.9
    np.testing.assert_allclose(run.rollout.time[-1], 80 * CONTROL_DT, atol=1e-4)
    assert run.truncated.sum() == 0.0


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e12])
def test_a_robot_that_blows_up_is_terminated_alone(
    simulator: MjxSimulator, embodiment: Embodiment, still: GraphPolicy, value: float
) -> None:
    def run(diverged: bool) -> Experience:
        simulator.reset(random_programs(SIZE, robot=embodiment.robot), QUIET, 0)
        if diverged:
            qpos, qvel = simulator.state()
            qvel[3, -1] = value
            simulator.place(qpos, qvel)
        return simulator.rollout(still, STEPS)

    sane, diverged = run(False), run(True)
    assert diverged.terminated[0, 3] == 1.0
    if embodiment.failure is not None:
        assert embodiment.failures(diverged.rollout)[0, 3] == 1.0
    assert diverged.terminated.sum() == sane.terminated.sum() + 1.0
    assert finite(diverged)
    assert np.isfinite(diverged.observation[1:]).all()
    others = np.arange(SIZE) != 3
    for name, values in diverged.rollout.fields.items():
        np.testing.assert_allclose(
            values[:, others], sane.rollout.fields[name][:, others], atol=1e-3, err_msg=name
        )
    again = embodiment.qpos_of(diverged.rollout)[1:, 3] - embodiment.home_qpos
    assert np.abs(again).max() < 0.3


def test_a_policy_that_blows_up_for_one_robot_terminates_it(
    simulator: MjxSimulator, robot: Robot, neutral: CommandBatch
) -> None:
    action = np.zeros((SIZE, robot.nu), np.float32)
    action[2] = np.nan
    simulator.reset(neutral, QUIET, 0)
    run = simulator.rollout(holding(action), STEPS)
    expected = np.zeros((STEPS, SIZE))
    expected[:, 2] = 1.0
    np.testing.assert_array_equal(run.terminated, expected)
    assert finite(run)


def test_the_same_seed_gives_the_same_rollout_whatever_was_before(
    simulator: MjxSimulator, robot: Robot, still: GraphPolicy
) -> None:
    config = EpisodeConfig(
        episode_s=0.1, push_every_s=0.1, push_speed=0.5, start_spread_s=1.0, resample_s=0.2,
        sampler=drawing(robot),
    )  # fmt: skip

    def run(seed: int) -> Experience:
        simulator.reset(random_programs(SIZE, robot=robot), config, seed)
        return simulator.rollout(still, STEPS)

    first, other, again = run(5), run(6), run(5)
    for name, values in first.rollout.fields.items():
        np.testing.assert_array_equal(values, again.rollout.fields[name], err_msg=name)
    assert not np.array_equal(first.observation, other.observation)


def test_a_random_policy_explores_by_its_seed_and_never_repeats_itself(
    simulator: MjxSimulator, robot: Robot, neutral: CommandBatch
) -> None:
    def actions(seed: int) -> Floats:
        simulator.reset(neutral, QUIET, 0)
        policy = holding(np.zeros((SIZE, robot.nu), np.float32), noise=0.3, seed=seed)
        return np.concatenate([simulator.rollout(policy, STEPS).action for _ in range(2)])

    first = actions(1)
    np.testing.assert_array_equal(first, actions(1))
    assert not np.array_equal(first, actions(2))
    assert np.std(first) == pytest.approx(0.3, rel=0.05)
    assert len(np.unique(first[:, 0, 0])) == 2 * STEPS


@pushable
def test_a_push_has_exactly_its_size(
    simulator: MjxSimulator, embodiment: Embodiment, neutral: CommandBatch, still: GraphPolicy
) -> None:
    config = EpisodeConfig(
        reset_noise=0.0, auto_reset=False, push_every_s=CONTROL_DT, push_speed=0.7
    )
    simulator.reset(neutral, config, 0)
    run = simulator.rollout(still, STEPS)
    # Local linear velocity in the observation, before and after the first push of a standing robot.
    if "linear_velocity" not in embodiment.observation.names:
        return  # nothing of it is seen
    seen = run.observation[1][:, embodiment.observation["linear_velocity"]]
    change = seen - run.rollout.base_linear_velocity[0]
    np.testing.assert_allclose(np.linalg.norm(change, axis=-1), 0.7, atol=1e-4)
    assert np.ptp(np.arctan2(change[:, 1], change[:, 0])) > 4.0


def test_schedules_are_drawn_at_resets_and_in_between(
    simulator: MjxSimulator, embodiment: Embodiment, neutral: CommandBatch, still: GraphPolicy
) -> None:
    command, space = embodiment.observation["command"], embodiment.commands
    sampler = drawing(embodiment.robot)

    def run(config: EpisodeConfig) -> tuple[Experience, NDArray[np.bool_]]:
        """A rollout, and where its commands jumped `[T, B]`."""
        simulator.reset(neutral, config, 0)
        experience = simulator.rollout(still, STEPS)
        change = np.abs(np.diff(experience.observation[..., command], axis=0))
        jump = (change / (space.upper - space.lower)).max(-1)
        return experience, np.asarray(jump > 0.3)

    experience, jumps = run(EpisodeConfig(sampler=sampler, episode_s=0.1))
    assert np.abs(experience.observation[0, :, command]).sum(-1).min() > 0.0
    assert not np.any(jumps & (experience.truncated + experience.terminated < 0.5))
    assert jumps.sum() > 0.7 * experience.truncated.sum() > 0.0
    experience, jumps = run(EpisodeConfig(sampler=sampler, resample_s=0.1, episode_s=ENDLESS_S))
    assert 0.1 < jumps.mean() < 0.3
    experience, _ = run(EpisodeConfig())
    np.testing.assert_array_equal(experience.observation[..., command], 0.0)


def test_a_drawn_schedule_begins_anywhere_and_where_the_robot_is(
    simulator: MjxSimulator, embodiment: Embodiment, neutral: CommandBatch, still: GraphPolicy
) -> None:
    config = EpisodeConfig(sampler=drawing_sequences(embodiment.robot), start_spread_s=5.0)
    simulator.reset(neutral, config, 0)
    run = simulator.rollout(still, STEPS)
    assert np.ptp(run.rollout.time[0]) > 4.0
    if "heading_error" in embodiment.observation.names:
        error = run.observation[0][:, embodiment.observation["heading_error"]]
        np.testing.assert_allclose(error, 0.0, atol=1e-5)


@smallest
def test_a_policy_on_the_host_is_asked_between_steps(embodiment: Embodiment) -> None:
    """The other graph: one step. What it is asked and answers is what the experience holds."""
    simulator, asked = MjxSimulator(embodiment.robot, 4), list[Floats]()
    looks: list[int] = []
    config = EpisodeConfig(reset_noise=0.0, auto_reset=False)
    offset = embodiment.observation["joint_offset"]

    def follow(observation: Floats) -> Floats:
        asked.append(observation)
        return 0.5 * observation[:, offset]

    simulator.reset(CommandBatch.neutral(embodiment.commands, 4), config, 0)
    run = simulator.rollout(follow, 5, on_step=lambda: looks.append(len(asked)))
    assert looks == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(run.observation[:-1], asked)
    np.testing.assert_array_equal(run.action, 0.5 * run.observation[:-1, :, offset])
    np.testing.assert_allclose(run.rollout.time[:, 0], CONTROL_DT * np.arange(1, 6), atol=1e-6)
    np.testing.assert_array_equal(run.rollout.previous_action[1:], run.rollout.action[:-1])
    assert run.rollout.shape == run.terminated.shape == (5, 4)


def test_schedules_must_be_as_many_as_robots(
    simulator: MjxSimulator, embodiment: Embodiment
) -> None:
    with pytest.raises(ValueError, match="3 schedules for 100 robots"):
        simulator.reset(CommandBatch.neutral(embodiment.commands, 3), QUIET, 0)
