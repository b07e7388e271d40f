"""`/api/events`: the events of several jobs in one stream.

A browser opens six connections to a host at most, and a stream holds one for as long as it lasts:
whoever follows several jobs, in however many tabs, asks for all of them here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Annotated, NamedTuple

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from tabrl.contracts.events import EVENT
from tabrl.domain.errors import NotFound, TabrlError
from tabrl.domain.people import Person
from tabrl.ports.events import StoredEvent
from tabrl_api.context import AppContext, WithContext
from tabrl_api.jobs import service
from tabrl_api.people.access import WithPerson, own_job

MAX_JOBS = 20
_KEEPALIVE_S = 10.0
_BACKLOG = 512

router = APIRouter(prefix="/api/events", tags=["jobs"])


class Told(NamedTuple):
    """What is told of a job: an event, None for a quiet moment; `over` when nothing follows."""

    job_id: str
    entry: StoredEvent | None = None
    over: bool = False


@router.get(
    "",
    operation_id="followJobs",
    summary="The events of several jobs in one stream",
    response_class=Response,
    responses={
        200: {
            "description": "Server-sent events: `event` is the type, `data` the event as JSON, "
            "`id` the job's id, a slash, and the event's. `over` follows a job's last event, and "
            "stands alone for one that there is not.",
            "content": {"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}},
        },
    },
)
async def follow_jobs(
    person: WithPerson,
    context: WithContext,
    job: Annotated[
        list[str],
        Query(
            min_length=1,
            max_length=MAX_JOBS,
            description="Ids of jobs; behind a slash the event after which to go on.",
            examples=[["job_5wauxhcjkly7sakx", "job_2zqk4n7dmx5rcw3h/1767268800000-0"]],
        ),
    ],
) -> Response:
    """All events of each job, then new ones as they come; ends when every job has ended."""
    wanted = {}
    for one in job:
        job_id, _, after = one.partition("/")
        wanted[job_id] = service.resume_point(after or None)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventSourceResponse(_frames(wanted, person, context), headers=headers)


async def _frames(
    wanted: dict[str, str], person: Person, context: AppContext
) -> AsyncIterator[bytes]:
    spoken = time.monotonic()
    with context.metrics.streams.track_inprogress():
        yield KEEPALIVE_COMMENT  # the headers reach the client before the first event does
        async with aclosing(_told(wanted, person, context)) as told:
            async for job_id, entry, over in told:
                if over:
                    yield format_sse_event(data_str="{}", event="over", id=f"{job_id}/")
                elif entry is not None:
                    yield format_sse_event(
                        data_str=EVENT.dump_json(entry.event).decode(),
                        event=entry.event.type,
                        id=f"{job_id}/{entry.id}",
                    )
                elif time.monotonic() - spoken > _KEEPALIVE_S:
                    yield KEEPALIVE_COMMENT
                else:
                    continue
                spoken = time.monotonic()


async def _told(
    wanted: dict[str, str], person: Person, context: AppContext
) -> AsyncGenerator[Told, None]:
    """What happens to several jobs, in the order in which it is heard of."""
    heard: asyncio.Queue[Told | None] = asyncio.Queue(_BACKLOG)

    async def follow(job_id: str, after: str) -> None:
        try:
            with suppress(NotFound):  # to one who does not own it there is no such job
                await run_sync(own_job, job_id, person, context.jobs)
                async for entry in service.job_events(job_id, after, context):
                    await heard.put(Told(job_id, entry))
            await heard.put(Told(job_id, over=True))
        except TabrlError:
            await heard.put(None)  # the reader connects again

    followers = [asyncio.create_task(follow(*one)) for one in wanted.items()]
    left = len(followers)
    try:
        while left > 0:
            told = await heard.get()
            if told is None:
                return
            left -= told.over
            yield told
    finally:
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
