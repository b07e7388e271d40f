"""`/metrics`, `/healthz` and `/readyz` for services that serve no HTTP otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from tabrl.adapters.breaker import SickWorkerError
from tabrl.domain.errors import TabrlError, Unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Startup:
    """How far a process is with getting ready: set by the one thread, asked by probes."""

    def __init__(self) -> None:
        self._doing: str | None = "loading"

    @property
    def doing(self) -> str | None:
        """What it is at, such as `compiling 2 of 7`; None once it is ready."""
        return self._doing

    def compiling(self, number: int, count: int) -> None:
        """The graph of this number is being compiled, of so many."""
        self._doing = f"compiling {number} of {count}"

    def finish(self) -> None:
        """From now on it is ready."""
        self._doing = None

    def raise_unless_done(self) -> None:
        """Raises `StartingError` before that."""
        if self._doing is not None:
            raise StartingError(self._doing, code="warming_up")


class StartingError(Unavailable):
    """Nothing is wrong, the process is not ready yet; the message says what it is at."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Probes come every few seconds; logging them would bury everything else."""


def operations_app(registry: CollectorRegistry, ready: Callable[[], None]) -> WSGIApplication:
    """A WSGI application; `ready` raises `TabrlError` while a part does not answer.

    `/readyz` answers 503 then, and `/healthz` 200 in any case; while a process is starting, both
    say what it is at.
    """
    metrics = make_wsgi_app(registry)

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            exposition: Iterable[bytes] = metrics(environ, start_response)
            return exposition
        status, body = "200 OK", "ok"
        if path in ("/readyz", "/healthz"):
            try:
                ready()
            except TabrlError as error:
                if path == "/readyz":
                    status, body = "503 Service Unavailable", error.code
                if isinstance(error, StartingError):
                    body = f"starting: {error.message}"
                elif isinstance(error, SickWorkerError) and path == "/readyz":
                    body = f"{error.code}: {error.message}"
        else:
            status, body = "404 Not Found", "not_found"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{body}\n".encode()]

    return app


def serve_operations(
    host: str, port: int, registry: CollectorRegistry, ready: Callable[[], None]
) -> WSGIServer:
    """Serve in a daemon thread; returns the server so that it can be shut down."""
    app = operations_app(registry, ready)
    server = make_server(host, port, app, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="operations", daemon=True).start()
    return server
