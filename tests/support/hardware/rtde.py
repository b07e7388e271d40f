"""RTDE, the protocol of Universal Robots' controllers, version 2: packages, a client, a robot.

Source: the maker's guide and RTDE_Python_Client_Library (github.com/UniversalRobots). A package is
its size (uint16), its command (uint8) and a payload, big endian. This robot's script takes joint
targets from input double registers 24 to 29, and from input int register 24 what to do with them;
every client brings a script of its own.
"""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Iterator

import numpy as np

from tabrl.export.deploy.robot_loop.description import RobotDescription
from tabrl.export.deploy.robot_loop.messages import JointCommand, RobotState

VERSION, OUTPUTS, INPUTS, START, DATA = (ord(letter) for letter in "VOISU")
SERVO, STOP = 1, 2  # what the script is asked for
HZ = 500.0
TYPES = {
    "timestamp": ("DOUBLE", "d"), "actual_q": ("VECTOR6D", "6d"), "actual_qd": ("VECTOR6D", "6d"),
    "safety_mode": ("INT32", "i"), "input_int_register_24": ("INT32", "i"),
    **{f"input_double_register_{i}": ("DOUBLE", "d") for i in range(24, 30)},
}  # fmt: skip
STATE = ("timestamp", "actual_q", "actual_qd", "safety_mode")
TARGET = ("input_int_register_24", *(f"input_double_register_{i}" for i in range(24, 30)))
NORMAL, PROTECTIVE_STOP, EMERGENCY_STOP = 1, 3, 7  # safety modes, from the guide
BRAKING = 400.0  # N·m·s/rad: the controller holds the arm


def package(command: int, payload: bytes = b"") -> bytes:
    """A package's bytes."""
    return struct.pack(">HB", 3 + len(payload), command) + payload


def packages(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Commands and payloads of the whole packages in a buffer, which are taken out of it."""
    while len(buffer) >= 3:
        size, command = struct.unpack_from(">HB", buffer)
        if len(buffer) < size:
            return
        payload = bytes(buffer[3:size])
        del buffer[:size]
        yield command, payload


def form_of(names: tuple[str, ...]) -> str:
    """The struct format of a recipe: its number, then its fields."""
    return ">B" + "".join(TYPES[name][1] for name in names)


class Client:
    """One connection: either for states or for targets."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        assert self.ask(VERSION, struct.pack(">H", 2)) == b"\x01"

    def ask(self, command: int, payload: bytes = b"") -> bytes:
        """The payload of the answer."""
        self._socket.sendall(package(command, payload))
        while True:
            answered, answer = self.next()
            if answered == command:
                return answer

    def next(self) -> tuple[int, bytes]:
        """The next package."""
        while True:
            for found in packages(self._buffer):
                return found
            data = self._socket.recv(65_535)
            if not data:
                raise ConnectionError("the robot is gone")
            self._buffer += data

    def send(self, *numbers: float) -> None:
        """A data package of recipe 1."""
        self._socket.sendall(package(DATA, struct.pack(form_of(TARGET), 1, *numbers)))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class RtdeSpeaker:
    """See `Speaker`: a controller that any number of clients connect to."""

    def __init__(self, robot: RobotDescription, port: int) -> None:
        self._robot = robot
        self._server = socket.create_server(("127.0.0.1", port))
        self.port, self.refused = self._server.getsockname()[1], 0
        self._clients: dict[socket.socket, bytearray] = {}
        self._listening: list[socket.socket] = []
        self._safety_mode, self._stops_itself_at = NORMAL, float("inf")

    def stop_at(self, time_s: float, mode: int) -> None:
        """Let the arm stop itself at a time of its clock."""
        self._stops_itself_at, self._mode_then = time_s, mode

    def commands(self, timeout_s: float) -> list[JointCommand]:
        """All that came; waits up to `timeout_s` for something to come."""
        found: list[JointCommand] = []
        while True:
            readable, _, _ = select.select([self._server, *self._clients], [], [], timeout_s)
            timeout_s = 0.0
            if not readable:
                return found
            for one in readable:
                if one is self._server:
                    client, _ = self._server.accept()
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._clients[client] = bytearray()
                else:
                    found += self._of(one)

    def tell(self, state: RobotState, damaged: bool) -> bool:
        """A data package to all who started; TCP repairs what is damaged."""
        if state.time >= self._stops_itself_at:
            self._safety_mode = self._mode_then
        index = np.argsort(self._robot.motor_index)
        numbers = (*state.position[index], *state.velocity[index], self._safety_mode)
        payload = struct.pack(form_of(STATE), 1, state.time, *numbers)
        for client in self._listening:
            try:
                client.sendall(package(DATA, payload))
            except OSError:
                continue
        return bool(self._listening)

    def close(self) -> None:
        """Hang up."""
        for client in self._clients:
            client.close()
        self._server.close()

    def _of(self, client: socket.socket) -> list[JointCommand]:
        data = client.recv(65_535)
        if not data:
            del self._clients[client]
            self._listening = [one for one in self._listening if one is not client]
            return []
        self._clients[client] += data
        found = (self._answer(client, *one) for one in packages(self._clients[client]))
        return [command for command in found if command is not None]

    def _answer(self, client: socket.socket, command: int, payload: bytes) -> JointCommand | None:
        if command == DATA:
            return self._command(payload)
        if command == VERSION:
            answer = bytes([struct.unpack(">H", payload)[0] == 2])
        elif command == START:
            answer = b"\x01"
            self._listening.append(client)
        else:
            names = payload[8 * (command == OUTPUTS) :].decode().split(",")
            answer = b"\x01" + ",".join(TYPES[name][0] for name in names).encode()
        client.sendall(package(command, answer))
        return None

    def _command(self, payload: bytes) -> JointCommand | None:
        _, what, *q = struct.unpack(form_of(TARGET), payload)
        robot = self._robot
        target = np.array(q)[list(robot.motor_index)]
        if what == SERVO:
            return JointCommand(target, robot.stiffness, robot.damping)
        if what == STOP:
            return JointCommand(target, np.zeros(robot.count), np.full(robot.count, BRAKING))
        return None
