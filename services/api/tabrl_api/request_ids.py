"""Which request, task and job a log line or a problem is about."""

from __future__ import annotations

import re

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tabrl.adapters.logs import add_ids, begin_ids
from tabrl.domain.ids import new_request_id

HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_OURS = re.compile(r"[a-z]{3}_[a-z0-9]{1,32}")


class RequestIdMiddleware:
    """Gives every request an id, the client's own if it sends one, and says it in the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _GIVEN.fullmatch(given) else new_request_id()
        begin_ids(request_id=request_id)  # the server runs each request in a context of its own

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, named)


async def add_ids_of_path(request: Request) -> None:
    """A dependency: from here on, the task and the job that the address names are known.

    What does not look like one of our ids may be anything that somebody has typed.
    """
    named = {
        name: value
        for name, value in request.path_params.items()
        if name in ("task_id", "job_id") and _OURS.fullmatch(str(value))
    }
    add_ids(**named)
