"""Packets of a simulated robot that is of no maker's: little-endian doubles with a CRC-32."""

from __future__ import annotations

import zlib

import numpy as np

from .messages import Array, JointCommand, RobotState

COMMAND, STATE = b"TRLC", b"TRLS"


def command_packet(count: int, command: JointCommand | None, damping: float) -> bytes:
    """Target, stiffness, damping `[nu]` each; without a command dampers alone."""
    if command is None:
        none = np.zeros(count)
        command = JointCommand(none, none, np.full(count, damping))
    return _packed(COMMAND, command.target, command.stiffness, command.damping)


def read_command(count: int, packet: bytes) -> JointCommand | None:
    """The command in a packet; nothing if it is not one, or damaged."""
    numbers = _unpacked(COMMAND, packet, 3 * count)
    return None if numbers is None else JointCommand(*numbers.reshape(3, count))


def state_packet(state: RobotState) -> bytes:
    """Time, position, velocity, torque, quaternion, gyro."""
    parts = (state.position, state.velocity, state.torque, state.quaternion, state.gyro)
    return _packed(STATE, [state.time], *parts)


def read_state(count: int, packet: bytes) -> RobotState | None:
    """The state in a packet; nothing if it is not one, or damaged."""
    numbers = _unpacked(STATE, packet, 8 + 3 * count)
    if numbers is None:
        return None
    position, velocity, torque = numbers[1 : 1 + 3 * count].reshape(3, count)
    time, quaternion, gyro = float(numbers[0]), numbers[-7:-3], numbers[-3:]
    return RobotState(time, position, velocity, torque, quaternion, gyro)


def _packed(kind: bytes, *parts: Array | list[float]) -> bytes:
    body = kind + np.concatenate(parts).astype("<f8").tobytes()
    return body + zlib.crc32(body).to_bytes(4, "little")


def _unpacked(kind: bytes, packet: bytes, count: int) -> Array | None:
    body, crc = packet[:-4], int.from_bytes(packet[-4:], "little")
    if len(body) != 4 + 8 * count or body[:4] != kind or zlib.crc32(body) != crc:
        return None
    return np.frombuffer(body[4:], "<f8").astype(float)
