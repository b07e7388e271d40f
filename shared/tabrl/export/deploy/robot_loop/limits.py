"""What the joints are kept within, and what stops the robot."""

from __future__ import annotations

import numpy as np

from .description import RobotDescription
from .messages import Array, RobotState
from .settings import LimitSettings, StopSettings

IN_A_ROW = 3  # a single reading may be wrong


class Limits:
    """The limits of one robot."""

    def __init__(self, robot: RobotDescription, limits: LimitSettings, stop: StopSettings) -> None:
        self._robot, self._limits, self._stop = robot, limits, stop
        self._lower = robot.lower + limits.joint_margin
        self._upper = robot.upper - limits.joint_margin
        self._step = limits.speed_share * robot.motors.no_load_speed * robot.control_s
        self._beyond: dict[str, int] = {}

    def kept(self, wanted: Array, last: Array, state: RobotState) -> Array:
        """Targets `[nu]` as near to the wanted ones as the limits let them be.

        Torque comes before speed: a joint that somebody holds is not torn along.
        """
        robot, share = self._robot, self._limits.torque_share
        slow = np.clip(wanted, last - self._step, last + self._step)
        damped = robot.damping * state.velocity
        most = share * robot.motors.most(state.velocity) + damped
        least = -share * robot.motors.most(-state.velocity) + damped
        ahead = np.clip(slow - state.position, least / robot.stiffness, most / robot.stiffness)
        targets: Array = np.clip(state.position + ahead, self._lower, self._upper)
        return targets

    def violated(self, state: RobotState) -> str | None:
        """Why the robot must stop; nothing while all is well."""
        robot, limits = self._robot, self._limits
        outside = np.maximum(robot.lower - state.position, state.position - robot.upper)
        faster = np.abs(state.velocity) / robot.motors.no_load_speed
        stronger = np.abs(np.nan_to_num(state.torque)) / robot.motors.torque
        found = (
            ("outside of its range", outside > limits.joint_stop, state.position, "rad"),
            ("too fast", faster > limits.speed_stop, state.velocity, "rad/s"),
            ("overloaded", stronger > limits.torque_stop, state.torque, "N·m"),
        )
        for what, beyond, values, unit in found:
            self._beyond[what] = self._beyond.get(what, 0) + 1 if beyond.any() else 0
            if self._beyond[what] >= IN_A_ROW:
                joint = int(np.argmax(beyond))
                name = robot.joint_names[joint]
                return f"joint {name} is {what}: {values[joint]:.2f} {unit}"
        return self._tipped_over(state)

    def _tipped_over(self, state: RobotState) -> str | None:
        angle = tilt(state.quaternion)
        if self._robot.floating and angle > self._stop.tilt_rad:
            return f"tipped over: {angle:.2f} rad"
        return None


def tilt(quaternion: Array) -> float:
    """How far an attitude w, x, y, z is from upright, rad."""
    _, x, y, _ = quaternion / np.linalg.norm(quaternion)
    return float(np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)))
