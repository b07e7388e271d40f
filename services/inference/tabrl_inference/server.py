"""The WebSocket server and its lifetime."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.server import Server, ServerConnection, serve

from tabrl.adapters.web.origin import OriginRules
from tabrl.ports import BlobStore, ModelRepository
from tabrl_inference.batching import MicroBatcher
from tabrl_inference.connection import StateConnection
from tabrl_inference.hot_reload import ServedModels
from tabrl_inference.limits import Limits
from tabrl_inference.metrics import Metrics
from tabrl_inference.middleware import HandshakeMiddleware, model_of
from tabrl_inference.policy_cache import PolicyCache, PolicyLoader
from tabrl_inference.session import Sessions
from tabrl_inference.step_log import StepLog
from tabrl_inference.visitors import Visitors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InferenceServer:
    """Everything a server needs; `running` binds the port."""

    models: ModelRepository
    blobs: BlobStore
    load: PolicyLoader
    origins: OriginRules
    limits: Limits
    step_log: StepLog
    metrics: Metrics
    visitors: Visitors = field(default_factory=Visitors)

    @asynccontextmanager
    async def running(self, host: str, port: int) -> AsyncIterator[int]:
        """Serve while the block runs; yields the port (any free one if `port` is 0).

        At the end clients are told with close code 1001 that the server goes away.
        """
        cache = PolicyCache(self.blobs, self.load, self.limits.cached_policies)
        models = ServedModels(self.models, cache, self.metrics)
        batcher = MicroBatcher(
            lambda: models.clients, self.limits.batch_window_s, self.limits.batch_rows, self.metrics
        )
        sessions = Sessions(
            models, batcher, self.limits, self.metrics, self.step_log, self.visitors
        )
        accepting = asyncio.Event()

        async def handle(client: ServerConnection) -> None:
            model_id = model_of(client.request.path) if client.request else None
            assert isinstance(client, StateConnection)
            if model_id is not None:  # the middleware lets no other address through
                _bound_send_buffer(client, self.limits.send_buffer_bytes)
                await sessions.serve(client, model_id, client.username)

        server = await serve(
            handle,
            host,
            port,
            process_request=HandshakeMiddleware(
                self.origins, self.visitors, self.metrics, accepting.is_set
            ),
            create_connection=StateConnection,
            compression=None,  # 400 bytes of doubles: deflate costs more than it saves
            max_size=self.limits.transport_bytes,
            max_queue=8,
            server_header=None,
            close_timeout=self.limits.drain_s,
        )
        watch = asyncio.create_task(models.watch(self.limits.poll_interval_s))
        accepting.set()
        try:
            yield _port(server)
        finally:
            accepting.clear()
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await _close(server, self.limits.drain_s)
            self.step_log.close()


def _bound_send_buffer(client: ServerConnection, size: int) -> None:
    """Keep the kernel from storing megabytes of actions for a client that does not read."""
    connection = client.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)


def _port(server: Server) -> int:
    address = next(iter(server.sockets)).getsockname()
    return int(address[1])


async def _close(server: Server, within_s: float) -> None:
    server.close(code=1001, reason="server_stopping")
    try:
        async with asyncio.timeout(within_s + 1.0):
            await server.wait_closed()
    except TimeoutError:
        log.warning("drain_timeout")
