"""Nothing under `/api/` is reached without it being known who asks."""

from __future__ import annotations

from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tabrl.adapters.logs import add_ids
from tabrl.domain.errors import Forbidden, TabrlError
from tabrl.domain.people import LOCAL, Person
from tabrl_api import problems
from tabrl_api.context import AppContext
from tabrl_api.people.log_in import Caller, Identification
from tabrl_api.people.requests import NoRequestLimiter

_OPEN = frozenset({"/api/openapi.json"})
_READS = frozenset({"GET", "HEAD"})


class PeopleMiddleware:
    """Leaves the `Person` of a request in its state, counts it, or answers it with a problem."""

    def __init__(self, app: ASGIApp, context: AppContext) -> None:
        self._app = app
        self._requests = context.requests
        self._identify = Identification.of(
            context.settings,
            tokens=context.tokens,
            shares=context.shares,
            tickets=context.tickets,
        )
        self._alone = self._identify.way == "none" and isinstance(self._requests, NoRequestLimiter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        if scope["type"] != "http" or not _guarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            person = Person(LOCAL) if self._alone else await run_sync(self._admit, scope)
        except TabrlError as error:
            await problems.answer(error)(scope, receive, send)
            return
        if not self._alone:
            add_ids(owner_id=person.key)
        scope.setdefault("state", {})["person"] = person
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope) -> Person:
        path, method = scope["path"], scope["method"]
        query = parse_qs(scope["query_string"].decode("latin-1"))
        caller = Caller(
            peer=scope["client"][0] if scope.get("client") else None,
            headers=Headers(scope=scope),
            path=path,
            ticket=query.get("ticket", [None])[0],
        )
        person = self._identify.person(caller)
        if person.guest_of is not None and method not in _READS and not path.endswith("/ticket"):
            raise Forbidden("A link to a model lets you look at it, no more.", code="read_only")
        self._requests.count(person.key)
        return person


def _guarded(path: str) -> bool:
    return (path == "/api" or path.startswith("/api/")) and path not in _OPEN
