"""Packets byte for byte, and their checksums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tabrl.export.deploy.robot_loop import loopback_packets, unitree_go1_packets
from tabrl.export.deploy.robot_loop.crc import crc32_of_words, is_sealed, sealed
from tabrl.export.deploy.robot_loop.description import RobotDescription
from tabrl.export.deploy.robot_loop.messages import JointCommand, RobotState
from tabrl.robots import get_robot
from tests.support.hardware.rehearsal import exportable, unpacked


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> RobotDescription:
    bundle = unpacked(exportable(get_robot("go1")), tmp_path_factory.mktemp("bundle"))
    return RobotDescription.load(bundle)


def state(count: int = 12) -> RobotState:
    rng = np.random.default_rng(0)
    joints = rng.normal(size=(3, count))
    return RobotState(12.5, *joints, np.array([1.0, 0.0, 0.0, 0.0]), rng.normal(size=3))


def bitwise(data: bytes) -> int:
    """CRC-32/MPEG-2, one bit after the other."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            carry = (crc >> 31) ^ (byte >> bit & 1)
            crc = (crc << 1) & 0xFFFFFFFF ^ (0x04C11DB7 if carry else 0)
    return crc


def test_the_checksum_is_the_catalogues_by_words() -> None:
    """The check value of CRC-32/MPEG-2 (reveng's catalogue), then words against single bits."""
    assert bitwise(b"123456789") == 0x0376E6E7
    data = np.random.default_rng(0).bytes(730)
    big_endian = b"".join(data[i : i + 4][::-1] for i in range(0, 728, 4))
    assert crc32_of_words(data) == bitwise(big_endian)


def test_a_command_lies_where_the_sdk_declares_it(robot: RobotDescription) -> None:
    """comm.h: two head bytes, level, frame, SN, version, band width; 33 bytes a motor; the CRC."""
    command = JointCommand(np.arange(12.0), np.full(12, 35.0), np.full(12, 0.8))
    packet = unitree_go1_packets.command_packet(robot, command, 0.0)
    assert len(packet) == 22 + 20 * 33 + 4 + 40 + 4 + 4
    assert packet[:3] == b"\xfe\xef\xff"
    for motor in range(12):
        at = 22 + 33 * motor
        assert packet[at] == 0x0A
        q, dq, tau, kp, kd = np.frombuffer(packet[at + 1 : at + 21], "<f4")
        np.testing.assert_allclose((q, dq, tau, kp, kd), (motor, 0, 0, 35.0, 0.8), rtol=1e-6)
    assert is_sealed(packet)
    read = unitree_go1_packets.read_command(robot, packet)
    assert read is not None
    np.testing.assert_allclose(read[0], np.arange(12.0))


def test_dampers_alone_and_no_torque_follow_nothing(robot: RobotDescription) -> None:
    for damping in (3.0, 0.0):
        packet = unitree_go1_packets.command_packet(robot, None, damping)
        read = unitree_go1_packets.read_command(robot, packet)
        assert read is not None
        position, velocity, stiffness, damper = read
        assert np.isnan(position).all()
        assert np.isnan(velocity).all() == (damping == 0.0)
        assert not stiffness.any()
        np.testing.assert_allclose(damper, damping)


def test_a_state_comes_back_as_it_was(robot: RobotDescription) -> None:
    packet = unitree_go1_packets.state_packet(robot, state())
    assert len(packet) == 22 + 53 + 20 * 38 + 34 + 8 + 8 + 4 + 40 + 4 + 4
    read = unitree_go1_packets.read_state(robot, packet)
    assert read is not None
    for name, value in vars(state()).items():
        np.testing.assert_allclose(getattr(read, name), value, rtol=1e-6, err_msg=name)


def test_what_is_damaged_or_something_else_is_refused(robot: RobotDescription) -> None:
    good = unitree_go1_packets.state_packet(robot, state())
    command = unitree_go1_packets.command_packet(robot, None, 3.0)
    for at in (0, 2, 40, 400, len(good) - 15, len(good) - 1):
        assert unitree_go1_packets.read_state(robot, flipped(good, at)) is None, at
    for at in (3, 30, 700, len(command) - 2):
        assert unitree_go1_packets.read_command(robot, flipped(command, at)) is None, at
    assert unitree_go1_packets.read_state(robot, command) is None
    assert unitree_go1_packets.read_state(robot, b"") is None
    idle = bytearray(command)
    idle[22] = 0  # a motor without its mode
    assert unitree_go1_packets.read_command(robot, sealed(bytes(idle))) is None


def test_loopback_packets_say_the_same_and_refuse_the_same() -> None:
    packet = loopback_packets.state_packet(state(5))
    read = loopback_packets.read_state(5, packet)
    assert read is not None
    np.testing.assert_array_equal(read.velocity, state(5).velocity)
    assert loopback_packets.read_state(6, packet) is None
    assert loopback_packets.read_state(5, flipped(packet, 30)) is None
    braking = loopback_packets.read_command(5, loopback_packets.command_packet(5, None, 2.0))
    assert braking is not None
    assert not braking.stiffness.any()
    assert braking.damping.tolist() == [2.0] * 5


def flipped(packet: bytes, at: int) -> bytes:
    changed = bytearray(packet)
    changed[at] ^= 0x10
    return bytes(changed)


def test_motor_numbers_are_the_robots_own(tmp_path: Path) -> None:
    """Joint i is the motor whose name stands in hardware.json; others stay without a mode."""
    turned = get_robot("go1")
    motors = ("", *reversed(turned.joint_names))
    hardware = turned.hardware.model_copy(update={"motors": motors})
    model = exportable(turned)
    bundle = unpacked(
        type(model)(**{**vars(model), "robot": turned.model_copy(update={"hardware": hardware})}),
        tmp_path,
    )
    robot = RobotDescription.load(bundle)
    command = JointCommand(np.arange(12.0), np.ones(12), np.ones(12))
    packet = unitree_go1_packets.command_packet(robot, command, 0.0)
    assert packet[22] == 0
    assert np.frombuffer(packet[22 + 33 + 1 : 22 + 33 + 5], "<f4")[0] == 11.0
