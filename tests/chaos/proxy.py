"""A proxy before an HTTP server on loopback, whose wire can be held, cut, or answer by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

_TICK_S = 0.05


class Wire(Enum):
    """What becomes of bytes."""

    OPEN = "open"
    HELD = "held"  # they are swallowed until it is open again, as by a paused machine
    CUT = "cut"


class Proxy:
    """Serves in a thread of its own until `close`; `port` is where clients connect."""

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._wire = Wire.OPEN
        self._status: int | None = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        made = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        )
        self._server = made.result(10.0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    @contextmanager
    def wired(self, wire: Wire) -> Iterator[None]:
        """Let the wire be so for a while."""
        self._wire = wire
        try:
            yield
        finally:
            self._wire = Wire.OPEN

    @contextmanager
    def answering(self, status: int) -> Iterator[None]:
        """Answer every request with an HTTP status for a while."""
        self._status = status
        try:
            yield
        finally:
            self._status = None

    def close(self) -> None:
        """Serve no more."""
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._wire is Wire.CUT:
            writer.close()
            return
        if self._status is not None:
            await _answer(self._status, reader, writer)
            return
        try:
            answers, requests = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pump(reader, requests), self._pump(answers, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(1 << 16):
                while self._wire is Wire.HELD:
                    await asyncio.sleep(_TICK_S)
                if self._wire is Wire.CUT or self._status is not None:
                    break
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()


async def _answer(status: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await reader.readexactly(int(line.split(b":")[1]))
        writer.write(
            f"HTTP/1.1 {status} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
    writer.close()
