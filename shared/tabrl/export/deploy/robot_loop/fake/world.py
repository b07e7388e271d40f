"""The simulated robot: its scene in MuJoCo, motors as commands set them."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np

from ..description import RobotDescription
from ..messages import UPRIGHT, Array, RobotState

STEP_S = 0.002
SIDEWAYS = np.array([np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0])


class World:
    """Springs and dampers of the motors are those that were last asked for."""

    def __init__(self, scene: Path, robot: RobotDescription) -> None:
        self._robot = robot
        self._model = model = mujoco.MjModel.from_xml_path(str(scene))
        model.opt.timestep = STEP_S
        self._data = data = mujoco.MjData(model)
        mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
        self.motors(robot.home, np.zeros(robot.count), np.zeros(robot.count))
        if robot.floating and robot.rest is not None:
            self._lie_down(robot.rest)

    @property
    def time(self) -> float:
        """Seconds since it was switched on."""
        return float(self._data.time)

    @property
    def qpos(self) -> Array:
        """Generalised positions, a copy."""
        return np.array(self._data.qpos)

    def motors(self, target: Array, stiffness: Array, damping: Array) -> None:
        """What the motors do from now on: rad, N·m/rad, N·m·s/rad; all `[nu]`."""
        model = self._model
        model.actuator_gainprm[:, 0] = stiffness
        model.actuator_biasprm[:, 1] = -stiffness
        model.actuator_biasprm[:, 2] = -damping
        self._data.ctrl[:] = target

    def step(self) -> None:
        """2 ms."""
        mujoco.mj_step(self._model, self._data)

    def tip_over(self) -> None:
        """Lay it on its side."""
        self._data.qpos[3:7] = SIDEWAYS

    def state(self) -> RobotState:
        """What is sensed now, without noise."""
        data, count = self._data, self._robot.count
        floating = self._robot.floating
        return RobotState(
            time=float(data.time),
            position=np.array(data.qpos[-count:]),
            velocity=np.array(data.qvel[-count:]),
            torque=np.array(data.actuator_force),
            quaternion=np.array(data.qpos[3:7]) if floating else UPRIGHT,
            gyro=np.array(data.qvel[3:6]) if floating else np.zeros(3),
        )

    def _lie_down(self, rest: Array) -> None:
        """Joints at rest and the lowest part on the floor, then a second to settle."""
        data, model = self._data, self._model
        data.qpos[-len(rest) :] = rest
        mujoco.mj_forward(model, data)
        touching = [contact.dist for contact in data.contact]
        while touching:
            data.qpos[2] += 0.01
            mujoco.mj_forward(model, data)
            touching = [contact.dist for contact in data.contact]
        self.motors(rest, self._robot.stiffness, self._robot.damping)
        for _ in range(round(1.0 / STEP_S)):
            self.step()
        self.motors(rest, np.zeros(len(rest)), np.zeros(len(rest)))
        data.time = 0.0
