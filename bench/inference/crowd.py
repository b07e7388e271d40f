"""Simulators that send a state every 20 ms and wait for its answer, as cheaply as they can.

WebSocket frames are written and read by hand (RFC 6455, sections 5.2 and 5.3; the mask is zero),
so that a core that does nothing else can play two hundred of them without being what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import numpy as np
import uvloop

from tabrl.contracts.wire import HEADER, PROTOCOL, Hello, Kind

PERIOD_S = 0.02
_TEXT, _BINARY, _PING, _PONG = 0x81, 0x82, 0x89, 0x8A


@dataclass(frozen=True)
class Place:
    """Where a simulator connects: a port, a model and the scene that it was trained in."""

    port: int
    model_id: str
    scene_sha256: str


@dataclass
class Simulator(asyncio.Protocol):
    """One client. `greedy`: it keeps several states on the way and never pauses."""

    place: Place
    state: bytes
    offset_s: float
    greedy: int = 0
    trips: list[float] = field(default_factory=list)  # seconds
    over: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Done when it may begin, then anew when it has ended."""
    _read: bytearray = field(default_factory=bytearray)
    _open: bool = False
    _sent: float = 0.0
    _due: float = 0.0
    _tick: int = 0
    _until: float = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop has classes of its own
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /api/models/{self.place.model_id}/inference HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        hello = Hello(model_id=self.place.model_id, scene_sha256=self.place.scene_sha256)
        self._hello = _frame(_TEXT, hello.model_dump_json().encode())

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._read += data
        if not self._open:
            head, found, rest = bytes(self._read).partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise ConnectionError(head.split(b"\r\n")[0].decode())
            self._open, self._read = True, bytearray(rest)
            self._transport.write(self._hello)
        while (message := self._next()) is not None:
            self._take(*message)

    def connection_lost(self, error: Exception | None) -> None:
        """Before its time that is a failure."""
        if not self.over.done():
            self.over.set_exception(error or ConnectionError("the server has closed"))

    def begin(self, seconds: float) -> None:
        """Send the first state after the offset; go on for so long."""
        now = time.perf_counter()
        self._due, self._until = now + self.offset_s, now + seconds
        if self.greedy:
            for _ in range(self.greedy):
                self._send()
        else:
            asyncio.get_running_loop().call_later(self.offset_s, self._send)

    def _send(self) -> None:
        self._sent = time.perf_counter()
        header = HEADER.pack(Kind.STATE, PROTOCOL, 0, self._tick, 0)
        self._transport.write(_frame(_BINARY, header + self.state))
        self._tick += 1

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self._transport.write(_frame(_PONG, payload))
        elif kind == _TEXT and not self._until:
            self.over.set_result(None)  # welcome
            self.over = asyncio.get_running_loop().create_future()
        elif kind == _BINARY:
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        if now >= self._until:
            if not self.over.done():
                self.over.set_result(None)
            return
        if self.greedy:
            self._send()
            return
        self.trips.append(now - self._sent)
        self._due = max(self._due + PERIOD_S, now)  # lock-step: a late answer delays the next state
        asyncio.get_running_loop().call_later(max(0.0, self._due - now), self._send)

    def _next(self) -> tuple[int, bytes] | None:
        """The next whole frame of the server's, whose frames have no mask."""
        read = self._read
        if len(read) < 2:
            return None
        length, begin = read[1], 2
        if length == 126:
            if len(read) < 4:
                return None
            length, begin = struct.unpack_from(">H", read, 2)[0], 4
        if len(read) < begin + length:
            return None
        kind, payload = read[0], bytes(read[begin : begin + length])
        del read[: begin + length]
        return kind, payload


def _itself(simulator: Simulator) -> Simulator:
    return simulator


def _frame(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    short = struct.pack(">BB", kind, 0x80 | size) if size < 126 else (
        struct.pack(">BBH", kind, 0x80 | 126, size)
    )  # fmt: skip
    return short + bytes(4) + payload


def play(
    places: Sequence[Place], state: bytes, seconds: float, greedy: int = 0
) -> list[np.ndarray]:
    """Round trips in s of one simulator at each place; the last `greedy` of them are greedy."""
    return uvloop.run(_play(places, state, seconds, greedy))


async def _play(
    places: Sequence[Place], state: bytes, seconds: float, greedy: int
) -> list[np.ndarray]:
    loop = asyncio.get_running_loop()
    offsets = np.linspace(0.0, PERIOD_S, len(places), endpoint=False)
    crowd = [Simulator(place, state, at) for place, at in zip(places, offsets, strict=True)]
    for one in crowd[len(crowd) - greedy :] if greedy else []:
        one.greedy = 64
    for one in crowd:
        ready = one.over
        await loop.create_connection(partial(_itself, one), "127.0.0.1", one.place.port)
        await ready
    ends = [one.over for one in crowd]
    for one in crowd:
        one.begin(seconds)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 30.0)
    for one in crowd:
        one._transport.abort()
    return [np.array(one.trips) for one in crowd if not one.greedy]
