"""A robot that is sent packets by UDP and answers with its state."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from ..clock import Clock
from ..messages import JointCommand, RobotState
from ..settings import Settings
from .udp_socket import UdpSocket

# The packet of a command; without one of dampers alone, N·m·s/rad.
Packed = Callable[[JointCommand | None, float], bytes]
# The state in a packet; nothing if the packet is damaged, or something else.
Read = Callable[[bytes], RobotState | None]


class UdpRobot:
    """See `Adapter`."""

    def __init__(
        self, settings: Settings, packed: Packed, read: Read, round_s: float = math.inf
    ) -> None:
        """The robot's clock begins again after `round_s`."""
        self._settings, self._packed, self._read_state = settings, packed, read
        self._clock = Clock(round_s)
        self.refused = 0

    def connect(self, moves: bool) -> None:
        """Open the socket."""
        where = self._settings.connection
        self._socket = UdpSocket(where.address, where.port, where.local_port)

    def poll(self, timeout_s: float) -> RobotState | None:
        """The newest state."""
        return self._socket.newest(timeout_s, self._read)

    def send(self, command: JointCommand) -> None:
        """Move the joints."""
        self._socket.send(self._packed(command, 0.0))

    def idle(self) -> None:
        """No torque."""
        self._socket.send(self._packed(None, 0.0))

    def stop(self) -> None:
        """Dampers alone."""
        self._socket.send(self._packed(None, self._settings.stop.damping))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _read(self, packet: bytes) -> RobotState | None:
        state = self._read_state(packet)
        time = None if state is None else self._clock.newer(state.time)
        if state is None or time is None:
            self.refused += 1
            return None
        return replace(state, time=time)
