"""An object store that hangs, refuses, or lacks what S3 has: as much of it as the tests ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch


class PoorStore:
    """Blobs behind HTTP; set what is wrong with it."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.status: int | None = None
        self.conditional = True
        self.hangs = False
        self.over = threading.Event()

    def answer(self, method: str, key: str, headers: dict[str, str], body: bytes) -> int:
        """The status of a request."""
        if self.hangs:
            self.over.wait(30)
        if self.status is not None:
            return self.status
        if method != "PUT":
            return 200 if key in self.blobs else 404
        if "if-none-match" in headers:
            if not self.conditional:
                return 501
            if key in self.blobs:
                return 412
        self.blobs[key] = body
        return 200


@contextmanager
def poor_store() -> Iterator[tuple[PoorStore, str]]:
    """A store on a fresh server, and its `s3://` URL."""
    store = PoorStore()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = store.answer(self.command, self.path, headers, body)
            content = store.blobs.get(self.path, b"") if self.command == "GET" else b""
            self.send_response(status)
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            length = (
                len(store.blobs.get(self.path, b"")) if self.command == "HEAD" else len(content)
            )
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = _serve  # noqa: N815 - named by the library

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    keys = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
    }
    try:
        with patch.dict("os.environ", keys):
            yield store, "s3://bucket"
    finally:
        store.over.set()
        server.shutdown()
        server.server_close()
