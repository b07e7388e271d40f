"""What passes before a WebSocket is open: probes over plain HTTP, and who may shake hands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from tabrl.adapters.web.origin import OriginRules
from tabrl.domain.errors import Unavailable
from tabrl_inference.metrics import Metrics
from tabrl_inference.rejections import RejectReason
from tabrl_inference.visitors import Visitors

_ENDPOINT = re.compile(r"/api/models/(?P<model_id>[A-Za-z0-9_-]{1,64})/inference")


def model_of(path: str) -> str | None:
    """The model that a WebSocket address names; None if it is no inference address."""
    match = _ENDPOINT.fullmatch(path.partition("?")[0])
    return match["model_id"] if match else None


@dataclass(frozen=True)
class HandshakeMiddleware:
    """Called by the WebSocket server before each handshake; None lets the handshake go on.

    It leaves in `username` of the connection whose limits it counts against.
    """

    origins: OriginRules
    visitors: Visitors
    metrics: Metrics
    ready: Callable[[], bool]

    async def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer an HTTP request, reject a foreign one, or let a handshake go on."""
        path = request.path.partition("?")[0]  # probes address a container by its IP: any Host
        if path == "/healthz":
            return _response(HTTPStatus.OK, "text/plain", "ok\n")
        if path == "/readyz":
            if self.ready():
                return _response(HTTPStatus.OK, "text/plain", "ready\n")
            return _response(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", "not ready\n")
        if path == "/metrics":
            return _response(HTTPStatus.OK, self.metrics.content_type, self.metrics.render())
        if not self.origins.host_allowed(request.headers.get("Host")):
            return self._reject(RejectReason.FORBIDDEN_HOST, "This Host is not served here.")
        if model_of(request.path) is None:
            return _problem(HTTPStatus.NOT_FOUND, "not_found", "There is nothing here.")
        if not self.origins.page_allowed(request.headers.get("Origin")):
            return self._reject(
                RejectReason.FORBIDDEN_ORIGIN, "Pages of this origin may not connect."
            )
        if self.visitors.tickets is not None:
            return await self._redeem(connection, request)
        peer = connection.remote_address
        forwarded = request.headers.get("X-Forwarded-For")
        connection.username = self.visitors.proxies.client(peer[0] if peer else None, forwarded)
        return None

    async def _redeem(self, connection: ServerConnection, request: Request) -> Response | None:
        """Let in who has a ticket for this model."""
        path, _, query = request.path.partition("?")
        secret = parse_qs(query).get("ticket", [""])[0]
        if not secret:
            return self._reject(
                RejectReason.LOG_IN,
                "This server asks for a ticket: POST to the model's /ticket at the api.",
                HTTPStatus.UNAUTHORIZED,
            )
        try:
            ticket = await self.visitors.ticket(secret)
        except Unavailable as error:
            return self._reject(
                RejectReason.TICKETS_UNAVAILABLE, error.message, HTTPStatus.SERVICE_UNAVAILABLE
            )
        if ticket is None:
            return self._reject(
                RejectReason.BAD_TICKET,
                "This ticket was used before, or is too old; POST for another one.",
                HTTPStatus.UNAUTHORIZED,
            )
        if ticket.address != path:
            return self._reject(
                RejectReason.OTHER_MODEL, "This ticket opens nothing here.", HTTPStatus.NOT_FOUND
            )
        connection.username = ticket.key
        return None

    def _reject(
        self, reason: RejectReason, detail: str, status: HTTPStatus = HTTPStatus.FORBIDDEN
    ) -> Response:
        self.metrics.rejections.labels(reason).inc()
        return _problem(status, reason, detail)


def _problem(status: HTTPStatus, code: str, detail: str) -> Response:
    document = {
        "type": f"urn:tabrl:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
    }
    return _response(status, "application/problem+json", json.dumps(document))


def _response(status: HTTPStatus, content_type: str, text: str) -> Response:
    body = text.encode()
    headers = Headers(
        [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ]
    )
    return Response(status.value, status.phrase, headers, body)
