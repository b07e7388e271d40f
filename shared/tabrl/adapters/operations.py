"""`/metrics`, `/healthz` and `/readyz` for services that serve no HTTP otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from tabrl.domain.errors import TabrlError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Probes come every few seconds; logging them would bury everything else."""


def operations_app(registry: CollectorRegistry, ready: Callable[[], None]) -> WSGIApplication:
    """A WSGI application; `ready` raises `TabrlError` while a part does not answer."""
    metrics = make_wsgi_app(registry)

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            exposition: Iterable[bytes] = metrics(environ, start_response)
            return exposition
        status, body = "200 OK", "ok"
        if path == "/readyz":
            try:
                ready()
            except TabrlError as error:
                status, body = "503 Service Unavailable", error.code
        elif path != "/healthz":
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
