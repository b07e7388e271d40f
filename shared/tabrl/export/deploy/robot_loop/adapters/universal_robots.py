"""Arms of Universal Robots by RTDE, through `ur-rtde`.

Written against the documentation of ur_rtde (sdurobotics.gitlab.io/ur_rtde): RTDEControlInterface
with servoJ(q, speed, acceleration, time, lookahead_time, gain), servoStop, stopScript, setWatchdog
and kickWatchdog; RTDEReceiveInterface with getActualQ, getActualQd, getTimestamp,
isProtectiveStopped and isEmergencyStopped. Speed and acceleration of servoJ are not used by the
controller. The arm follows positions with springs of its own: ours only keep its targets near.
Its controller stops by itself when the computer falls silent (the watchdog), and by its own limits.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ..clock import Clock
from ..description import RobotDescription
from ..messages import UPRIGHT, Adapter, JointCommand, RobotState, RobotStopped
from ..settings import Settings

LEAST_HZ = 10.0  # of commands, or the arm stops
STOP_RAD_S2 = 5.0  # deceleration of servoStop, half of its default


class UniversalRobot:
    """See `Adapter`."""

    def __init__(self, robot: RobotDescription, settings: Settings, sdk: tuple[Any, Any]) -> None:
        self._robot, self._settings = robot, settings
        self._control_type, self._receive_type = sdk
        self._control: Any = None
        self._stopped = False
        self._clock = Clock()
        self.refused = 0  # TCP repairs what is damaged

    def connect(self, moves: bool) -> None:
        """Connect; to move it, load the library's script into the controller."""
        address = self._settings.connection.address
        try:
            self._receive = self._receive_type(address)
            if moves:
                self._control = self._control_type(address)
                self._control.setWatchdog(LEAST_HZ)
        except RuntimeError as error:  # what the library raises
            raise OSError(f"the arm at {address} does not answer: {error}") from error

    def poll(self, timeout_s: float) -> RobotState | None:
        """The newest state. Raises `RobotStopped` when the arm has stopped itself."""
        ends = time.monotonic() + timeout_s
        while (now := self._newer()) is None:
            if time.monotonic() >= ends:
                return None
            time.sleep(0.0005)
        if self._receive.isEmergencyStopped():
            raise RobotStopped("the arm's emergency stop is pressed")
        if self._receive.isProtectiveStopped():
            raise RobotStopped("the arm has stopped itself (protective stop)")
        return RobotState(
            time=now,
            position=self._of_joints(self._receive.getActualQ()),
            velocity=self._of_joints(self._receive.getActualQd()),
            torque=np.full(self._robot.count, np.nan),
            quaternion=UPRIGHT,
            gyro=np.zeros(3),
        )

    def send(self, command: JointCommand) -> None:
        """Move the joints."""
        where = self._settings.connection
        motors = np.empty(self._robot.count)
        motors[list(self._robot.motor_index)] = command.target
        self._control.kickWatchdog()
        self._control.servoJ(
            motors.tolist(), 0.0, 0.0, self._robot.control_s, where.servo_lookahead_s,
            where.servo_gain,
        )  # fmt: skip

    def idle(self) -> None:
        """States come by themselves."""
        if self._control is not None:
            self._control.kickWatchdog()

    def stop(self) -> None:
        """The controller brings the arm to a stand; its motors hold it."""
        if not self._stopped:
            self._control.servoStop(STOP_RAD_S2)
            self._stopped = True
        self._control.kickWatchdog()

    def close(self) -> None:
        """End the script."""
        if self._control is not None:
            self._control.stopScript()
            self._control.disconnect()
        self._receive.disconnect()

    def _newer(self) -> float | None:
        told: float = self._receive.getTimestamp()
        return self._clock.newer(told) if told >= 0.0 else None  # below: nothing has come yet

    def _of_joints(self, motors: list[float]) -> np.ndarray:
        return np.array(motors, float)[list(self._robot.motor_index)]


def adapter(robot: RobotDescription, settings: Settings) -> Adapter:
    """The module's entry point. Raises `ImportError` without the library."""
    try:
        # Published without types, and not installed where TabRL is.
        from rtde_control import RTDEControlInterface  # type: ignore[import-not-found]
        from rtde_receive import RTDEReceiveInterface  # type: ignore[import-not-found]
    except ImportError as error:
        raise ImportError(f"the library is missing ({error}): pip install ur-rtde") from error
    return UniversalRobot(robot, settings, (RTDEControlInterface, RTDEReceiveInterface))
