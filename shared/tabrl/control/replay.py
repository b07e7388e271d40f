"""The rollout of a single robot whose states were logged while something else simulated it."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from tabrl.control.rollout import Carry, RawSteps, Rollout, RolloutBuilder
from tabrl.control.shapes import trunk_shapes
from tabrl.robots import Robot

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class States:
    """One row for every control step: where it began and the targets applied in it."""

    time: Floats  # [T] s since the reset
    qpos: Floats  # [T, nq]
    qvel: Floats  # [T, nv]
    ctrl: Floats  # [T, nu] joint targets, rad


def rollout_of_states(model: mujoco.MjModel, robot: Robot, states: States) -> Rollout:
    """The rollout `[T - 1, 1]`: each step ends in the state in which the next one begins.

    Forces are those of the state under the step's targets. What the states do not tell is 0:
    `command` and `gait_phase`. Raises `ValueError` for fewer than two rows.
    """
    steps = len(states.time) - 1
    if steps < 1:
        raise ValueError("a rollout needs two states")
    raw = RawSteps.empty(steps, 1, robot)
    raw.command[:], raw.gait_phase[:], raw.just_reset[:] = 0.0, 0.0, 0.0
    raw.just_reset[0] = 1.0
    raw.time[:, 0] = states.time[1:]
    raw.qpos[:, 0], raw.qvel[:, 0] = states.qpos[1:], states.qvel[1:]
    raw.action[:, 0] = (states.ctrl[:-1] - np.array(robot.home)) / np.array(robot.action_scale)
    data = mujoco.MjData(model)
    for step in range(steps):
        data.time = states.time[step + 1]
        data.qpos[:], data.qvel[:] = states.qpos[step + 1], states.qvel[step + 1]
        data.ctrl[:] = states.ctrl[step]
        mujoco.mj_forward(model, data)
        _write(raw, step, model, data, robot)
    return RolloutBuilder(robot, trunk_shapes(model)).derive(raw, Carry.zeros(1, robot))


def _write(
    raw: RawSteps, step: int, model: mujoco.MjModel, data: mujoco.MjData, robot: Robot
) -> None:
    raw.joint_torque[step, 0] = data.qfrc_actuator[6:]
    raw.constraint_force[step, 0] = data.qfrc_constraint[6:]
    raw.body_position[step, 0] = data.xpos[1:]  # after the world
    raw.joint_axis[step, 0] = data.xaxis[1:]  # after the free joint
    twist = np.zeros(6)
    for foot, name in enumerate(robot.foot_names):
        site = model.site(name).id
        raw.foot_position[step, 0, foot] = data.site_xpos[site]
        kind = mujoco.mjtObj.mjOBJ_SITE
        mujoco.mj_objectVelocity(model, data, kind, site, twist, 0)
        raw.foot_velocity[step, 0, foot] = twist[3:]  # rotation comes first; world axes
