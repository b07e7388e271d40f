"""A session: one client from the handshake to the close."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import perf_counter

from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tabrl.contracts.wire import PROTOCOL, Hello, Refusal, Welcome
from tabrl_inference.batching import MicroBatcher
from tabrl_inference.frames import decode_state, encode_action
from tabrl_inference.hot_reload import ServedModel, ServedModels
from tabrl_inference.limits import Limits
from tabrl_inference.metrics import Metrics
from tabrl_inference.rejections import Rejected, RejectReason
from tabrl_inference.step_log import StepLog
from tabrl_inference.visitors import Visitor, Visitors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sessions:
    """Serves clients one by one; holds what they share."""

    models: ServedModels
    batcher: MicroBatcher
    limits: Limits
    metrics: Metrics
    step_log: StepLog
    visitors: Visitors

    async def serve(self, client: ServerConnection, model_id: str, key: str) -> None:
        """Run one connection to its end. Never raises for what a client does.

        Args:
            client: The connection, past its HTTP handshake.
            model_id: The model that its address names.
            key: Whose limits it counts against.
        """
        connection = str(client.id)
        try:
            with self.visitors.joined(key) as visitor:
                await self._play(client, model_id, visitor)
        except Rejected as rejection:
            self.metrics.rejections.labels(rejection.reason).inc()
            log.info("rejected connection=%s code=%s", connection, rejection.reason)
            await self._reject(client, rejection)
        except ConnectionClosed as closed:
            if closed.sent is not None and closed.sent.code == 1009:  # found by the transport
                self.metrics.rejections.labels(RejectReason.FRAME_TOO_LARGE).inc()
            log.info("left connection=%s", connection)
        except TimeoutError:  # it does not read what it asked for
            self.metrics.rejections.labels(RejectReason.SLOW_READER).inc()
            log.info("rejected connection=%s code=%s", connection, RejectReason.SLOW_READER)
            client.transport.abort()

    async def _play(self, client: ServerConnection, model_id: str, visitor: Visitor) -> None:
        """Greet a client, then answer its states until something ends it."""
        connection = str(client.id)
        found = await self._handshake(client, model_id)
        with self.models.joined(found, client) as served:
            await self._welcome(client, served)
            log.info("joined connection=%s model=%s", connection, served.model_id)
            while True:
                await visitor.wait()
                await self._step(client, served, connection)

    async def _handshake(self, client: ServerConnection, model_id: str) -> ServedModel:
        """Read and check the hello."""
        try:
            async with asyncio.timeout(self.limits.hello_timeout_s):
                message = await client.recv()
        except TimeoutError as error:
            raise Rejected(
                RejectReason.HELLO_TIMEOUT,
                f"No hello came within {self.limits.hello_timeout_s:g} s of connecting.",
            ) from error
        if isinstance(message, bytes):
            raise Rejected(
                RejectReason.HELLO_EXPECTED, "The first message must be a hello as JSON text."
            )
        self._check_length(len(message))
        try:
            hello = Hello.model_validate_json(message)
        except ValidationError as error:
            fields = sorted({str(e["loc"][0]) if e["loc"] else "JSON" for e in error.errors()})
            raise Rejected(
                RejectReason.BAD_HELLO,
                "The hello needs type, protocol, model_id and scene_sha256, and nothing else; "
                f"{len(fields)} of its fields cannot be read.",
            ) from error
        if hello.protocol != PROTOCOL:
            raise Rejected(
                RejectReason.WRONG_PROTOCOL,
                f"The client speaks protocol {hello.protocol}, this server {PROTOCOL}; reload.",
            )
        if hello.model_id != model_id:
            raise Rejected(
                RejectReason.WRONG_MODEL, "The hello names another model than the address."
            )
        if self.models.clients >= self.limits.clients:
            raise Rejected(
                RejectReason.TOO_MANY_CLIENTS,
                "This server has all the clients it takes; try again.",
            )
        return await self.models.find(model_id, hello.scene_sha256)

    async def _welcome(self, client: ServerConnection, served: ServedModel) -> None:
        snapshot = served.snapshot
        size = snapshot.policy.size
        welcome = Welcome(
            model_id=served.model_id,
            params_version=snapshot.params_version,
            nq=size.nq,
            nv=size.nv,
            nu=size.nu,
            control_hz=snapshot.policy.control_hz,
        )
        await self._send(client, welcome.model_dump_json())

    async def _step(self, client: ServerConnection, served: ServedModel, connection: str) -> None:
        """Read one state and answer it.

        A client that sends faster than it is answered is held back by TCP; each of its states
        is answered, because a lock-step simulator waits for every tick.
        """
        try:
            async with asyncio.timeout(self.limits.idle_timeout_s):
                message = await client.recv()
        except TimeoutError as error:
            raise Rejected(
                RejectReason.IDLE,
                f"Nothing came for {self.limits.idle_timeout_s:g} s; connect again to go on.",
            ) from error
        arrived = perf_counter()
        if isinstance(message, str):
            raise Rejected(
                RejectReason.BINARY_EXPECTED, "After the hello only binary state frames are read."
            )
        self._check_length(len(message))
        snapshot = served.snapshot
        state = decode_state(message, snapshot.policy.size)
        ctrl = await self.batcher.control(snapshot.policy, state)
        await self._send(client, encode_action(state.tick, snapshot.params_version, ctrl))
        self.metrics.latency.observe(perf_counter() - arrived)
        self.step_log.write(
            served.model_id,
            connection,
            snapshot.params_version,
            state,
            snapshot.policy.size,
            ctrl,
        )

    async def _send(self, client: ServerConnection, message: str | bytes) -> None:
        """Send within the limit. Raises `TimeoutError` if the client does not read."""
        async with asyncio.timeout(self.limits.send_timeout_s):
            await client.send(message)

    async def _reject(self, client: ServerConnection, rejection: Rejected) -> None:
        """Tell the client why, then close."""
        answer = Refusal(code=rejection.reason, message=rejection.message)
        try:
            await self._send(client, answer.model_dump_json())
            await client.close(rejection.close_code, rejection.reason)
        except (ConnectionClosed, TimeoutError):
            client.transport.abort()

    def _check_length(self, length: int) -> None:
        if length > self.limits.message_bytes:
            raise Rejected(
                RejectReason.FRAME_TOO_LARGE,
                f"The message has {length} bytes; at most {self.limits.message_bytes} are read.",
            )
