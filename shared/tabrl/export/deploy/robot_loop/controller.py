"""The exported policy, fed with what a robot senses."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

from .description import RobotDescription
from .messages import Array, RobotState
from .student import Student

STUDENT = "student.safetensors"


class Controller:
    """A policy's targets. A robot does not know where it is, nor, without a student, how fast.

    `velocity` is the student's last estimate, m/s in the robot's frame; else not a number.
    """

    def __init__(self, policy: Path, robot: RobotDescription) -> None:
        program = runpy.run_path(str(policy / "run_policy.py"))
        self._control, self._observe = program["control"], program["observe"]
        self._robot = robot
        student = policy / STUDENT
        self._student = (
            Student.load(student, policy / "policy.safetensors") if student.is_file() else None
        )
        self._yaw = 0.0
        self.velocity: Array = np.full(3, np.nan)

    @property
    def guesses(self) -> bool:
        """Whether the policy must do without a speed that it would like to know."""
        return self._robot.floating and self._student is None

    def begin(self, state: RobotState) -> None:
        """The motion begins: ahead is where the robot now looks."""
        self._yaw = yaw(state.quaternion)
        if self._student is not None:
            self._student.begin()

    def targets(self, time: float, state: RobotState, last: Array) -> Array:
        """Targets `[nu]` at a time (s) of the motion; `last` are those in force."""
        with np.errstate(invalid="ignore", over="ignore"):  # the place is not a number
            if not self._robot.floating:
                return np.asarray(self._control(time, state.position, state.velocity, last))
            attitude = turned(state.quaternion, -self._yaw)
            qpos = np.concatenate([np.full(3, np.nan), attitude, state.position])
            qvel = np.concatenate([np.full(3, np.nan), state.gyro, state.velocity])
            if self._student is not None:
                self.velocity = self._student.velocity(self._observe(time, qpos, qvel, last))
                qvel[:3] = to_world(attitude, self.velocity)
            return np.asarray(self._control(time, qpos, qvel, last))


def yaw(quaternion: Array) -> float:
    """The heading of an attitude w, x, y, z of whatever length, rad."""
    w, x, y, z = quaternion
    return float(np.arctan2(2.0 * (w * z + x * y), w * w + x * x - y * y - z * z))


def turned(quaternion: Array, angle: float) -> Array:
    """An attitude w, x, y, z after a turn about the world's vertical axis, of length one."""
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    c, s = np.cos(angle / 2.0), np.sin(angle / 2.0)
    return np.array([c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w])


def to_world(quaternion: Array, vector: Array) -> Array:
    """A vector of the robot's frame in the world's."""
    w, axis = quaternion[0], quaternion[1:]
    twice = 2.0 * np.cross(axis, vector)
    there: Array = vector + w * twice + np.cross(axis, twice)
    return there
