"""How the simulated robot is spoken to: by the packets of the adapters."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from .. import loopback_packets, unitree_go1_packets
from ..description import RobotDescription
from ..messages import JointCommand, RobotState

LARGEST = 65_535  # bytes


class Speaker(Protocol):
    """One protocol, as a robot speaks it. `refused` counts commands that it did not accept."""

    refused: int
    port: int

    def commands(self, timeout_s: float) -> list[JointCommand]:
        """Commands that have come; waits up to `timeout_s` for one."""
        ...

    def tell(self, state: RobotState, damaged: bool) -> bool:
        """Send a state, on request with a wrong checksum; whether anybody listens."""
        ...

    def close(self) -> None:
        """Let go of the port."""
        ...


@dataclass(frozen=True)
class PacketFormat:
    """How states are packed, and commands read (nothing: refused)."""

    state: Callable[[RobotState], bytes]
    command: Callable[[bytes], JointCommand | None]


class UdpSpeaker:
    """See `Speaker`: answers whoever sent the last packet."""

    def __init__(self, form: PacketFormat, port: int) -> None:
        self._form = form
        self._peer: tuple[str, int] | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self._socket.setblocking(False)
        self.port, self.refused = self._socket.getsockname()[1], 0

    def commands(self, timeout_s: float) -> list[JointCommand]:
        """All that came."""
        found: list[JointCommand] = []
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return found
        while True:
            try:
                packet, self._peer = self._socket.recvfrom(LARGEST)
            except BlockingIOError:
                return found
            if not packet:  # only asks for states
                continue
            command = self._form.command(packet)
            if command is None:
                self.refused += 1
            else:
                found.append(command)

    def tell(self, state: RobotState, damaged: bool) -> bool:
        """A packet to the peer, if there is one."""
        if self._peer is None:
            return False
        packet = bytearray(self._form.state(state))
        packet[len(packet) // 2] ^= 0xFF * damaged
        self._socket.sendto(bytes(packet), self._peer)
        return True

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def packet_format(kind: str, robot: RobotDescription) -> PacketFormat:
    """The packets of a kind of robot. Raises `KeyError` for one that has none."""
    forms = {
        "loopback": PacketFormat(
            loopback_packets.state_packet, partial(loopback_packets.read_command, robot.count)
        ),
        "unitree_go1": PacketFormat(
            partial(unitree_go1_packets.state_packet, robot),
            lambda packet: _position_command(robot, packet),
        ),
    }
    return forms[kind]


def _position_command(robot: RobotDescription, packet: bytes) -> JointCommand | None:
    """Of a motor that has no position to follow only the damper counts."""
    read = unitree_go1_packets.read_command(robot, packet)
    if read is None:
        return None
    q, dq, stiffness, damping = read
    return JointCommand(
        np.nan_to_num(q),
        np.where(np.isfinite(q), stiffness, 0.0),
        np.where(np.isfinite(dq), damping, 0.0),
    )
