"""The service over HTTP. Only the api asks it; it keeps nothing and reads no store."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from anyio.to_thread import run_sync
from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from tabrl.domain.errors import Conflict, Invalid, NotFound, TabrlError
from tabrl_exporter.exporting import Exporter, Order

BODY_MAX = 64 * 1024 * 1024
_STATUS: dict[type[TabrlError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
}


def create_app(exporter: Exporter, registry: CollectorRegistry) -> FastAPI:
    """The application over what builds exports."""
    app = FastAPI(title="TabRL exporter", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz", response_class=PlainTextResponse)
    @app.get("/readyz", response_class=PlainTextResponse)
    async def ok() -> str:
        return "ok"

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/formats")
    async def formats() -> list[dict[str, str | bool]]:
        return [
            {"name": one.name, "words": one.words, "episodes": one.episodes}
            for one in exporter.formats.values()
        ]

    @app.post("/exports/{name}")
    async def export(
        name: str,
        request: Request,
        model: Annotated[str, Query()],
        version: Annotated[int, Query()],
        x_sentence: Annotated[str, Header()] = "",
        x_episodes_bytes: Annotated[int, Header(ge=0)] = 0,
    ) -> Response:
        """The body is the parameters and, so many bytes long, evaluated episodes behind them."""
        if int(request.headers.get("content-length", BODY_MAX + 1)) > BODY_MAX:
            raise Invalid("The parameters are too large.", code="bad_params")
        body = await request.body()
        end = max(0, len(body) - x_episodes_bytes)
        params, episodes = body[:end], body[end:] or None
        order = Order(params, model, version, unquote(x_sentence), episodes)
        made = await run_sync(exporter.export, name, order)
        return Response(made, media_type="application/zip")

    app.add_exception_handler(TabrlError, _refused)
    return app


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TabrlError)
    status = next(
        (status for kind, status in _STATUS.items() if isinstance(error, kind)),
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    return JSONResponse(
        {"code": error.code, "message": error.message, "hint": error.hint}, status_code=status
    )
