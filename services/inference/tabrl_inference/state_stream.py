"""The states of one client, answered one after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter

from tabrl.contracts.wire import PROTOCOL
from tabrl_inference.batching import MicroBatcher, Targets
from tabrl_inference.connection import StateConnection
from tabrl_inference.frames import State, decode_state, encode_action
from tabrl_inference.hot_reload import ServedModel
from tabrl_inference.limits import Limits
from tabrl_inference.rejections import Rejected
from tabrl_inference.visitors import Visitor

Answered = Callable[[State, Targets, int, float], None]
"""Told of each answer: the state, the targets, the version of the parameters, seconds it took."""


class StateStream:
    """Frames in, actions out, in order and one at a time; it belongs to the event loop.

    A client that sends faster than it is answered, or than it may, is held back by TCP; each of
    its states is answered, because a lock-step simulator waits for every tick.
    """

    def __init__(
        self, client: StateConnection, served: ServedModel, batcher: MicroBatcher,
        limits: Limits, visitor: Visitor, answered: Answered, protocol: int = PROTOCOL,
    ) -> None:  # fmt: skip
        self._client = client
        self._served = served
        self._batcher = batcher
        self._limits = limits
        self._visitor = visitor
        self._answered = answered
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._busy = False
        self._held = False
        self._drained: asyncio.Task[None] | None = None
        self._last = self._loop.time()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        """Set with what ends it: `Rejected`, or `TimeoutError` of one who does not read."""

    @property
    def silent_s(self) -> float:
        """Seconds since the last frame."""
        return self._loop.time() - self._last

    def frame(self, message: bytes) -> None:
        """Take a frame; answered as soon as those before it are."""
        if self.ended.done():
            return
        self._last = self._loop.time()
        self._waiting.append((message, perf_counter()))
        if not self._busy:
            self._next()
        elif len(self._waiting) >= self._limits.waiting_frames and not self._held:
            self._held = True
            self._client.transport.pause_reading()

    def _next(self) -> None:
        """Begin with the next frame, if there is one."""
        if self.ended.done() or not self._waiting:
            self._busy = False
            self._read_on()
            return
        self._busy = True
        delay_s = self._visitor.delay_s()
        if delay_s > 0.0:
            self._loop.call_later(delay_s, self._decode)
        else:
            self._decode()

    def _decode(self) -> None:
        message, arrived = self._waiting.popleft()
        if len(self._waiting) < self._limits.waiting_frames:
            self._read_on()
        snapshot = self._served.snapshot
        try:
            self._limits.check_length(len(message))
            state = decode_state(message, snapshot.policy.size, self._protocol)
        except Rejected as rejection:
            self._end(rejection)
            return

        def answer(found: Targets | Rejected) -> None:
            if isinstance(found, Rejected):
                self._end(found)
            elif not self.ended.done():
                version, nu = snapshot.params_version, snapshot.policy.size.nu
                ctrl, carry = found[:nu], None if state.live is None else found[nu:]
                self._client.send_frame(
                    encode_action(state.tick, version, ctrl, self._protocol, carry)
                )
                self._answered(state, ctrl, version, perf_counter() - arrived)
                self._go_on()

        self._batcher.submit(snapshot.policy, state, answer)

    def _go_on(self) -> None:
        """With the next frame, once the client reads."""
        if self._client.paused:
            self._drained = self._loop.create_task(self._drain())
        else:
            self._next()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(self._limits.send_timeout_s):
                await self._client.drain()
        except TimeoutError as error:
            self._end(error)
        else:
            self._next()

    def _read_on(self) -> None:
        if self._held:
            self._held = False
            self._client.transport.resume_reading()

    def close(self) -> None:
        """Answer nothing more."""
        if self._drained is not None:
            self._drained.cancel()
        if not self.ended.done():
            self.ended.cancel()

    def _end(self, error: Exception) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)
