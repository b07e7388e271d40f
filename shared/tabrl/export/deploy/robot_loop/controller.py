"""The exported policy, fed with what a robot senses."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

from .description import RobotDescription
from .messages import Array, RobotState


class Controller:
    """A policy's targets. A robot does not know where it is, nor how fast it moves."""

    def __init__(self, policy: Path, robot: RobotDescription) -> None:
        program = runpy.run_path(str(policy / "run_policy.py"))
        self._control = program["control"]
        self._robot = robot
        self._yaw = 0.0

    def begin(self, state: RobotState) -> None:
        """The motion begins: ahead is where the robot now looks."""
        self._yaw = yaw(state.quaternion)

    def targets(self, time: float, state: RobotState, last: Array) -> Array:
        """Targets `[nu]` at a time (s) of the motion; `last` are those in force."""
        with np.errstate(invalid="ignore"):  # the place is not a number
            if not self._robot.floating:
                return np.asarray(self._control(time, state.position, state.velocity, last))
            attitude = turned(state.quaternion, -self._yaw)
            qpos = np.concatenate([np.full(3, np.nan), attitude, state.position])
            qvel = np.concatenate([np.full(3, np.nan), state.gyro, state.velocity])
            return np.asarray(self._control(time, qpos, qvel, last))


def yaw(quaternion: Array) -> float:
    """The heading of an attitude w, x, y, z, rad."""
    w, x, y, z = quaternion
    return float(np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)))


def turned(quaternion: Array, angle: float) -> Array:
    """An attitude w, x, y, z after a turn about the world's vertical axis, of length one."""
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    c, s = np.cos(angle / 2.0), np.sin(angle / 2.0)
    return np.array([c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w])
