"""The benchmark's task is the same for all who learn it."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from bench.robot import ROBOT, legged_robot
from bench.speed.from_scratch import walk_artifact
from bench.speed.single import LAST_ACTION, SingleWalk
from bench.speed.walk_task import (
    COMMAND_SCHEDULE,
    EPISODE_STEPS,
    MAX_RETURN,
    RETURN_LEVELS,
    ReturnEvaluator,
    has_fallen,
    trunk_boxes,
    walk_reward,
)

from tabrl.control import rotation
from tabrl.control.command_batch import CommandBatch
from tabrl.control.physics import SUBSTEPS, physics_model
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.legged.trunk import Trunk, overturned
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.simulator import episode
from tests.support.engine import still


def flailing(seed: int = 0) -> list[tuple[float, np.ndarray, np.ndarray, np.ndarray]]:
    """Times, positions, velocities and targets of a robot that flails until it lies."""
    model, rng = physics_model(ROBOT), np.random.default_rng(seed)
    joints = legged_robot().joints
    data, states = mujoco.MjData(model), []
    mujoco.mj_resetDataKeyframe(model, data, 0)
    data.qvel[:6] = rng.normal(0.0, 2.0, 6)
    data.qvel[3] += 8.0
    for step in range(60):
        data.ctrl[:] = joints.aimed(rng.normal(0.0, 2.0, ROBOT.nu), data.qpos, data.qvel)
        mujoco.mj_step(model, data, SUBSTEPS)
        time = (step + 1) * CONTROL_DT
        states.append((time, data.qpos.copy(), data.qvel.copy(), data.ctrl.copy()))
    return states


def test_the_artifact_and_the_function_give_the_same_reward() -> None:
    simulator = CpuSimulator(ROBOT, 8)
    rng = np.random.default_rng(0)
    rollout = episode(
        simulator,
        CommandBatch.stack([COMMAND_SCHEDULE] * 8),
        lambda observation: rng.normal(0.0, 1.0, (8, ROBOT.nu)).astype(np.float32),
        0.5,
    ).rollout
    expected = walk_artifact().total(rollout)
    reward = walk_reward(
        rollout.base_linear_velocity,
        rollout.base_angular_velocity,
        rollout.action,
        rollout.previous_action,
    )
    assert expected.std() > 0.01
    np.testing.assert_allclose(reward, expected, rtol=1e-4, atol=1e-4)


def test_one_robot_sees_and_earns_what_a_batch_does() -> None:
    embodiment, walk = legged_robot(), SingleWalk()
    joints, schedules = embodiment.joints, CommandBatch.stack([COMMAND_SCHEDULE])
    boxes, previous, falls = trunk_boxes(), np.zeros(ROBOT.nu, np.float32), []
    for time, qpos, qvel, ctrl in flailing():
        seen = walk.observe(time, qpos, qvel, ctrl)
        expected = embodiment.observe(
            np.array([time]), qpos[None], qvel[None], ctrl[None], schedules
        )[0]
        np.testing.assert_allclose(seen, expected, atol=2e-5)
        action = joints.action(ctrl)
        velocity = rotation.rotate_inverse(qpos[3:7], qvel[0:3])
        reward = walk_reward(velocity, qvel[3:6], action, previous)
        assert walk.reward(seen, previous) == pytest.approx(float(reward), rel=1e-4, abs=1e-5)
        previous = seen[LAST_ACTION]
        falls.append(walk.fallen(seen, float(qpos[2])))
        assert falls[-1] == has_fallen(qpos[3:7], qpos[2], boxes)
    assert len(set(falls)) == 2


def test_a_fall_is_what_the_simulator_takes_for_one() -> None:
    trunk = Trunk(physics_model(ROBOT))
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(200, 4)) + np.array([3.0, 0.0, 0.0, 0.0])
    quaternion = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    height = rng.uniform(0.02, 0.3, 200).astype(np.float32)
    up = rotation.up_in_body(quaternion)
    expected = (trunk.clearance(height, up) < 0.002) | overturned(up)
    assert 0 < expected.sum() < 200
    assert np.array_equal(has_fallen(quaternion, height, trunk_boxes()), expected)


def test_standing_is_far_from_the_goal_and_falling_farther() -> None:
    evaluator = ReturnEvaluator(robots=2)
    standing = evaluator.mean_return(still)
    assert 0.3 * MAX_RETURN < standing < 0.9 * RETURN_LEVELS[0]
    falling = legged_robot().failing_action
    tumbling = evaluator.mean_return(lambda observation: np.tile(falling, (2, 1)))
    assert tumbling < 0.5 * standing
    assert EPISODE_STEPS == 500
