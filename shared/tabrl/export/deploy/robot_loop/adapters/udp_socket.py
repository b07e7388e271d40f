"""A UDP socket of which only the last packet counts that is accepted."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from typing import TypeVar

Message = TypeVar("Message")
LARGEST = 65_535  # bytes


class UdpSocket:
    """Sends to one address and receives from whoever answers there."""

    def __init__(self, address: str, port: int, local_port: int = 0) -> None:
        """Raises `OSError`."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("", local_port))
        self._socket.connect((address, port))
        self._socket.setblocking(False)

    def send(self, data: bytes) -> None:
        """Send a packet; one that nobody waits for is lost without a word."""
        try:
            self._socket.send(data)
        except (ConnectionRefusedError, BlockingIOError):
            return

    def newest(self, timeout_s: float, read: Callable[[bytes], Message | None]) -> Message | None:
        """The last of all packets that have come and are read; waits up to `timeout_s` for some.

        `read` is given them as they came, and takes none that is older than one before.
        """
        found = None
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return None
        while True:
            try:
                message = read(self._socket.recv(LARGEST))
            except BlockingIOError:
                return found
            except ConnectionRefusedError:
                continue
            found = message or found

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()
