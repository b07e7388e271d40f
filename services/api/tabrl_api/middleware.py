"""What every request passes first: Host, Origin and size; and what is measured of it."""

from __future__ import annotations

import hashlib
import time
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tabrl.adapters.metrics import ApiMetrics
from tabrl.adapters.web.origin import OriginRules
from tabrl_api.problems import problem

_JSON = "application/json"
BODY_MAX = 64 * 1024
# Probes address a container by its IP; they reveal nothing and change nothing.
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


class AccessMiddleware:
    """Rejects foreign hosts, foreign origins and oversized bodies."""

    def __init__(self, app: ASGIApp, origins: OriginRules) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rejection = self._rejection(scope["path"], Headers(scope=scope))
        if rejection is not None:
            await rejection(scope, receive, send)
            return
        await self._app(scope, _BodyLimit(receive), send)

    def _rejection(self, path: str, headers: Headers) -> JSONResponse | None:
        host, origin = headers.get("host"), headers.get("origin")
        if path not in _PROBES and not self._origins.host_allowed(host):
            return problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "host_refused",
                "This server does not answer to the host name of the request.",
                hint="Name it in TABRL_ALLOWED_HOSTS if it is meant to.",
            )
        if not self._origins.origin_allowed(origin, host, headers.get("sec-fetch-site")):
            return problem(
                HTTPStatus.FORBIDDEN,
                "origin_refused",
                "Pages of another origin may not use this server.",
                hint="Name the origin in TABRL_ALLOWED_ORIGINS if it is meant to.",
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_MAX:
            return problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "body_too_large",
                f"A request body may have at most {BODY_MAX} bytes.",
            )
        return None


class _BodyLimit:
    """Ends a body without declared length once it grows too large."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = BODY_MAX

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        # Cut off here the JSON is incomplete, which is rejected as such.
        return message if self._left >= 0 else {"type": "http.request", "body": b""}


class ETagMiddleware:
    """Answers 304 to whoever polls a resource that has not changed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; the answer to a GET that is JSON gets a tag of its content."""
        polled = scope["type"] == "http" and scope["method"] == "GET"
        if not polled or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("if-none-match", "")
        await self._app(scope, receive, _Tagged(send, asked).send)


class _Tagged:
    """Holds a JSON answer back until its content is known; anything else passes as it comes."""

    def __init__(self, send: Send, asked: str) -> None:
        self._send = send
        self._asked = {tag.strip() for tag in asked.split(",")}
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            if message["status"] == HTTPStatus.OK and headers.get("content-type") == _JSON:
                self._start = message
                return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        tag = f'W/"{hashlib.sha256(self._body).hexdigest()[:32]}"'
        headers = MutableHeaders(raw=[*self._start["headers"]])
        headers["ETag"] = tag
        headers["Cache-Control"] = "private, no-cache"
        known = tag in self._asked
        if known:
            del headers["content-length"], headers["content-type"]
        status = HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK
        await self._send({**self._start, "status": status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": b"" if known else self._body})


class MetricsMiddleware:
    """Counts requests by route, not by path: ids would make endless series."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and observe its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                method = scope["method"] if route != "other" else "any"
                self._metrics.requests.labels(method, route, message["status"]).inc()
                self._metrics.request_seconds.labels(method, route).observe(
                    time.monotonic() - started
                )
            await send(message)

        await self._app(scope, receive, observed)
