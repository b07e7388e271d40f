"""The low-level messages of Unitree's Go1, byte for byte as its SDK declares them.

Source: `LowCmd` and `LowState` in comm.h of unitree_legged_sdk v3.8 (packed structs, little endian;
github.com/unitreerobotics/unitree_legged_sdk), constants from there and from its examples.

Of the real robot's network comm.h says only that its packets are shorter than these structs; the
library that packs them is closed. So these packets are for simulated robots: a real Go1 is driven
through the maker's library (`connection.transport` = "sdk").
"""

from __future__ import annotations

import numpy as np

from .crc import is_sealed, sealed
from .description import RobotDescription
from .messages import Array, JointCommand, RobotState

LOW_LEVEL, HEAD = 0xFF, (0xFE, 0xEF)
SERVO = 0x0A  # motor mode: follow q, dq, tau with Kp and Kd
POSITION_STOP, VELOCITY_STOP = 2.146e9, 16_000.0  # a motor that has these follows neither
TICK_S, ROUND_S = 1e-6, 2**32 * 1e-6  # comm.h: microseconds, in 32 bits
MOTORS = 20  # of which a robot with twelve uses the first ones

_HEADER = [
    ("head", "u1", 2), ("levelFlag", "u1"), ("frameReserve", "u1"), ("SN", "<u4", 2),
    ("version", "<u4", 2), ("bandWidth", "<u2"),
]  # fmt: skip
MOTOR_COMMAND = np.dtype(
    [("mode", "u1"), ("q", "<f4"), ("dq", "<f4"), ("tau", "<f4"), ("Kp", "<f4"), ("Kd", "<f4"),
     ("reserve", "<u4", 3)]
)  # fmt: skip
MOTOR_STATE = np.dtype(
    [("mode", "u1"), ("q", "<f4"), ("dq", "<f4"), ("ddq", "<f4"), ("tauEst", "<f4"),
     ("q_raw", "<f4"), ("dq_raw", "<f4"), ("ddq_raw", "<f4"), ("temperature", "i1"),
     ("reserve", "<u4", 2)]
)  # fmt: skip
_IMU = np.dtype(
    [("quaternion", "<f4", 4), ("gyroscope", "<f4", 3), ("accelerometer", "<f4", 3),
     ("rpy", "<f4", 3), ("temperature", "i1")]
)  # fmt: skip
_BATTERY = np.dtype(
    [("version_h", "u1"), ("version_l", "u1"), ("bms_status", "u1"), ("SOC", "u1"),
     ("current", "<i4"), ("cycle", "<u2"), ("BQ_NTC", "i1", 2), ("MCU_NTC", "i1", 2),
     ("cell_vol", "<u2", 10)]
)  # fmt: skip
_LAST = [("wirelessRemote", "u1", 40), ("reserve", "<u4"), ("crc", "<u4")]
LOW_COMMAND = np.dtype([*_HEADER, ("motorCmd", MOTOR_COMMAND, MOTORS), ("bms", "u1", 4), *_LAST])
LOW_STATE = np.dtype(
    [*_HEADER, ("imu", _IMU), ("motorState", MOTOR_STATE, MOTORS), ("bms", _BATTERY),
     ("footForce", "<i2", 4), ("footForceEst", "<i2", 4), ("tick", "<u4"), *_LAST]
)  # fmt: skip


def command_packet(robot: RobotDescription, command: JointCommand | None, damping: float) -> bytes:
    """A `LowCmd`: the command; without one dampers alone, N·m·s/rad (0: no torque at all)."""
    message = np.zeros((), LOW_COMMAND)
    message["head"], message["levelFlag"] = HEAD, LOW_LEVEL
    motors = message["motorCmd"]
    motors["q"], motors["dq"] = POSITION_STOP, VELOCITY_STOP
    used, which = np.zeros(robot.count, MOTOR_COMMAND), list(robot.motor_index)
    used["mode"] = SERVO
    if command is None:
        used["q"], used["Kd"] = POSITION_STOP, damping
        used["dq"] = 0.0 if damping else VELOCITY_STOP
    else:
        used["q"], used["Kp"], used["Kd"] = command.target, command.stiffness, command.damping
    motors[which] = used
    return sealed(message.tobytes())


def read_state(robot: RobotDescription, packet: bytes) -> RobotState | None:
    """The state in a `LowState`; nothing if it is not one, or damaged."""
    if len(packet) != LOW_STATE.itemsize or not is_sealed(packet):
        return None
    message = np.frombuffer(packet, LOW_STATE)[0]
    if tuple(message["head"]) != HEAD or message["levelFlag"] != LOW_LEVEL:
        return None
    motors = message["motorState"][list(robot.motor_index)]
    return RobotState(
        time=float(message["tick"]) * TICK_S,
        position=motors["q"].astype(float),
        velocity=motors["dq"].astype(float),
        torque=motors["tauEst"].astype(float),
        quaternion=message["imu"]["quaternion"].astype(float),
        gyro=message["imu"]["gyroscope"].astype(float),
    )


def state_packet(robot: RobotDescription, state: RobotState) -> bytes:
    """The `LowState` that a robot in a state sends."""
    message = np.zeros((), LOW_STATE)
    message["head"], message["levelFlag"] = HEAD, LOW_LEVEL
    used = np.zeros(robot.count, MOTOR_STATE)
    used["mode"] = SERVO
    used["q"], used["dq"], used["tauEst"] = state.position, state.velocity, state.torque
    message["motorState"][list(robot.motor_index)] = used
    message["imu"]["quaternion"], message["imu"]["gyroscope"] = state.quaternion, state.gyro
    message["tick"] = round(state.time / TICK_S) % 2**32
    return sealed(message.tobytes())


def read_command(
    robot: RobotDescription, packet: bytes
) -> tuple[Array, Array, Array, Array] | None:
    """Position, velocity, stiffness, damping `[nu]` that a `LowCmd` asks of the motors.

    A position or velocity that is to be left alone is not a number. Nothing if the packet is not a
    `LowCmd`, damaged, or leaves a motor without its mode.
    """
    if len(packet) != LOW_COMMAND.itemsize or not is_sealed(packet):
        return None
    message = np.frombuffer(packet, LOW_COMMAND)[0]
    motors = message["motorCmd"][list(robot.motor_index)]
    if message["levelFlag"] != LOW_LEVEL or (motors["mode"] != SERVO).any():
        return None
    q, dq = motors["q"].astype(float), motors["dq"].astype(float)
    q[q >= POSITION_STOP * 0.999] = np.nan
    dq[dq >= VELOCITY_STOP] = np.nan
    return q, dq, motors["Kp"].astype(float), motors["Kd"].astype(float)
