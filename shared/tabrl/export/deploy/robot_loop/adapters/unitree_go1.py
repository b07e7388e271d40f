"""Unitree's Go1 at its low level: through the maker's library, or in packets for simulated ones.

Written against unitree_legged_sdk v3.8 (comm.h, udp.h, python_wrapper, example_py): the module
`robot_interface` that its build makes, with UDP(level, local port, address, port), InitCmdData,
SetSend, Send, Recv, GetRecv, LowCmd and LowState; motor mode 0x0A, PosStopF and VelStopF for what a
motor is not to follow. Not known from there: what the robot does when commands cease, and whether
the library says that a received packet was damaged, so that a state counts as new when its tick is.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np

from ..clock import Clock
from ..description import RobotDescription
from ..messages import Adapter, JointCommand, RobotState
from ..settings import Settings, SettingsError
from ..unitree_go1_packets import (
    LOW_LEVEL,
    POSITION_STOP,
    ROUND_S,
    SERVO,
    TICK_S,
    VELOCITY_STOP,
    command_packet,
    read_state,
)  # fmt: skip
from .udp_robot import UdpRobot


class Library:
    """See `Adapter`: the maker's library, which packs, seals and checks by itself."""

    def __init__(self, robot: RobotDescription, settings: Settings, sdk: Any) -> None:
        self._robot, self._settings, self._sdk = robot, settings, sdk
        self._clock = Clock(ROUND_S)
        self.refused = 0

    def connect(self, moves: bool) -> None:
        """Open the library's socket."""
        where, sdk = self._settings.connection, self._sdk
        self._udp = sdk.UDP(LOW_LEVEL, where.local_port or 8080, where.address, where.port)
        self._command, self._state = sdk.LowCmd(), sdk.LowState()
        self._udp.InitCmdData(self._command)

    def poll(self, timeout_s: float) -> RobotState | None:
        """The newest state; the library does not wait, so that it is asked again and again."""
        ends = time.monotonic() + timeout_s
        while True:
            self._udp.Recv()
            self._udp.GetRecv(self._state)
            told = self._state.tick  # 0: nothing has come yet
            if told and (now := self._clock.newer(told * TICK_S)) is not None:
                return self._read(now)
            if time.monotonic() >= ends:
                return None
            time.sleep(0.0005)

    def send(self, command: JointCommand) -> None:
        """Move the joints."""
        parts = (command.target, command.stiffness, command.damping)
        for joint, motor in enumerate(self._robot.motor_index):
            target, stiffness, damping = (float(part[joint]) for part in parts)
            self._set(motor, target, 0.0, stiffness, damping)
        self._deliver()

    def idle(self) -> None:
        """No torque."""
        for motor in self._robot.motor_index:
            self._set(motor, POSITION_STOP, VELOCITY_STOP, 0.0, 0.0)
        self._deliver()

    def stop(self) -> None:
        """Dampers alone."""
        for motor in self._robot.motor_index:
            self._set(motor, POSITION_STOP, 0.0, 0.0, self._settings.stop.damping)
        self._deliver()

    def close(self) -> None:
        """The library closes its socket when it is dropped."""
        del self._udp

    def _set(self, motor: int, q: float, dq: float, stiffness: float, damping: float) -> None:
        command = self._command.motorCmd[motor]
        command.mode, command.tau = SERVO, 0.0
        command.q, command.dq, command.Kp, command.Kd = q, dq, stiffness, damping

    def _deliver(self) -> None:
        self._udp.SetSend(self._command)
        self._udp.Send()

    def _read(self, now: float) -> RobotState:
        motors = [self._state.motorState[motor] for motor in self._robot.motor_index]
        imu = self._state.imu
        return RobotState(
            time=now,
            position=np.array([motor.q for motor in motors]),
            velocity=np.array([motor.dq for motor in motors]),
            torque=np.array([motor.tauEst for motor in motors]),
            quaternion=np.array(imu.quaternion),
            gyro=np.array(imu.gyroscope),
        )


def adapter(robot: RobotDescription, settings: Settings) -> Adapter:
    """The module's entry point. Raises `ImportError` without the library, and `SettingsError`."""
    transport = settings.connection.transport
    if transport == "udp":
        return UdpRobot(
            settings, partial(command_packet, robot), partial(read_state, robot), ROUND_S
        )
    if transport != "sdk":
        raise SettingsError(f"connection.transport must be sdk or udp, not {transport!r}")
    try:
        import robot_interface  # type: ignore[import-not-found]
    except ImportError as error:
        raise ImportError(
            "the maker's library is missing: build unitree_legged_sdk v3.8 for Python and put the "
            "folder of its robot_interface on PYTHONPATH"
        ) from error
    return Library(robot, settings, robot_interface)
