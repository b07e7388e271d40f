"""The observation against MuJoCo's own sensors, and numpy against JAX."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tabrl.control import rotation
from tabrl.control.commands import COUNT as CHANNELS
from tabrl.control.commands import CommandBatch, CommandSchedule
from tabrl.control.gait import MID_SWING
from tabrl.control.observation import (
    HEADING_ERROR,
    LOOK_AHEAD_S,
    STEP_FREQUENCY,
    Joints,
    build_observation,
    observation_size,
)  # fmt: skip
from tabrl.control.rollout import Floats
from tabrl.control.rotation import Array
from tabrl.robots import scene_xml
from tests.support.engine import GO1, quaternions, random_programs

COUNT = 16


@dataclass(frozen=True)
class States:
    """Random raw states and what MuJoCo's sensors say of them."""

    time: Floats
    qpos: Floats
    qvel: Floats
    ctrl: Floats
    gyro: Floats
    velocity: Floats
    up: Floats  # the site's z axis in the world
    down: Floats  # gravity's direction in the site's frame

    def observe(self, schedules: CommandBatch, joints: Joints, heading: float = 0.0) -> Floats:
        observation: Floats = build_observation(
            self.time, self.qpos, self.qvel, self.ctrl, schedules, joints, heading
        )
        return observation


@pytest.fixture(scope="module")
def states() -> States:
    model = mujoco.MjModel.from_xml_string(scene_xml("go1").decode())
    data = mujoco.MjData(model)
    rng = np.random.default_rng(1)
    qpos = rng.normal(size=(COUNT, model.nq))
    qpos[:, 3:7] = quaternions(COUNT)
    qvel = rng.normal(size=(COUNT, model.nv))
    read: dict[str, list[Floats]] = {"gyro": [], "local_linear_velocity": [], "up": [], "down": []}
    for i in range(COUNT):
        data.qpos[:], data.qvel[:] = qpos[i], qvel[i]
        mujoco.mj_forward(model, data)
        for name in ("gyro", "local_linear_velocity", "up"):
            read[name].append(data.sensor(name).data.copy())
        read["down"].append(-data.site("imu").xmat.reshape(3, 3)[2])
    return States(
        rng.uniform(0.0, 8.0, COUNT), qpos, qvel, rng.uniform(-0.5, 0.5, (COUNT, model.nu)),
        *(np.array(values) for values in read.values()),
    )  # fmt: skip


def test_gravity_rates_and_velocity_are_what_the_sensors_read(states: States) -> None:
    observation = states.observe(random_programs(COUNT), Joints.of(GO1))
    np.testing.assert_allclose(observation[:, 0:3], states.down, atol=1e-5)
    np.testing.assert_allclose(-observation[:, 2], states.up[:, 2], atol=1e-5)
    np.testing.assert_allclose(observation[:, 3:6], states.gyro, atol=1e-5)
    np.testing.assert_allclose(observation[:, 6:9], states.velocity, atol=1e-5)


def test_joints_last_action_and_commands_follow(states: States) -> None:
    schedules, joints = random_programs(COUNT), Joints.of(GO1)
    observation = states.observe(schedules, joints)
    nu = GO1.nu
    parts = np.split(observation[:, 9:], np.cumsum([nu, nu, nu, CHANNELS, CHANNELS]), axis=1)
    np.testing.assert_allclose(parts[0], states.qpos[:, 7:] - joints.home, atol=1e-5)
    np.testing.assert_allclose(parts[1], states.qvel[:, 6:], atol=1e-5)
    np.testing.assert_allclose(joints.home + joints.scale * parts[2], states.ctrl, atol=1e-5)
    np.testing.assert_allclose(parts[3], schedules.command(states.time), atol=1e-5)
    ahead = schedules.command(states.time + LOOK_AHEAD_S)
    np.testing.assert_allclose(parts[4], ahead, atol=1e-5)


def test_its_length_is_announced_and_it_is_single_precision(states: States) -> None:
    observation = states.observe(random_programs(COUNT), Joints.of(GO1))
    assert observation.shape == (COUNT, observation_size(GO1))
    assert observation.dtype == np.float32


def test_an_action_within_the_limits_is_recovered_from_its_targets() -> None:
    joints = Joints.of(GO1)
    action = np.random.default_rng(0).uniform(-0.8, 0.8, (COUNT, GO1.nu)).astype(np.float32)
    np.testing.assert_allclose(joints.action(joints.targets(action)), action, atol=1e-5)


def test_targets_never_leave_the_joint_limits() -> None:
    limits = np.array(GO1.joint_range)
    for size in (-100.0, 100.0):
        targets = Joints.of(GO1).targets(np.full((1, GO1.nu), size, np.float32))
        assert np.all(targets >= limits[:, 0] - 1e-6)
        assert np.all(targets <= limits[:, 1] + 1e-6)


def test_jax_builds_the_same_observation(states: States) -> None:
    schedules = random_programs(COUNT)
    ours = states.observe(schedules, Joints.of(GO1), heading=0.4)
    joints = Joints.of(GO1, jnp)

    @jax.jit
    def compiled(time: Array, qpos: Array, qvel: Array, ctrl: Array) -> Array:
        return build_observation(time, qpos, qvel, ctrl, schedules, joints, 0.4, jnp)

    theirs = compiled(states.time, states.qpos, states.qvel, states.ctrl)
    np.testing.assert_allclose(ours, np.asarray(theirs), atol=5e-5)


def test_a_robot_on_course_sees_no_heading_error_and_one_off_course_sees_it_clipped() -> None:
    turned = np.zeros((3, 19))
    for row, yaw in enumerate((0.3, 0.0, -2.5)):
        turned[row, [3, 6]] = np.cos(yaw / 2), np.sin(yaw / 2)
    zeros = np.zeros((3, 18))
    joints = Joints.of(GO1)
    error = build_observation(
        np.zeros(3),
        turned,
        zeros,
        np.tile(joints.home, (3, 1)),
        CommandBatch.neutral(3),
        joints,
        0.3,
    )[:, HEADING_ERROR]
    np.testing.assert_allclose(error, [0.0, 0.3, 1.0], atol=1e-6)


def test_the_beat_clock_starts_at_zero_and_ticks_at_the_programs_beat(states: States) -> None:
    schedules = random_programs(COUNT)
    beat = states.observe(schedules, Joints.of(GO1))[:, -6:]
    angle = 2 * np.pi * schedules.beat_frequency * states.time
    expected = [wave(k * angle) for k in (1.0, 0.5, 2.0) for wave in (np.sin, np.cos)]
    np.testing.assert_allclose(beat, np.stack(expected, axis=1), atol=1e-4)


def test_every_foot_has_a_clock_and_a_foot_at_rest_has_none(states: States) -> None:
    asked = [
        CommandSchedule(),
        CommandSchedule.asking(vx=0.6),
        CommandSchedule.asking(lift_fl=0.08),
        CommandSchedule.asking(jump=0.05, gait_frequency=1.5),
    ]
    schedules = CommandBatch.stack(asked * (COUNT // len(asked)))
    observation = states.observe(schedules, Joints.of(GO1))
    sine, cosine = observation[:, -14:-10], observation[:, -10:-6]
    phase = schedules.gait_phase(states.time)
    running = np.ones((COUNT, 4), bool)
    running[0::4] = False
    running[2::4] = [False, True, False, False]  # the lifted foot alone
    np.testing.assert_allclose(sine, running * np.sin(2 * np.pi * phase), atol=1e-5)
    np.testing.assert_allclose(cosine, running * np.cos(2 * np.pi * phase), atol=1e-5)
    np.testing.assert_allclose(sine[2::4, 1], np.sin(2 * np.pi * MID_SWING), atol=1e-5)
    frequency = observation[:, STEP_FREQUENCY]
    np.testing.assert_allclose(frequency[0::4], 0.0)
    np.testing.assert_allclose(frequency[1::4], 2.3, atol=1e-5)
    np.testing.assert_allclose(frequency[2::4], 0.0)
    np.testing.assert_allclose(frequency[3::4], 1.5)


def test_rotations_agree_with_mujoco() -> None:
    rng = np.random.default_rng(2)
    matrix, vector = np.zeros(9), rng.normal(size=(COUNT, 3))
    for quaternion, world in zip(quaternions(COUNT, 5).astype(np.float64), vector, strict=True):
        mujoco.mju_quat2Mat(matrix, quaternion)
        body_to_world = matrix.reshape(3, 3)
        np.testing.assert_allclose(
            rotation.rotate_inverse(quaternion, world), body_to_world.T @ world, atol=1e-6
        )
        np.testing.assert_allclose(rotation.up_in_body(quaternion), body_to_world[2], atol=1e-6)
        roll, pitch = rotation.roll_pitch(quaternion)
        yaw = rotation.yaw(quaternion)
        rebuilt = np.zeros(4)
        mujoco.mju_euler2Quat(rebuilt, np.array([yaw, pitch, roll]), "zyx")
        assert abs(rebuilt @ quaternion) == pytest.approx(1.0, abs=1e-6)


def test_wrapped_angles_lie_within_a_half_turn() -> None:
    angles = np.array([0.0, 3.0, 3.5, -3.5, 10 * np.pi])
    wrapped = rotation.wrap(angles)
    assert np.all((wrapped >= -np.pi) & (wrapped < np.pi))
    np.testing.assert_allclose(np.exp(1j * wrapped), np.exp(1j * angles), atol=1e-12)
