"""What the joints are kept within, and what stops the robot."""

from __future__ import annotations

import numpy as np

from .description import RobotDescription
from .messages import Array, RobotState
from .settings import LimitSettings, StopSettings

IN_A_ROW = 3  # a single reading may be wrong
TURNS = 40.0  # rad/s, more than gyroscopes of such robots measure (2000 degrees a second)


class Limits:
    """The limits of one robot."""

    def __init__(self, robot: RobotDescription, limits: LimitSettings, stop: StopSettings) -> None:
        self._robot, self._limits, self._stop = robot, limits, stop
        margin = np.minimum(limits.joint_margin, (robot.upper - robot.lower) / 2.0)
        self._lower, self._upper = robot.lower + margin, robot.upper - margin
        self._step = limits.speed_share * robot.motors.no_load_speed * robot.control_s
        self._beyond: dict[str, int] = {}

    @property
    def beyond(self) -> bool:
        """Whether the last state looked at was beyond a limit: it is not to be acted on."""
        return any(self._beyond.values())

    def kept(self, wanted: Array, last: Array, state: RobotState) -> Array:
        """Targets `[nu]` as near to the wanted ones as the limits let them be.

        A joint that somebody holds is not torn along: targets stay where their springs are within
        the torque. Speed comes after that: no reading makes a target jump.
        """
        robot, share = self._robot, self._limits.torque_share
        damped = robot.damping * state.velocity
        most = share * robot.motors.most(state.velocity) + damped
        least = -share * robot.motors.most(-state.velocity) + damped
        ahead = np.clip(wanted - state.position, least / robot.stiffness, most / robot.stiffness)
        slow = np.clip(state.position + ahead, last - self._step, last + self._step)
        return self.within(slow)

    def within(self, targets: Array) -> Array:
        """Targets `[nu]` inside of the joints' ranges."""
        inside: Array = np.clip(targets, self._lower, self._upper)
        return inside

    def violated(self, state: RobotState) -> str | None:
        """Why the robot must stop; nothing while all is well. What is not a number is beyond."""
        robot, limits = self._robot, self._limits
        outside = np.maximum(robot.lower - state.position, state.position - robot.upper)
        faster = np.abs(state.velocity) / robot.motors.no_load_speed
        stronger = np.abs(np.nan_to_num(state.torque)) / robot.motors.torque
        found = (
            ("outside of its range", outside <= limits.joint_stop, state.position, "rad"),
            ("too fast", faster <= limits.speed_stop, state.velocity, "rad/s"),
            ("overloaded", stronger <= limits.torque_stop, state.torque, "N·m"),
            ("turning too fast", np.abs(state.gyro) <= TURNS, state.gyro, "rad/s"),
        )
        for what, within, _, _ in found:
            self._beyond[what] = 0 if within.all() else self._beyond.get(what, 0) + 1
        for what, within, values, unit in found:
            if self._beyond[what] >= IN_A_ROW:
                place = int(np.argmin(within))
                joint = "the trunk" if values is state.gyro else f"joint {robot.joint_names[place]}"
                return f"{joint} is {what}: {values[place]:.2f} {unit}"
        return self._tipped_over(state)

    def _tipped_over(self, state: RobotState) -> str | None:
        angle = tilt(state.quaternion)
        if self._robot.floating and not angle <= self._stop.tilt_rad:
            return f"tipped over: {angle:.2f} rad"
        return None


def tilt(quaternion: Array) -> float:
    """How far an attitude w, x, y, z is from upright, rad."""
    _, x, y, _ = quaternion / np.linalg.norm(quaternion)
    return float(np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)))
