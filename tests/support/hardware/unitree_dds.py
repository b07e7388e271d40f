"""What stands in for DDS: messages of Unitree's SDK 2 in the layout that its checksum is made of.

Layouts: the struct formats in utils/crc.py of unitree_sdk2_python, names as its IDL has them. Bytes
go by UDP to a simulated robot; the real ones go as CDR over DDS, which is the SDK's own affair.
"""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import numpy as np

from tabrl.export.deploy.robot_loop.crc import crc32_of_words
from tabrl.export.deploy.robot_loop.description import RobotDescription
from tabrl.export.deploy.robot_loop.fake.protocols import PacketFormat
from tabrl.export.deploy.robot_loop.messages import JointCommand, RobotState

# Name, how many, format of one; a list of the same for messages within messages.
Layout = list[tuple[str, int, "str | Layout"]]
_HEAD: Layout = [
    ("head", 2, "B"), ("level_flag", 1, "B"), ("frame_reserve", 1, "B"), ("sn", 2, "I"),
    ("version", 2, "I"), ("bandwidth", 1, "H2x"),
]  # fmt: skip
_IMU = [("quaternion", 4, "f"), ("gyroscope", 3, "f"), ("accelerometer", 3, "f"), ("rpy", 3, "f")]
_FOLLOWED: Layout = [("q", 1, "f"), ("dq", 1, "f"), ("tau", 1, "f"), ("kp", 1, "f"), ("kd", 1, "f")]
GO_COMMAND: Layout = [
    *_HEAD,
    ("motor_cmd", 20, [("mode", 1, "B3x"), *_FOLLOWED, ("reserve", 3, "I")]),
    ("bms_cmd", 1, [("off", 1, "B"), ("reserve", 3, "B")]),
    ("wireless_remote", 40, "B"), ("led", 12, "B"), ("fan", 2, "B"), ("gpio", 1, "Bx"),
    ("reserve", 1, "I"), ("crc", 1, "I"),
]  # fmt: skip
GO_STATE: Layout = [
    *_HEAD,
    ("imu_state", 1, [*_IMU, ("temperature", 1, "b3x")]),
    ("motor_state", 20, [
        ("mode", 1, "B3x"), ("q", 1, "f"), ("dq", 1, "f"), ("ddq", 1, "f"), ("tau_est", 1, "f"),
        ("q_raw", 1, "f"), ("dq_raw", 1, "f"), ("ddq_raw", 1, "f"), ("temperature", 1, "b3x"),
        ("lost", 1, "I"), ("reserve", 2, "I"),
    ]),
    ("bms_state", 1, [
        ("version_high", 1, "B"), ("version_low", 1, "B"), ("status", 1, "B"), ("soc", 1, "B"),
        ("current", 1, "i"), ("cycle", 1, "H"), ("bq_ntc", 2, "b"), ("mcu_ntc", 2, "b"),
        ("cell_vol", 15, "H"),
    ]),
    ("foot_force", 4, "h"), ("foot_force_est", 4, "h"), ("tick", 1, "I"),
    ("wireless_remote", 40, "B"), ("bit_flag", 1, "B3x"), ("adc_reel", 1, "f"),
    ("temperature_ntc1", 1, "b"), ("temperature_ntc2", 1, "b2x"), ("power_v", 1, "f"),
    ("power_a", 1, "f"), ("fan_frequency", 4, "H"), ("reserve", 1, "I"), ("crc", 1, "I"),
]  # fmt: skip
HG_COMMAND: Layout = [
    ("mode_pr", 1, "B"), ("mode_machine", 1, "B2x"),
    ("motor_cmd", 35, [("mode", 1, "B3x"), *_FOLLOWED, ("reserve", 1, "I")]),
    ("reserve", 4, "I"), ("crc", 1, "I"),
]  # fmt: skip
HG_STATE: Layout = [
    ("version", 2, "I"), ("mode_pr", 1, "B"), ("mode_machine", 1, "B2x"), ("tick", 1, "I"),
    ("imu_state", 1, [*_IMU, ("temperature", 1, "h2x")]),
    ("motor_state", 35, [
        ("mode", 1, "B3x"), ("q", 1, "f"), ("dq", 1, "f"), ("ddq", 1, "f"), ("tau_est", 1, "f"),
        ("temperature", 2, "h"), ("vol", 1, "f"), ("sensor", 2, "I"), ("motorstate", 1, "I"),
        ("reserve", 4, "I"),
    ]),
    ("wireless_remote", 40, "B"), ("reserve", 4, "I"), ("crc", 1, "I"),
]  # fmt: skip
SIZES = {"go": (812, 1180), "hg": (1004, 2092)}  # of commands and states, as crc.py says
MACHINE = 5  # what a G1 tells of itself and wants to hear again
PEAK = 1e8  # positions beyond are PosStopF


def blank(layout: Layout) -> SimpleNamespace:
    """A message of zeros."""

    def one(form: str | Layout) -> Any:
        if not isinstance(form, str):
            return blank(form)
        return 0.0 if form == "f" else 0

    return SimpleNamespace(
        **{name: [one(form) for _ in range(count)] if count > 1 else one(form)
           for name, count, form in layout}
    )  # fmt: skip


def packed(message: Any, layout: Layout) -> bytes:
    """A message's bytes."""
    return struct.pack(_format(layout), *_flat(message, layout))


def unpacked(data: bytes, layout: Layout) -> Any:
    """The message in these bytes."""
    numbers = iter(struct.unpack(_format(layout), data))

    def read(layout: Layout) -> Any:
        def one(form: str | Layout) -> Any:
            return next(numbers) if isinstance(form, str) else read(form)

        return SimpleNamespace(
            **{name: [one(form) for _ in range(count)] if count > 1 else one(form)
               for name, count, form in layout}
        )  # fmt: skip

    return read(layout)


def checksum(data: bytes) -> int:
    """CRC-32/MPEG-2 of all words but the last; against single bits in test_packets."""
    return crc32_of_words(data[:-4])


def packets(family: str, robot: RobotDescription) -> PacketFormat:
    """How a simulated robot of a family packs its states and reads commands."""
    layouts = (GO_COMMAND, GO_STATE) if family == "go" else (HG_COMMAND, HG_STATE)

    def state(state: RobotState) -> bytes:
        message = blank(layouts[1])
        message.tick = round(state.time * 1e3)
        message.mode_machine = MACHINE
        message.imu_state.quaternion = list(state.quaternion)
        message.imu_state.gyroscope = list(state.gyro)
        for joint, motor in enumerate(robot.motor_index):
            one = message.motor_state[motor]
            one.q, one.dq, one.tau_est = (
                float(part[joint]) for part in (state.position, state.velocity, state.torque)
            )
        data = packed(message, layouts[1])
        return data[:-4] + struct.pack("<I", checksum(data))

    def command(data: bytes) -> JointCommand | None:
        message = unpacked(data, layouts[0])
        motors = [message.motor_cmd[motor] for motor in robot.motor_index]
        head = family == "hg" or (message.head, message.level_flag) == ([0xFE, 0xEF], 0xFF)
        machine = family == "go" or (message.mode_pr, message.mode_machine) == (0, MACHINE)
        if message.crc != checksum(data) or not (head and machine):
            return None
        if any(motor.mode != 1 for motor in motors):
            return None
        q, kp, kd = (
            np.array([getattr(motor, name) for motor in motors]) for name in ("q", "kp", "kd")
        )
        return JointCommand(np.where(q < PEAK, q, 0.0), np.where(q < PEAK, kp, 0.0), kd)

    return PacketFormat(state, command)


def _format(layout: Layout) -> str:
    def one(count: int, form: str | Layout) -> str:
        if isinstance(form, str):
            return f"{count}{form[0]}{form[1:]}"
        return count * "".join(one(*inner[1:]) for inner in form)

    return "<" + "".join(one(*field[1:]) for field in layout)


def _flat(message: Any, layout: Layout) -> list[Any]:
    found: list[Any] = []
    for name, count, form in layout:
        values = getattr(message, name)
        for value in values if count > 1 else [values]:
            found += [value] if isinstance(form, str) else _flat(value, form)
    return found
