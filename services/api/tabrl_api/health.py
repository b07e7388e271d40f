"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from tabrl_api.readiness import Readiness
from tabrl_api.schema import problem_responses
from tabrl_api.shared_metrics import SharedReader

router = APIRouter(tags=["operations"])


async def _readiness(request: Request) -> Readiness:  # for those that are not take a thread
    readiness = request.app.state.readiness
    assert isinstance(readiness, Readiness)
    return readiness


@router.get(
    "/healthz",
    operation_id="getHealth",
    summary="Whether the process runs",
    response_class=PlainTextResponse,
)
async def get_health() -> str:
    """Always `ok`; takes no thread, for there may be none left."""
    return "ok"


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Whether database, queue and object store answer",
    response_class=PlainTextResponse,
    responses=problem_responses(_503="A part does not answer; `code` says which."),
)
async def get_readiness(readiness: Annotated[Readiness, Depends(_readiness)]) -> str:
    """`ok`, or the first part that does not answer; within a second."""
    await readiness.raise_unless_ready()
    return "ok"


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Prometheus metrics",
    response_class=PlainTextResponse,
)
def get_metrics(request: Request) -> Response:
    """Requests, jobs, queue, parts and reaper."""
    reader = request.app.state.shared_reader
    assert isinstance(reader, SharedReader)
    return Response(reader.exposition(), media_type=CONTENT_TYPE_LATEST)
