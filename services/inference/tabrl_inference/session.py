"""A session: one client from the handshake to the close."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tabrl.contracts.wire import SPOKEN, Hello, Refusal, Welcome
from tabrl_inference.batching import MicroBatcher, Targets
from tabrl_inference.connection import StateConnection
from tabrl_inference.frames import LIVE_SINCE, State
from tabrl_inference.hot_reload import ServedModel, ServedModels
from tabrl_inference.limits import Limits
from tabrl_inference.metrics import Metrics
from tabrl_inference.rejections import Rejected, RejectReason
from tabrl_inference.state_stream import StateStream
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

    async def serve(self, client: StateConnection, model_id: str, key: str) -> None:
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

    async def _play(self, client: StateConnection, model_id: str, visitor: Visitor) -> None:
        """Greet a client, then answer its states until something ends it."""
        connection = str(client.id)
        found, protocol = await self._handshake(client, model_id)
        with self.models.joined(found, client) as served:
            await self._welcome(client, served, protocol)
            log.info("joined connection=%s model=%s", connection, served.model_id)
            await self._answer(client, served, visitor, connection, protocol)

    async def _handshake(self, client: ServerConnection, model_id: str) -> tuple[ServedModel, int]:
        """Read and check the hello; the protocol that is spoken from now on is the client's."""
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
        self.limits.check_length(len(message))
        try:
            hello = Hello.model_validate_json(message)
        except ValidationError as error:
            fields = sorted({str(e["loc"][0]) if e["loc"] else "JSON" for e in error.errors()})
            raise Rejected(
                RejectReason.BAD_HELLO,
                "The hello needs type, protocol, model_id and scene_sha256, and nothing else; "
                f"{len(fields)} of its fields cannot be read.",
            ) from error
        if hello.protocol not in SPOKEN:
            raise Rejected(
                RejectReason.WRONG_PROTOCOL,
                f"The client speaks protocol {hello.protocol}, this server "
                f"{' and '.join(map(str, SPOKEN))}; reload.",
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
        return await self.models.find(model_id, hello.scene_sha256), hello.protocol

    async def _welcome(self, client: ServerConnection, served: ServedModel, protocol: int) -> None:
        snapshot = served.snapshot
        size, driven = snapshot.policy.size, snapshot.policy.driven
        welcome = Welcome(
            protocol=protocol,
            model_id=served.model_id,
            params_version=snapshot.params_version,
            nq=size.nq,
            nv=size.nv,
            nu=size.nu,
            control_hz=snapshot.policy.control_hz,
            live=driven.live if driven is not None and protocol >= LIVE_SINCE else None,
        )
        await self._send(client, welcome.model_dump_json(exclude_none=True))

    async def _answer(
        self, client: StateConnection, served: ServedModel, visitor: Visitor, connection: str,
        protocol: int,
    ) -> None:  # fmt: skip
        """Answer a client's states until it leaves, falls silent, or sends something else."""

        def answered(state: State, ctrl: Targets, version: int, seconds: float) -> None:
            self.metrics.latency.observe(seconds)
            size = served.snapshot.policy.size
            self.step_log.write(served.model_id, connection, version, state, size, ctrl)

        stream = StateStream(client, served, self.batcher, self.limits, visitor, answered, protocol)
        client.on_frame = stream.frame
        other = asyncio.ensure_future(client.recv())
        idle_s = self.limits.idle_timeout_s
        try:
            while True:
                await asyncio.wait(
                    (other, stream.ended), timeout=idle_s - stream.silent_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )  # fmt: skip
                if stream.ended.done():
                    stream.ended.result()
                if other.done():
                    stream.frame(_binary(other.result()))  # it came in fragments
                    other = asyncio.ensure_future(client.recv())
                elif stream.silent_s >= idle_s:
                    raise Rejected(
                        RejectReason.IDLE,
                        f"Nothing came for {idle_s:g} s; connect again to go on.",
                    )
        finally:
            client.on_frame = None
            other.cancel()
            stream.close()

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


def _binary(message: str | bytes) -> bytes:
    if isinstance(message, str):
        raise Rejected(
            RejectReason.BINARY_EXPECTED, "After the hello only binary state frames are read."
        )
    return message
