"""Publishers and subscribers: one UDP socket to the simulated robot of this process."""

import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from tests.support.hardware import unitree_dds as dds

_socket: list[socket.socket] = []


def ChannelFactoryInitialize(id: int = 0, networkInterface: str | None = None) -> None:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.connect(("127.0.0.1", int(os.environ["FAKE_ROBOT_PORT"])))
    _socket.append(made)


class ChannelPublisher:
    """As the SDK's."""

    def __init__(self, name: str, type: Any) -> None:
        assert name == "rt/lowcmd"
        self._layout = type

    def Init(self) -> None:
        pass

    def Write(self, sample: Any, timeout: float | None = None) -> bool:
        _socket[0].send(dds.packed(sample, self._layout))
        return True

    def Close(self) -> None:
        pass


class ChannelSubscriber:
    """As the SDK's: the handler is called in a thread."""

    def __init__(self, name: str, type: Any) -> None:
        assert name == "rt/lowstate"
        self._layout = type

    def Init(self, handler: Callable[[Any], None], queueLen: int = 0) -> None:
        def listen() -> None:
            while True:
                handler(dds.unpacked(_socket[0].recv(65_535), self._layout))

        _socket[0].send(b"")  # tells the robot where we are
        threading.Thread(target=listen, daemon=True).start()

    def Close(self) -> None:
        pass
