"""What a policy sees of every robot: named segments, the same in numpy and JAX."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tabrl.control.arrays import Array
from tabrl.control.embodiment import LOOK_AHEAD_S, Embodiment
from tabrl.control.joints import MotorLines
from tabrl.robots import Robot, scene_xml
from tests.support.engine import quaternions, random_programs, random_sequences

COUNT = 16


def raw_states(embodiment: Embodiment) -> tuple[np.ndarray, ...]:
    """Random times, positions, velocities and targets."""
    rng, robot = np.random.default_rng(1), embodiment.robot
    qpos = rng.normal(size=(COUNT, embodiment.nq))
    if embodiment.skeleton.root[0]:
        qpos[:, 3:7] = quaternions(COUNT)
    qvel = rng.normal(size=(COUNT, embodiment.nv))
    return rng.uniform(0.0, 8.0, COUNT), qpos, qvel, rng.uniform(-0.5, 0.5, (COUNT, robot.nu))


def test_its_length_is_announced_and_it_is_single_precision(embodiment: Embodiment) -> None:
    schedules = random_programs(COUNT, robot=embodiment.robot)
    observation = embodiment.observe(*raw_states(embodiment), schedules)
    assert observation.shape == (COUNT, len(embodiment.observation))
    assert observation.dtype == np.float32
    told = embodiment.command_features(raw_states(embodiment)[0], schedules)
    assert told.shape == (COUNT, len(embodiment.features))


def test_joints_last_targets_and_commands_are_where_their_names_say(
    embodiment: Embodiment,
) -> None:
    schedules, joints = random_programs(COUNT, robot=embodiment.robot), embodiment.joints
    time, qpos, qvel, ctrl = raw_states(embodiment)
    observation = embodiment.observe(time, qpos, qvel, ctrl, schedules)
    position = embodiment.skeleton.joint_position(qpos)
    expected = {
        "joint_offset": position - joints.home,
        "joint_velocity": embodiment.skeleton.joint_velocity(qvel),
        "command": schedules.command(time),
        "command_ahead": schedules.command(time + LOOK_AHEAD_S),
    }
    if joints.integrated:
        expected["target_lead"] = ctrl - position
    else:
        expected["last_action"] = joints.action(ctrl)
    for name, values in expected.items():
        seen = observation[:, embodiment.observation[name]]
        np.testing.assert_allclose(seen, values, atol=1e-5, err_msg=name)


def test_one_schedule_may_ask_many_robots(embodiment: Embodiment) -> None:
    one = random_programs(1, robot=embodiment.robot)
    states = raw_states(embodiment)
    many = one.pick(np.zeros(COUNT, np.intp))
    np.testing.assert_array_equal(
        embodiment.observe(*states, one), embodiment.observe(*states, many)
    )


def test_an_action_within_the_limits_is_recovered_from_its_targets(embodiment: Embodiment) -> None:
    joints, rng = embodiment.joints, np.random.default_rng(0)
    within = np.minimum(joints.upper - joints.home, joints.home - joints.lower) / joints.scale
    action = (rng.uniform(-0.9, 0.9, (COUNT, len(within))) * within).astype(np.float32)
    home, still = np.tile(joints.home, (COUNT, 1)), np.zeros_like(action)
    strong = replace(joints, motors=MotorLines.of(without_motors(embodiment.robot)))
    targets = strong.targets(action, home, still, last=home)
    near = 1e-4 if joints.integrated else 1e-5  # the same rounding of far smaller steps
    np.testing.assert_allclose(joints.action(targets, home), action, atol=near)


def without_motors(robot: Robot) -> Robot:
    joints = tuple(joint.model_copy(update={"motor": None}) for joint in robot.joints)
    return robot.model_copy(update={"joints": joints})


def test_targets_never_leave_the_joint_limits(embodiment: Embodiment) -> None:
    limits = np.array(embodiment.robot.joint_range)
    for size in (-100.0, 100.0):
        action = np.full((1, embodiment.robot.nu), size, np.float32)
        home = embodiment.joints.home[None]
        targets = embodiment.joints.targets(action, home, np.zeros_like(home), last=home)
        assert np.all(targets >= limits[:, 0] - 1e-6)
        assert np.all(targets <= limits[:, 1] + 1e-6)


@pytest.mark.parametrize("stages", [False, True])
def test_jax_builds_the_same_observation(embodiment: Embodiment, stages: bool) -> None:
    draw = random_sequences if stages else random_programs
    schedules = draw(COUNT, robot=embodiment.robot)
    states = raw_states(embodiment)
    origin = np.full((COUNT, embodiment.origin_size), 0.4)

    @jax.jit
    def compiled(*states: Array) -> Array:
        return embodiment.observe(*states, schedules, origin, jnp)

    ours = embodiment.observe(*states, schedules, origin)
    # Errors of a tool are seen from close by, some thirty times as large.
    near = 1.5e-4 if embodiment.tool is not None else 5e-5
    np.testing.assert_allclose(ours, np.asarray(compiled(*states)), atol=near)


def test_home_is_the_scenes(embodiment: Embodiment) -> None:
    model = mujoco.MjModel.from_xml_string(scene_xml(embodiment.robot.id).decode())
    assert (embodiment.nq, embodiment.nv) == (model.nq, model.nv)
    np.testing.assert_allclose(embodiment.home_qpos, model.keyframe("home").qpos, atol=1e-6)
    assert not embodiment.failed(embodiment.home_qpos[None]).any()
