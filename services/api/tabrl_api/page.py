"""The built page: static files, precompressed where the build did it, and its deep links."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from tabrl.domain.errors import NotFound
from tabrl_api.files import conditional_file
from tabrl_api.problems import problem

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".glb": "model/gltf-binary",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_BASE = '<base href="./" />'
_FOREVER = "public, max-age=31536000, immutable"
_WORKER = "assets/worker-"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def content_policy(inference: Sequence[str], path: str) -> str:
    """What the file at `path` may load and run: the page's own files, and sockets to `inference`.

    `inference` are `ws://` URLs. The highlighter and the editor write styles into the page, hence
    `unsafe-inline` for styles. The robot's meshes are read from blobs, by WebAssembly. A worker
    obeys the policy of its own file: the glue around MuJoCo's WebAssembly writes functions, and
    there, away from the document, it may.
    """
    urls = [urlsplit(one) for one in inference]
    sockets = " ".join(dict.fromkeys(f"{url.scheme}://{url.netloc}" for url in urls))
    script = "script-src 'self' 'wasm-unsafe-eval'"
    if path.startswith(_WORKER):
        script += " 'unsafe-eval'"
    return "; ".join(
        (
            "default-src 'none'",
            script,
            "worker-src 'self'",
            f"connect-src 'self' blob: {sockets}",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "img-src 'self' blob: data:",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def page_router(dist: Path, inference: Sequence[str]) -> APIRouter:
    """Serves everything that no other route takes; include it last.

    `inference` are the URLs under which browsers reach inference servers.
    """
    router = APIRouter(include_in_schema=False)
    root = dist.resolve()

    @router.get("/{path:path}", name="page")
    @router.head("/{path:path}", name="page_head")
    def page(path: str, request: Request) -> Response:
        safe = {**_HEADERS, "Content-Security-Policy": content_policy(inference, path)}
        if path == "api" or path.startswith("api/"):
            raise NotFound("There is nothing at this address.", code="unknown_route")
        wanted = (root / path).resolve()
        if wanted.is_relative_to(root) and wanted.is_file():
            hashed = path.startswith("assets/")
            return _file(wanted, request, safe, _FOREVER if hashed else "no-cache")
        if Path(path).suffix:
            raise NotFound("The page has no such file.", code="unknown_file")
        index = root / "index.html"
        if not index.is_file():
            return problem(
                HTTPStatus.NOT_FOUND,
                "page_not_built",
                "The page has not been built.",
                hint="Build it in web/, or name its folder in TABRL_WEB_DIST.",
            )
        if "/" in path:  # a deep link: the page reads the address, but its files lie further up
            moved = _moved(index.read_text("utf-8"), path.count("/"))
            return HTMLResponse(moved, headers={**safe, "Cache-Control": "no-cache"})
        return _file(index, request, safe, "no-cache")

    return router


def _moved(index: str, depth: int) -> str:
    """The page for an address `depth` folders down: relative, for only a proxy knows the rest."""
    return index.replace(_BASE, f'<base href="{"../" * depth}" />')


def _file(path: Path, request: Request, safe: dict[str, str], cache: str) -> Response:
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    headers = {**safe, "Cache-Control": cache, "Vary": "Accept-Encoding"}
    accepted = _accepted(request.headers.get("accept-encoding", ""))
    for encoding, suffix in _ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if encoding in accepted and packed.is_file():
            headers["Content-Encoding"] = encoding
            path = packed
            break
    return conditional_file(
        path, request, media_type=media_type or "application/octet-stream", headers=headers
    )


def _accepted(header: str) -> frozenset[str]:
    """Encodings a client takes; `q=0` refuses one."""
    accepted = set()
    for part in header.split(","):
        name, _, quality = part.strip().partition(";")
        if name and quality.replace(" ", "") not in ("q=0", "q=0.0"):
            accepted.add(name.strip().lower())
    return frozenset(accepted)
