"""The rollout of a single robot whose states were logged while something else simulated it."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import RawSteps, Rollout

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class States:
    """One row for every control step: where it began and the targets applied in it."""

    time: Floats  # [T] s since the reset
    qpos: Floats  # [T, nq]
    qvel: Floats  # [T, nv]
    ctrl: Floats  # [T, nu] joint targets, rad


def rollout_of_states(model: mujoco.MjModel, embodiment: Embodiment, states: States) -> Rollout:
    """The rollout `[T - 1, 1]`: each step ends in the state in which the next one begins.

    Forces are those of the state under the step's targets. What the states do not tell is 0:
    commands and clocks. Raises `ValueError` for fewer than two rows.
    """
    steps = len(states.time) - 1
    if steps < 1:
        raise ValueError("a rollout needs two states")
    rows = [_row(model, embodiment, states, step, mujoco.MjData(model)) for step in range(steps)]
    stacked = {name: np.stack([row[name] for row in rows])[:, None] for name in rows[0]}
    raw = RawSteps(**{name: values.astype(np.float32) for name, values in stacked.items()})
    return embodiment.derive(raw, embodiment.carry(1))


def _row(
    model: mujoco.MjModel, embodiment: Embodiment, states: States, step: int, data: mujoco.MjData
) -> dict[str, Floats]:
    """One step's raw quantities, by MuJoCo's own kinematics."""
    skeleton, joints = embodiment.skeleton, embodiment.joints
    data.time = states.time[step + 1]
    data.qpos[:], data.qvel[:] = states.qpos[step + 1], states.qvel[step + 1]
    data.ctrl[:] = states.ctrl[step]
    mujoco.mj_forward(model, data)
    position, velocity = _ends(model, data, embodiment)
    recorded = embodiment.recorded.stop - embodiment.recorded.start
    return {
        "time": np.asarray(states.time[step + 1]),
        "qpos": states.qpos[step + 1],
        "qvel": states.qvel[step + 1],
        "action": joints.action(states.ctrl[step], states.ctrl[step - 1] if step else joints.home),
        "joint_torque": skeleton.joint_velocity(data.qfrc_actuator).copy(),
        "constraint_force": skeleton.joint_velocity(data.qfrc_constraint).copy(),
        "body_position": data.xpos[1:].copy(),  # after the world
        "joint_axis": data.xaxis[model.njnt - embodiment.robot.nu :].copy(),
        "end_position": position,
        "end_velocity": velocity,
        "commanded": np.zeros(recorded),
        "just_reset": np.asarray(float(step == 0)),
    }


def _ends(
    model: mujoco.MjModel, data: mujoco.MjData, embodiment: Embodiment
) -> tuple[Floats, Floats]:
    """World positions and velocities of the end effectors, `[ne, 3]`."""
    sites = [model.site(name).id for name in embodiment.robot.end_effectors]
    twist, velocity = np.zeros(6), np.zeros((len(sites), 3))
    for row, site in enumerate(sites):
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_SITE, site, twist, 0)
        velocity[row] = twist[3:]  # rotation comes first; world axes
    return data.site_xpos[sites].copy(), velocity
