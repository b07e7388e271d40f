"""The CPU simulator against plain MuJoCo, and how its episodes begin and end."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.control import rotation
from tabrl.control.commands import CommandBatch, CommandSchedule
from tabrl.control.observation import HEADING_ERROR, Joints, build_observation
from tabrl.control.policy import PolicyHeader, dump_policy, load_policy
from tabrl.control.rollout import CONTROL_DT, Floats
from tabrl.control.shapes import trunk_shapes
from tabrl.control.staged import StagedCommands
from tabrl.robots import scene_sha256, scene_xml
from tabrl.sim.cpu.simulator import SUBSTEPS, CpuSimulator, physics_model
from tabrl.sim.simulator import EpisodeConfig, Experience, PolicyFn, episode
from tests.support.engine import GO1, random_programs, still
from tests.support.inference import random_params

SIZE = 8
ENDLESS_S = 1e6  # first episodes begin at any age, so that ten seconds may end at once
QUIET = EpisodeConfig(reset_noise=0.0, episode_s=ENDLESS_S)
NEUTRAL = CommandBatch.neutral(SIZE)


@pytest.fixture(scope="module")
def simulator() -> CpuSimulator:
    return CpuSimulator(GO1, SIZE, threads=1)


@pytest.fixture
def _logs_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MuJoCo writes warnings to a file in the working directory."""
    monkeypatch.chdir(tmp_path)


def wriggle(seed: int, size: float = 0.6) -> PolicyFn:
    rng = np.random.default_rng(seed)
    return lambda observation: rng.normal(0.0, size, (len(observation), GO1.nu)).astype(np.float32)


def draw(rng: np.random.Generator, count: int) -> CommandBatch:
    return random_programs(count, int(rng.integers(10**6)))


def topple(observation: Floats) -> Floats:
    """Fold the right legs and stretch the left ones."""
    side = np.array([0.8, 2.0, 0.0, 0.8, -2.0, 2.0] * 2, np.float32)
    return np.tile(side, (len(observation), 1))


def same(one: Experience, other: Experience) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("observation", "action", "terminated", "truncated")
    ) and all(
        np.array_equal(one.rollout.fields[n], other.rollout.fields[n]) for n in one.rollout.fields
    )


def test_it_steps_exactly_like_plain_mujoco(simulator: CpuSimulator) -> None:
    run = episode(simulator, NEUTRAL, wriggle(0), 0.6, rules=QUIET)
    model = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    data, joints = mujoco.MjData(model), Joints.of(GO1)
    for robot in (0, SIZE - 1):
        mujoco.mj_resetDataKeyframe(model, data, 0)
        for t, action in enumerate(run.action[:, robot]):
            data.ctrl[:] = joints.targets(action)
            mujoco.mj_step(model, data, SUBSTEPS)
            rollout = run.rollout
            np.testing.assert_allclose(rollout.base_position[t, robot], data.qpos[:3], atol=1e-6)
            np.testing.assert_allclose(rollout.base_quaternion[t, robot], data.qpos[3:7], atol=1e-6)
            np.testing.assert_allclose(rollout.joint_position[t, robot], data.qpos[7:], atol=1e-6)
            np.testing.assert_allclose(rollout.joint_velocity[t, robot], data.qvel[6:], atol=1e-4)
    assert data.time == pytest.approx(0.6)


def test_feet_and_bodies_on_the_tape_are_where_mujoco_has_them(simulator: CpuSimulator) -> None:
    run = episode(simulator, NEUTRAL, wriggle(1), 0.3)
    qpos, _ = simulator.state()
    model = physics_model(GO1)
    data = mujoco.MjData(model)
    data.qpos[:] = qpos[2]
    mujoco.mj_kinematics(model, data)
    feet = [data.site(name).xpos for name in GO1.foot_names]
    bodies = [data.body(name).xpos for name in GO1.body_names]
    np.testing.assert_allclose(run.rollout.foot_position[-1, 2], feet, atol=1e-5)
    np.testing.assert_allclose(run.rollout.body_position[-1, 2], bodies, atol=1e-5)


def test_observations_are_those_of_the_states_before_each_action(simulator: CpuSimulator) -> None:
    schedules = random_programs(SIZE)
    run = episode(simulator, schedules, wriggle(2), 0.2, rules=QUIET)
    rollout, joints = run.rollout, Joints.of(GO1)
    t = 4
    qpos = np.concatenate(
        [rollout.base_position[t], rollout.base_quaternion[t], rollout.joint_position[t]], axis=-1
    )
    inverse = rollout.base_quaternion[t] * np.array([1.0, -1.0, -1.0, -1.0], np.float32)
    world = rotation.rotate_inverse(inverse, rollout.base_linear_velocity[t])
    qvel = np.concatenate(
        [world, rollout.base_angular_velocity[t], rollout.joint_velocity[t]], axis=-1
    )
    # The run began at the home pose, so that its heading starts where the schedules' does.
    expected = build_observation(
        rollout.time[t], qpos, qvel, joints.targets(run.action[t]), schedules, joints
    )
    np.testing.assert_allclose(run.observation[t + 1], expected, atol=2e-4)
    assert run.observation.shape[0] == run.action.shape[0] + 1


def test_the_same_seed_gives_the_same_rollout_whatever_was_before(
    simulator: CpuSimulator,
) -> None:
    rules = EpisodeConfig(
        episode_s=0.3, push_every_s=0.1, push_speed=0.5, start_spread_s=1.0, resample_s=0.2,
        sampler=draw,
    )  # fmt: skip

    def run(seed: int) -> Experience:
        simulator.reset(random_programs(SIZE), rules, seed)
        return simulator.rollout(wriggle(seed), 30)

    first, other = run(5), run(6)
    assert same(first, run(5))
    assert not same(first, other)


def test_a_rollout_goes_on_where_the_last_one_ended(simulator: CpuSimulator) -> None:
    rules = EpisodeConfig(episode_s=0.5)
    simulator.reset(random_programs(SIZE), rules, 1)
    whole = simulator.rollout(wriggle(3), 40)
    simulator.reset(random_programs(SIZE), rules, 1)
    policy = wriggle(3)
    blocks = [simulator.rollout(policy, 25), simulator.rollout(policy, 15)]
    for name in whole.rollout.fields:
        joined = np.concatenate([block.rollout.fields[name] for block in blocks])
        np.testing.assert_array_equal(joined, whole.rollout.fields[name], err_msg=name)


def test_running_out_of_time_is_a_truncation_and_begins_anew(simulator: CpuSimulator) -> None:
    simulator.reset(NEUTRAL, EpisodeConfig(episode_s=0.6), 0)
    run = simulator.rollout(still, 65)
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


def test_a_fall_is_a_termination_and_begins_anew(simulator: CpuSimulator) -> None:
    simulator.reset(NEUTRAL, EpisodeConfig(episode_s=ENDLESS_S), 0)
    run = simulator.rollout(topple, 100)
    assert run.terminated.any(axis=0).all()
    assert run.truncated.sum() == 0.0
    np.testing.assert_array_equal(run.rollout.fallen, run.terminated)
    t = int(run.terminated[:, 0].argmax())
    assert run.rollout.base_position[t + 1, 0, 2] > 0.2
    assert run.rollout.time[t + 1, 0] == pytest.approx(CONTROL_DT)


def test_a_fall_in_the_last_moment_is_no_truncation(simulator: CpuSimulator) -> None:
    simulator.reset(NEUTRAL, EpisodeConfig(reset_noise=0.0, auto_reset=False), 0)
    falls_at = int(simulator.rollout(topple, 150).terminated[:, 0].argmax())
    limit = (falls_at + 1) * CONTROL_DT
    rules = EpisodeConfig(reset_noise=0.0, auto_reset=False, episode_s=limit)
    simulator.reset(NEUTRAL, rules, 0)
    run = simulator.rollout(topple, falls_at + 1)
    assert run.terminated[-1, 0] == 1.0
    assert run.truncated[-1, 0] == 0.0


def test_an_episode_leaves_a_fallen_robot_where_it_lies(simulator: CpuSimulator) -> None:
    run = episode(simulator, NEUTRAL, topple, 2.5, rules=EpisodeConfig(episode_s=0.5))
    assert run.truncated.sum() == 0.0
    assert run.rollout.fallen[-1].all()
    np.testing.assert_allclose(run.rollout.time[:, 0], CONTROL_DT * np.arange(1, 126), atol=1e-4)


@pytest.mark.usefixtures("_logs_elsewhere")
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e12])
@pytest.mark.parametrize("field", ["qpos", "qvel"])
def test_a_robot_that_blows_up_is_terminated_alone(
    simulator: CpuSimulator, field: str, value: float
) -> None:
    def run(diverged: bool) -> Experience:
        simulator.reset(random_programs(SIZE), QUIET, 0)
        simulator.rollout(still, 3)
        if diverged:
            getattr(simulator._shards[0].robots, field)[3, 12] = value
        return simulator.rollout(still, 5)

    sane, diverged = run(False), run(True)
    assert diverged.terminated[0, 3] == 1.0
    assert diverged.rollout.fallen[0, 3] == 1.0
    assert diverged.terminated.sum() == 1.0
    others = np.arange(SIZE) != 3
    for name, values in diverged.rollout.fields.items():
        assert np.isfinite(values).all(), name
        np.testing.assert_array_equal(values[:, others], sane.rollout.fields[name][:, others])
    assert np.isfinite(diverged.observation[1:]).all()
    assert 0.2 < diverged.rollout.base_position[-1, 3, 2] < 0.4


@pytest.mark.usefixtures("_logs_elsewhere")
def test_a_policy_that_blows_up_for_one_robot_leaves_the_others_alone(
    simulator: CpuSimulator,
) -> None:
    def act(observation: Floats) -> Floats:
        action = still(observation)
        action[2] = np.nan
        return action

    simulator.reset(NEUTRAL, QUIET, 0)
    run = simulator.rollout(act, 3)
    expected = np.zeros((3, SIZE))
    expected[:, 2] = 1.0
    np.testing.assert_array_equal(run.terminated, expected)
    assert all(np.isfinite(values).all() for values in run.rollout.fields.values())


def test_pushes_move_the_robots(simulator: CpuSimulator) -> None:
    def sideways(rules: EpisodeConfig) -> float:
        simulator.reset(NEUTRAL, rules, 0)
        speeds = simulator.rollout(still, 25).rollout.base_linear_velocity[..., :2]
        return float(np.abs(speeds).max())

    pushed = EpisodeConfig(reset_noise=0.0, push_every_s=0.1, push_speed=1.0)
    assert sideways(pushed) > 3.0 * sideways(QUIET) + 0.2


def test_programs_are_drawn_at_resets_and_in_between(simulator: CpuSimulator) -> None:
    def run(rules: EpisodeConfig) -> tuple[Experience, Floats]:
        """A rollout, and where its height command jumped `[T, B]`."""
        simulator.reset(NEUTRAL, rules, 0)
        experience = simulator.rollout(still, 40)
        return experience, np.abs(np.diff(experience.observation[..., 48], axis=0)) > 0.03

    experience, jumps = run(EpisodeConfig(sampler=draw, episode_s=0.4))
    assert np.abs(experience.observation[0, :, 45:51]).sum(-1).min() > 0.0
    assert not np.any(jumps & (experience.truncated < 0.5))
    assert jumps.sum() > 0.4 * experience.truncated.sum() > 0.0
    _, jumps = run(EpisodeConfig(sampler=draw, resample_s=0.2, episode_s=ENDLESS_S))
    assert jumps.any(axis=1).sum() > 5
    experience, _ = run(EpisodeConfig())
    np.testing.assert_array_equal(experience.observation[..., 45:51], 0.0)


def test_a_drawn_program_begins_where_the_robot_looks(simulator: CpuSimulator) -> None:
    rules = EpisodeConfig(sampler=draw, resample_s=0.1, start_spread_s=5.0)
    simulator.reset(NEUTRAL, rules, 0)
    run = simulator.rollout(still, 1)
    np.testing.assert_allclose(run.observation[0, :, HEADING_ERROR], 0.0, atol=1e-5)
    assert np.ptp(run.rollout.time[0]) > 1.0


def test_randomised_robots_move_differently_under_the_same_actions() -> None:
    def spread(randomise: bool) -> float:
        simulator = CpuSimulator(GO1, 4, threads=1, randomise=randomise, seed=1)
        run = episode(simulator, CommandBatch.neutral(4), still, 0.5, rules=QUIET)
        return float(np.ptp(run.rollout.joint_position[-1], axis=0).max())

    assert spread(False) == 0.0
    assert spread(True) > 1e-3


def test_programs_must_be_as_many_as_robots(simulator: CpuSimulator) -> None:
    with pytest.raises(ValueError, match="3 schedules for 8 robots"):
        simulator.reset(CommandBatch.neutral(3), QUIET, 0)


def test_a_trunk_shape_it_cannot_measure_is_refused() -> None:
    spec = mujoco.MjSpec.from_string(scene_xml("go1").decode())
    spec.geom("head").type = mujoco.mjtGeom.mjGEOM_CAPSULE
    spec.geom("head").size = [0.05, 0.1, 0.0]
    with pytest.raises(ValueError, match="head"):
        trunk_shapes(spec.compile())


def test_its_model_weighs_what_the_scene_weighs() -> None:
    scene = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    model = physics_model(GO1)
    np.testing.assert_array_equal(model.body_mass, scene.body_mass)
    assert model.ngeom < scene.ngeom
    assert model.opt.timestep * SUBSTEPS == pytest.approx(CONTROL_DT)


def test_a_policy_that_is_served_does_what_it_does_here_over_all_switches(
    simulator: CpuSimulator,
) -> None:
    """The clock here adds up steps in single precision, the client's is exact."""
    schedule = CommandSchedule.sequence(
        [CommandSchedule.asking(height=-0.08, yaw=0.4), CommandSchedule.asking(jump=0.05)],
        (0.5, 0.62),
    )
    weights = load_policy(random_params(5)).weights
    header = PolicyHeader(robot="go1", scene_sha256=scene_sha256("go1"), program=schedule)
    served = load_policy(dump_policy(header, weights))
    states: list[tuple[Floats, Floats]] = []

    def act(observation: Floats) -> Floats:
        states.append(simulator.state())
        return weights.act(observation)

    run = episode(simulator, StagedCommands.stack([schedule] * SIZE), act, 2.3, seed=1)
    ctrl = np.tile(np.array(GO1.home, np.float32), (SIZE, 1))
    joints = Joints.of(GO1)
    for step, (qpos, qvel) in enumerate(states):
        action, _ = served.control(np.full(SIZE, step * CONTROL_DT), qpos, qvel, ctrl)
        np.testing.assert_allclose(action, run.action[step], atol=2e-4, err_msg=str(step))
        ctrl = joints.targets(run.action[step])
    hops = run.rollout.command[:, 0, 7] > 0.0  # after the step, so one earlier
    assert np.flatnonzero(np.diff(hops)).tolist() == [23, 54, 79, 110]
