"""Unitree's Go2 and G1 at their low level, over DDS.

Written against unitree_sdk2_python (github.com/unitreerobotics/unitree_sdk2_python: idl,
core/channel.py, utils/crc.py, comm/motion_switcher, and its low-level examples of both robots):
topics `rt/lowcmd` and `rt/lowstate`; `unitree_go` messages with 20 motors for the Go2 (head, level
flag, motor mode 1, PosStopF), `unitree_hg` ones with 35 for the G1 (mode_pr 0: joints as they turn;
mode_machine as the state tells it; motor mode 1). The robot's own controller must be released
before, or two of them pull at its joints.

Not known from there: what the robots do when commands cease, whether every firmware seals its
states (`connection.check_state_crc`), and the tick's unit, taken as milliseconds: were it longer,
all states would soon count as old and a dry run would stop; were it shorter, late ones would not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..clock import Clock
from ..description import RobotDescription
from ..messages import Adapter, JointCommand, RobotState
from ..settings import Settings

POSITION_STOP = 2.146e9  # a motor that has it follows no position
ENABLED = 1  # motor mode
TICK_S, ROUND_S = 1e-3, 2**32 * 1e-3
RELEASES, BETWEEN_S = 6, 0.5


@dataclass(frozen=True)
class Sdk:
    """What is used of `unitree_sdk2py`: messages of one family, and its functions."""

    low_command: Callable[[], Any]
    command_type: Any
    state_type: Any
    initialize: Callable[[int, str | None], None]
    publisher: Callable[[str, Any], Any]
    subscriber: Callable[[str, Any], Any]
    crc: Callable[[], Any]
    switcher: Callable[[], Any]


class UnitreeDds:
    """See `Adapter`. States come in a thread of the SDK."""

    def __init__(self, robot: RobotDescription, settings: Settings, sdk: Sdk) -> None:
        self._robot, self._settings, self._sdk = robot, settings, sdk
        self._new = threading.Condition()
        self._clock = Clock(ROUND_S)
        self._state: tuple[float, Any] | None = None
        self._publisher: Any = None
        self.refused = 0

    def connect(self, moves: bool) -> None:
        """Find the robot; to move it, release the controller that it has of its own."""
        sdk = self._sdk
        sdk.initialize(0, self._settings.connection.interface or None)
        self._crc, self._command = sdk.crc(), sdk.low_command()
        if hasattr(self._command, "level_flag"):
            self._command.head[:] = [0xFE, 0xEF]
            self._command.level_flag = 0xFF
        if moves:
            self._release()
            self._publisher = sdk.publisher("rt/lowcmd", sdk.command_type)
            self._publisher.Init()
        self._subscriber = sdk.subscriber("rt/lowstate", sdk.state_type)
        self._subscriber.Init(self._take, 10)

    def poll(self, timeout_s: float) -> RobotState | None:
        """The newest state."""
        with self._new:
            self._new.wait_for(lambda: self._state is not None, timeout_s)
            found, self._state = self._state, None
        return None if found is None else self._read(*found)

    def send(self, command: JointCommand) -> None:
        """Move the joints."""
        parts = (command.target, command.stiffness, command.damping)
        for joint, motor in enumerate(self._robot.motor_index):
            q, kp, kd = (float(part[joint]) for part in parts)
            self._set(motor, q, 0.0, kp, kd)
        self._deliver()

    def idle(self) -> None:
        """States come by themselves."""

    def stop(self) -> None:
        """Dampers alone."""
        for motor in self._robot.motor_index:
            self._set(motor, POSITION_STOP, 0.0, 0.0, self._settings.stop.damping)
        self._deliver()

    def close(self) -> None:
        """Close what was opened."""
        self._subscriber.Close()
        if self._publisher is not None:
            self._publisher.Close()

    def _release(self) -> None:
        switcher = self._sdk.switcher()
        switcher.SetTimeout(5.0)
        switcher.Init()
        for _ in range(RELEASES):
            code, mode = switcher.CheckMode()
            if code == 0 and not mode["name"]:
                return
            switcher.ReleaseMode()
            time.sleep(BETWEEN_S)
        raise OSError("the robot's own controller was not released: lay it down and switch it off")

    def _set(self, motor: int, q: float, dq: float, kp: float, kd: float) -> None:
        command = self._command.motor_cmd[motor]
        command.mode, command.tau = ENABLED, 0.0
        command.q, command.dq, command.kp, command.kd = q, dq, kp, kd

    def _deliver(self) -> None:
        self._command.crc = self._crc.Crc(self._command)
        self._publisher.Write(self._command)

    def _take(self, message: Any) -> None:
        if self._settings.connection.check_state_crc and self._crc.Crc(message) != message.crc:
            self.refused += 1
            return
        with self._new:
            if (now := self._clock.newer(message.tick * TICK_S)) is None:
                self.refused += 1
                return
            self._state = now, message
            self._new.notify()

    def _read(self, now: float, message: Any) -> RobotState:
        if hasattr(message, "mode_machine"):
            self._command.mode_pr, self._command.mode_machine = 0, message.mode_machine
        motors = [message.motor_state[motor] for motor in self._robot.motor_index]
        return RobotState(
            time=now,
            position=np.array([motor.q for motor in motors], float),
            velocity=np.array([motor.dq for motor in motors], float),
            torque=np.array([motor.tau_est for motor in motors], float),
            quaternion=np.array(message.imu_state.quaternion, float),
            gyro=np.array(message.imu_state.gyroscope, float),
        )


def adapter(robot: RobotDescription, settings: Settings) -> Adapter:
    """The module's entry point. Raises `ImportError` without the SDK."""
    return UnitreeDds(robot, settings, _sdk(settings.connection.kind))


def _sdk(kind: str) -> Sdk:
    # Published without types, and not installed where TabRL is.
    try:
        from unitree_sdk2py.comm.motion_switcher import (  # type: ignore[import-not-found]
            motion_switcher_client as switching,
        )
        from unitree_sdk2py.core import channel  # type: ignore[import-not-found]
        from unitree_sdk2py.idl import default  # type: ignore[import-not-found]
        from unitree_sdk2py.idl.unitree_go.msg import dds_ as go  # type: ignore[import-not-found]
        from unitree_sdk2py.idl.unitree_hg.msg import dds_ as hg  # type: ignore[import-not-found]
        from unitree_sdk2py.utils import crc  # type: ignore[import-not-found]
    except ImportError as error:
        raise ImportError(
            f"the maker's library is missing ({error}): install unitree_sdk2py from "
            "github.com/unitreerobotics/unitree_sdk2_python"
        ) from error
    go_family = kind == "unitree_go2"
    types = go if go_family else hg
    return Sdk(
        default.unitree_go_msg_dds__LowCmd_ if go_family else default.unitree_hg_msg_dds__LowCmd_,
        types.LowCmd_,
        types.LowState_,
        channel.ChannelFactoryInitialize,
        channel.ChannelPublisher,
        channel.ChannelSubscriber,
        crc.CRC,
        switching.MotionSwitcherClient,
    )
