"""What goes between the loop and a robot, whatever robot it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RobotState:
    """What a robot senses; joints `[nu]` in the order of `robot.json`.

    `time` is the robot's own clock (s), `position` in rad, `velocity` in rad/s, `torque` as the
    motors estimate it (N·m; not a number where they do not). `quaternion` w, x, y, z turns the
    robot's frame into the world's; `gyro` is the angular velocity in the robot's frame, rad/s.
    """

    time: float
    position: Array
    velocity: Array
    torque: Array
    quaternion: Array
    gyro: Array

    @property
    def finite(self) -> bool:
        """Whether all that the policy needs is a number, and the quaternion about of length one."""
        parts = (self.position, self.velocity, self.quaternion, self.gyro)
        if not (math.isfinite(self.time) and all(np.isfinite(part).all() for part in parts)):
            return False
        return 0.5 < math.hypot(*self.quaternion) < 2.0


@dataclass(frozen=True)
class JointCommand:
    """Targets `[nu]` in rad, and the springs (N·m/rad) and dampers (N·m·s/rad) that lead there."""

    target: Array
    stiffness: Array
    damping: Array


class RobotStopped(Exception):  # noqa: N818 - nothing went wrong with us
    """The robot has stopped by itself, and says why."""


class Adapter(Protocol):
    """One kind of robot. `refused` counts messages that were damaged, old or not meant for us."""

    refused: int

    def connect(self, moves: bool) -> None:
        """Open what is needed; without `moves` nothing of the robot changes.

        Raises `OSError` with what to do.
        """
        ...

    def poll(self, timeout_s: float) -> RobotState | None:
        """The newest state, if it is newer than those given out; waits up to `timeout_s` for one.

        By the robot's own clock: what is repeated or overtaken is not given out. Raises
        `RobotStopped`.
        """
        ...

    def send(self, command: JointCommand) -> None:
        """Move the joints."""
        ...

    def idle(self) -> None:
        """Ask for states without any torque."""
        ...

    def stop(self) -> None:
        """Brake all joints softly: dampers without springs, or the robot's own way to stop."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])  # the attitude of a robot that is screwed down
