"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from tabrl.domain.jobs import JobKind
from tabrl_api.context import WithContext
from tabrl_api.schema import problem_responses
from tabrl_api.shared_metrics import SharedReader

router = APIRouter(tags=["operations"])


@router.get(
    "/healthz",
    operation_id="getHealth",
    summary="Whether the process runs",
    response_class=PlainTextResponse,
)
def get_health() -> str:
    """Always `ok`."""
    return "ok"


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Whether database, queue and object store answer",
    response_class=PlainTextResponse,
    responses=problem_responses(_503="A part does not answer; `code` says which."),
)
def get_readiness(context: WithContext) -> str:
    """`ok`, or the first part that does not answer."""
    context.jobs.counts()
    context.queue.depth(JobKind.TRAIN)
    context.blobs.exists("readyz")
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
