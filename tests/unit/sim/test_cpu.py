"""The CPU simulator against plain MuJoCo, and how its episodes begin and end."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, scene_xml
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl.sim.simulator import Experience, PolicyFn, episode
from tests.support.engine import random_programs, still
from tests.support.robots import OF_EACH_KIND

SIZE = 8
ENDLESS_S = 1e6  # first episodes begin at any age, so that ten seconds may end at once
QUIET = EpisodeConfig(reset_noise=0.0, episode_s=ENDLESS_S)
FAILING = [robot for robot in OF_EACH_KIND if embodiment_of(robot).failing_action is not None]
PUSHABLE = [robot for robot in OF_EACH_KIND if embodiment_of(robot).push_noise]
failing = pytest.mark.parametrize("robot", FAILING, ids=lambda robot: robot.id)
pushable = pytest.mark.parametrize("robot", PUSHABLE, ids=lambda robot: robot.id)


@cache
def simulator_of(robot: Robot) -> CpuSimulator:
    return CpuSimulator(robot, SIZE, threads=1)


@pytest.fixture
def simulator(robot: Robot) -> CpuSimulator:
    return simulator_of(robot)


@pytest.fixture
def neutral(robot: Robot) -> CommandBatch:
    return CommandBatch.neutral(embodiment_of(robot).commands, SIZE)


@pytest.fixture
def hold(robot: Robot) -> PolicyFn:
    """Holds the home pose."""
    return lambda observation: still(observation, robot)


@pytest.fixture
def _logs_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MuJoCo writes warnings to a file in the working directory."""
    monkeypatch.chdir(tmp_path)


def wriggle(robot: Robot, seed: int, size: float = 0.6) -> PolicyFn:
    rng = np.random.default_rng(seed)
    return lambda observation: rng.normal(0.0, size, (len(observation), robot.nu)).astype(
        np.float32
    )


def drawing(robot: Robot) -> Callable[[np.random.Generator, int], CommandBatch]:
    return lambda rng, count: random_programs(count, int(rng.integers(10**6)), robot)


def topple(robot: Robot) -> PolicyFn:
    """What makes the robot fail."""
    action = embodiment_of(robot).failing_action
    assert action is not None
    return lambda observation: np.tile(action, (len(observation), 1))


def state_of(run: Experience, robot: Robot) -> Floats:
    """`qpos [T, B, nq]` of a run."""
    return embodiment_of(robot).qpos_of(run.rollout)


def same(one: Experience, other: Experience) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("observation", "action", "terminated", "truncated")
    ) and all(
        np.array_equal(one.rollout.fields[n], other.rollout.fields[n]) for n in one.rollout.fields
    )


def test_it_steps_exactly_like_plain_mujoco(
    simulator: CpuSimulator, embodiment: Embodiment, neutral: CommandBatch
) -> None:
    robot = embodiment.robot
    run = episode(simulator, neutral, wriggle(robot, 0), 0.6, config=QUIET)
    model = mujoco.MjModel.from_xml_string(scene_xml(robot.id).decode())
    data, states = mujoco.MjData(model), state_of(run, robot)
    for one in (0, SIZE - 1):
        mujoco.mj_resetDataKeyframe(model, data, 0)
        for t, action in enumerate(run.rollout.action[:, one]):
            data.ctrl[:] = embodiment.joints.ctrl(action, data.ctrl)
            mujoco.mj_step(model, data, SUBSTEPS)
            np.testing.assert_allclose(states[t, one], data.qpos, atol=1e-6)
            speeds = embodiment.skeleton.joint_velocity(data.qvel)
            np.testing.assert_allclose(run.rollout.joint_velocity[t, one], speeds, atol=1e-4)
    assert data.time == pytest.approx(0.6)


def test_bodies_of_the_rollout_are_where_mujoco_has_them(
    simulator: CpuSimulator, robot: Robot, neutral: CommandBatch
) -> None:
    run = episode(simulator, neutral, wriggle(robot, 1), 0.3)
    qpos, _ = simulator.state()
    model = physics_model(robot)
    data = mujoco.MjData(model)
    data.qpos[:] = qpos[2]
    mujoco.mj_kinematics(model, data)
    bodies = [data.body(name).xpos for name in robot.body_names]
    np.testing.assert_allclose(run.rollout.body_position[-1, 2], bodies, atol=1e-5)


def test_observations_are_those_of_the_states_before_each_action(
    simulator: CpuSimulator, embodiment: Embodiment
) -> None:
    robot, states = embodiment.robot, []
    schedules, moves = random_programs(SIZE, robot=robot), wriggle(embodiment.robot, 2)

    def act(observation: Floats) -> Floats:
        states.append(simulator.state())
        return moves(observation)

    run = episode(simulator, schedules, act, 0.2, config=QUIET)
    time, (qpos, qvel) = run.rollout.time[4], states[5]
    # The run began at the home pose, which fixes the same origin for all of it.
    ctrl = embodiment.joints.home
    for action in run.rollout.action[:5]:
        ctrl = embodiment.joints.ctrl(action, ctrl)
    expected = embodiment.observe(time, qpos, qvel, ctrl, schedules)
    np.testing.assert_allclose(run.observation[5], expected, atol=2e-4)
    assert run.observation.shape[0] == run.action.shape[0] + 1


def test_the_same_seed_gives_the_same_rollout_whatever_was_before(
    simulator: CpuSimulator, robot: Robot
) -> None:
    config = EpisodeConfig(
        episode_s=0.3, push_every_s=0.1, push_speed=0.5, start_spread_s=1.0, resample_s=0.2,
        sampler=drawing(robot),
    )  # fmt: skip

    def run(seed: int) -> Experience:
        simulator.reset(random_programs(SIZE, robot=robot), config, seed)
        return simulator.rollout(wriggle(robot, seed), 30)

    first, other = run(5), run(6)
    assert same(first, run(5))
    assert not same(first, other)


def test_a_rollout_goes_on_where_the_last_one_ended(simulator: CpuSimulator, robot: Robot) -> None:
    config = EpisodeConfig(episode_s=0.5)
    simulator.reset(random_programs(SIZE, robot=robot), config, 1)
    whole = simulator.rollout(wriggle(robot, 3), 40)
    simulator.reset(random_programs(SIZE, robot=robot), config, 1)
    policy = wriggle(robot, 3)
    blocks = [simulator.rollout(policy, 25), simulator.rollout(policy, 15)]
    for name in whole.rollout.fields:
        joined = np.concatenate([block.rollout.fields[name] for block in blocks])
        np.testing.assert_array_equal(joined, whole.rollout.fields[name], err_msg=name)


def test_running_out_of_time_is_a_truncation_and_begins_anew(
    simulator: CpuSimulator, neutral: CommandBatch, hold: PolicyFn
) -> None:
    simulator.reset(neutral, EpisodeConfig(episode_s=0.6), 0)
    run = simulator.rollout(hold, 65)
    assert run.terminated.sum() == 0.0
    firsts = set()
    for robot in range(SIZE):
        ends = np.flatnonzero(run.truncated[:, robot])
        firsts.add(int(ends[0]))
        assert ends[0] < 30
        np.testing.assert_array_equal(np.diff(ends), 30)
        np.testing.assert_allclose(run.rollout.time[ends[1], robot], 0.6, atol=1e-6)
        np.testing.assert_allclose(run.rollout.time[ends[:2] + 1, robot], CONTROL_DT, atol=1e-6)
        np.testing.assert_array_equal(run.rollout.previous_action[ends[:2] + 1, robot], 0.0)
    assert len(firsts) > 2  # not all robots begin their episodes together


@failing
def test_a_fall_is_a_termination_and_begins_anew(
    simulator: CpuSimulator, robot: Robot, neutral: CommandBatch
) -> None:
    simulator.reset(neutral, EpisodeConfig(episode_s=ENDLESS_S), 0)
    run = simulator.rollout(topple(robot), 100)
    assert run.terminated.any(axis=0).all()
    assert run.truncated.sum() == 0.0
    failures = embodiment_of(robot).failures(run.rollout)
    np.testing.assert_array_equal(failures, run.terminated)
    t = int(run.terminated[:, 0].argmax())
    assert not embodiment_of(robot).failed(state_of(run, robot)[t + 1, :1]).any()
    assert run.rollout.time[t + 1, 0] == pytest.approx(CONTROL_DT)


@failing
def test_a_fall_in_the_last_moment_is_no_truncation(
    simulator: CpuSimulator, robot: Robot, neutral: CommandBatch
) -> None:
    simulator.reset(neutral, EpisodeConfig(reset_noise=0.0, auto_reset=False), 0)
    falls_at = int(simulator.rollout(topple(robot), 150).terminated[:, 0].argmax())
    limit = (falls_at + 1) * CONTROL_DT
    config = EpisodeConfig(reset_noise=0.0, auto_reset=False, episode_s=limit)
    simulator.reset(neutral, config, 0)
    run = simulator.rollout(topple(robot), falls_at + 1)
    assert run.terminated[-1, 0] == 1.0
    assert run.truncated[-1, 0] == 0.0


@failing
def test_an_episode_leaves_a_fallen_robot_where_it_lies(
    simulator: CpuSimulator, robot: Robot, neutral: CommandBatch
) -> None:
    run = episode(simulator, neutral, topple(robot), 2.5, config=EpisodeConfig(episode_s=0.5))
    assert run.truncated.sum() == 0.0
    assert embodiment_of(robot).failures(run.rollout)[-1].all()
    np.testing.assert_allclose(run.rollout.time[:, 0], CONTROL_DT * np.arange(1, 126), atol=1e-4)


@pytest.mark.usefixtures("_logs_elsewhere")
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e12])
@pytest.mark.parametrize("field", ["qpos", "qvel"])
def test_a_robot_that_blows_up_is_terminated_alone(
    simulator: CpuSimulator, embodiment: Embodiment, hold: PolicyFn, field: str, value: float
) -> None:
    robot = embodiment.robot

    def run(diverged: bool) -> Experience:
        simulator.reset(random_programs(SIZE, robot=robot), QUIET, 0)
        simulator.rollout(hold, 3)
        if diverged:
            getattr(simulator._shards[0].robots, field)[3, -1] = value
        return simulator.rollout(hold, 5)

    sane, diverged = run(False), run(True)
    assert diverged.terminated[0, 3] == 1.0
    assert diverged.terminated.sum() == 1.0
    if embodiment.failure is not None:
        assert embodiment.failures(diverged.rollout)[0, 3] == 1.0
    others = np.arange(SIZE) != 3
    for name, values in diverged.rollout.fields.items():
        assert np.isfinite(values).all(), name
        np.testing.assert_array_equal(values[:, others], sane.rollout.fields[name][:, others])
    assert np.isfinite(diverged.observation[1:]).all()
    again = state_of(diverged, robot)[1:, 3] - embodiment.home_qpos
    assert np.abs(again).max() < 0.3


@pytest.mark.usefixtures("_logs_elsewhere")
def test_a_policy_that_blows_up_for_one_robot_leaves_the_others_alone(
    simulator: CpuSimulator, neutral: CommandBatch, hold: PolicyFn
) -> None:
    def act(observation: Floats) -> Floats:
        action = np.array(hold(observation))
        action[2] = np.nan
        return action

    simulator.reset(neutral, QUIET, 0)
    run = simulator.rollout(act, 3)
    expected = np.zeros((3, SIZE))
    expected[:, 2] = 1.0
    np.testing.assert_array_equal(run.terminated, expected)
    assert all(np.isfinite(values).all() for values in run.rollout.fields.values())


@pushable
def test_pushes_move_the_robots(
    simulator: CpuSimulator, robot: Robot, neutral: CommandBatch, hold: PolicyFn
) -> None:
    def moved(config: EpisodeConfig) -> float:
        simulator.reset(neutral, config, 0)
        simulator.rollout(hold, 25)
        return float(np.abs(simulator.state()[0] - embodiment_of(robot).home_qpos)[:, :2].max())

    pushed = EpisodeConfig(reset_noise=0.0, push_every_s=0.1, push_speed=1.0, episode_s=ENDLESS_S)
    assert moved(pushed) > 3.0 * moved(QUIET) + 0.05


def test_schedules_are_drawn_at_resets_and_in_between(
    simulator: CpuSimulator, embodiment: Embodiment, neutral: CommandBatch, hold: PolicyFn
) -> None:
    command, sampler = embodiment.observation["command"], drawing(embodiment.robot)

    def run(config: EpisodeConfig) -> tuple[Experience, NDArray[np.bool_]]:
        """A rollout, and where its commands jumped `[T, B]`."""
        simulator.reset(neutral, config, 0)
        experience = simulator.rollout(hold, 40)
        change = np.diff(experience.observation[..., command], axis=0)
        size = embodiment.commands.upper - embodiment.commands.lower
        return experience, (np.abs(change) / size).max(axis=-1) > 0.3

    experience, jumps = run(EpisodeConfig(sampler=sampler, episode_s=0.4))
    assert np.abs(experience.observation[0, :, command]).sum(-1).min() > 0.0
    assert not np.any(jumps & (experience.truncated + experience.terminated < 0.5))
    assert jumps.sum() > 0.4 * experience.truncated.sum() > 0.0
    _, jumps = run(EpisodeConfig(sampler=sampler, resample_s=0.2, episode_s=ENDLESS_S))
    assert jumps.any(axis=1).sum() > 5
    experience, _ = run(EpisodeConfig())
    np.testing.assert_array_equal(experience.observation[..., command], 0.0)


def test_robots_begin_all_over_their_schedules(
    simulator: CpuSimulator, robot: Robot, neutral: CommandBatch, hold: PolicyFn
) -> None:
    config = EpisodeConfig(sampler=drawing(robot), resample_s=0.1, start_spread_s=5.0)
    simulator.reset(neutral, config, 0)
    assert np.ptp(simulator.rollout(hold, 1).rollout.time[0]) > 1.0


def test_randomised_robots_move_differently_under_the_same_actions(
    embodiment: Embodiment, hold: PolicyFn
) -> None:
    def spread(differences: RobotDifferences | None) -> float:
        simulator = CpuSimulator(embodiment.robot, 4, threads=1, differences=differences)
        neutral = CommandBatch.neutral(embodiment.commands, 4)
        run = episode(simulator, neutral, hold, 0.5, config=QUIET)
        return float(np.ptp(run.rollout.joint_position[-1], axis=0).max())

    assert spread(None) == 0.0
    assert spread(RobotDifferences.of_training(embodiment, 4, 1)) > 1e-4


def test_schedules_must_be_as_many_as_robots(
    simulator: CpuSimulator, embodiment: Embodiment
) -> None:
    with pytest.raises(ValueError, match="3 schedules for 8 robots"):
        simulator.reset(CommandBatch.neutral(embodiment.commands, 3), QUIET, 0)


def test_its_model_weighs_what_the_scene_weighs(robot: Robot) -> None:
    scene = mujoco.MjModel.from_xml_string(scene_xml(robot.id).decode())
    model = physics_model(robot)
    np.testing.assert_array_equal(model.body_mass, scene.body_mass)
    assert model.ngeom <= scene.ngeom
    assert model.opt.timestep * SUBSTEPS == pytest.approx(CONTROL_DT)
    coarse = physics_model(robot, coarse=True)
    assert coarse.opt.timestep == pytest.approx(CONTROL_DT)
    np.testing.assert_array_equal(coarse.body_mass, scene.body_mass)


def test_coarse_physics_keep_the_time_and_stay_close(
    robot: Robot, embodiment: Embodiment, hold: PolicyFn
) -> None:
    neutral, ends = CommandBatch.neutral(embodiment.commands, 2), []
    for simulator in (CpuSimulator(robot, 2), CpuSimulator(robot, 2, coarse=True)):
        # An arm that holds its home comes to rest in the same place, however long the steps are.
        moves = wriggle(robot, 0) if embodiment.joints.integrated else hold
        run = episode(simulator, neutral, moves, 1.0, 0, QUIET)
        assert run.rollout.time[-1] == pytest.approx(1.0, abs=1e-4)
        ends.append(simulator.state()[0])
    np.testing.assert_allclose(ends[1], ends[0], atol=0.03)
    assert not np.array_equal(ends[1], ends[0])
