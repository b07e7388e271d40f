"""`/api/jobs`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from tabrl.contracts.events import EVENT
from tabrl.domain.jobs import JobKind, JobState
from tabrl_api.context import AppContext, WithContext
from tabrl_api.idempotency import KeyHeader, idempotency_key
from tabrl_api.jobs import service, trainings
from tabrl_api.jobs.schemas import JobChange, JobList, JobView, KeepGoing
from tabrl_api.people.access import WithPerson, own_job
from tabrl_api.people.schemas import TicketView
from tabrl_api.people.service import ticket
from tabrl_api.schema import problem_responses

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
_UNKNOWN = "There is no such job."
_KEEPALIVE_S = 10.0


@router.get("", operation_id="listJobs", summary="Jobs by kind and state")
def list_jobs(
    person: WithPerson,
    context: WithContext,
    kind: JobKind | None = None,
    state: JobState | None = None,
    before: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> JobList:
    """Your newest jobs, or those made before the job `before`."""
    jobs = context.jobs.list(kind=kind, state=state, owner=person.owner, before=before, limit=limit)
    following = jobs[-1].id if len(jobs) == limit else None
    return JobList(jobs=service.job_views(jobs, context.jobs), next=following)


@router.get(
    "/{job_id}",
    operation_id="getJob",
    summary="A job and its place in the queue",
    responses=problem_responses(_404=_UNKNOWN),
)
def get_job(job_id: str, person: WithPerson, context: WithContext) -> JobView:
    """Where a job stands."""
    return service.job_view(own_job(job_id, person, context.jobs), context.jobs)


@router.post(
    "/{job_id}/cancel",
    operation_id="cancelJob",
    summary="Stop a job",
    responses=problem_responses(_404=_UNKNOWN, _409="The job has ended."),
)
def cancel_job(job_id: str, person: WithPerson, context: WithContext) -> JobView:
    """A waiting job ends at once, a running one within a second.

    Its last snapshot is kept, of a full training its best measured policy.
    """
    own_job(job_id, person, context.jobs)
    job = service.cancel(job_id, context.jobs, context.bus)
    return service.job_view(job, context.jobs)


@router.post(
    "/{job_id}/keep-going",
    status_code=202,
    operation_id="keepGoing",
    summary="Train on from a result",
    responses=problem_responses(
        _404=_UNKNOWN,
        _409="The training still runs, left nothing to go on from, or the idempotency key was "
        "used for another request.",
    ),
)
def keep_going(
    job_id: str,
    request: KeepGoing,
    person: WithPerson,
    context: WithContext,
    key: KeyHeader = None,
) -> JobView:
    """A new training, with a model of its own, that begins with what this one delivered."""
    once = idempotency_key(key, f"keep_going:{job_id}", request, person)
    earlier = own_job(job_id, person, context.jobs)
    job = trainings.keep_going(earlier, request, once, context)
    return service.job_view(job, context.jobs)


@router.patch(
    "/{job_id}",
    operation_id="changeJob",
    summary="Change the weights of a training on its way",
    responses=problem_responses(_404=_UNKNOWN, _409="The job has ended, or learns no more."),
)
def change_job(job_id: str, change: JobChange, person: WithPerson, context: WithContext) -> JobView:
    """In force from the next update on, without a restart; an event `reweighted` tells when."""
    own_job(job_id, person, context.jobs)
    job = service.reweight(job_id, change.weights, context.jobs, context.bus)
    return service.job_view(job, context.jobs)


@router.post(
    "/{job_id}/ticket",
    status_code=201,
    operation_id="createStreamTicket",
    summary="A ticket for a job's events",
    responses=problem_responses(_404=_UNKNOWN),
)
def create_stream_ticket(job_id: str, person: WithPerson, context: WithContext) -> TicketView:
    """For pages, whose event streams cannot send a token."""
    own_job(job_id, person, context.jobs)
    return ticket(f"/api/jobs/{job_id}/events", person, context.tickets)


@router.get(
    "/{job_id}/events",
    operation_id="followJob",
    summary="A job's events as they happen",
    response_class=Response,  # made by hand below, because of the 204
    responses={
        200: {
            "description": "Server-sent events: `event` is the type, `data` the event as JSON.",
            "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}},
        },
        204: {"description": "The job has ended and every event was delivered: do not reconnect."},
        **problem_responses(_404=_UNKNOWN),
    },
)
async def follow_job(
    job_id: str,
    person: WithPerson,
    context: WithContext,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """All events so far, then new ones; ends after the job's last state."""
    after = service.resume_point(last_event_id)
    job = await run_sync(own_job, job_id, person, context.jobs)
    if last_event_id is not None:
        delivered = await run_sync(service.all_delivered, job, after, context.bus)
        if delivered:
            return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventSourceResponse(_frames(job_id, after, context), headers=headers)


async def _frames(job_id: str, after: str, context: AppContext) -> AsyncIterator[bytes]:
    spoken = time.monotonic()
    with context.metrics.streams.track_inprogress():
        yield KEEPALIVE_COMMENT  # the headers reach the client before the first event does
        async for entry in service.job_events(job_id, after, context):
            if entry is not None:
                yield format_sse_event(
                    data_str=EVENT.dump_json(entry.event).decode(),
                    event=entry.event.type,
                    id=entry.id or None,
                )
            elif time.monotonic() - spoken > _KEEPALIVE_S:
                yield KEEPALIVE_COMMENT
            else:
                continue
            spoken = time.monotonic()
