"""A connection that hands state frames over as they arrive.

A task that waits for each message and one that sends each answer cost more than the answer itself
at ten thousand messages a second; here a frame goes to a function, and an answer to the transport.
"""

from __future__ import annotations

from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State


class StateConnection(ServerConnection):
    """Whole binary messages go to `on_frame` while it is set; all others wait for `recv`."""

    on_frame: Callable[[bytes], None] | None = None

    def process_event(self, event: Event) -> None:
        """Sort an incoming frame."""
        if (
            self.on_frame is not None
            and isinstance(event, Frame)
            and event.opcode is Opcode.BINARY
            and event.fin
        ):
            self.on_frame(bytes(event.data))
        else:
            super().process_event(event)

    def send_frame(self, message: bytes) -> None:
        """Send a binary message without waiting; nothing once the connection closes.

        Whoever sends looks at `paused` before the next one: the client may not read.
        """
        if self.protocol.state is State.OPEN:
            self.protocol.send_binary(message)
            self.send_data()
