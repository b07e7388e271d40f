"""The HTTP client behind every command."""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
from httpx_sse import SSEError, connect_sse
from pydantic import BaseModel, ValidationError

from tabrl.contracts.events import EVENT, Event
from tabrl.contracts.ground import Ground
from tabrl.contracts.tiers import Tier
from tabrl_local.api_schemas import (
    FINISHED,
    Jobs,
    JobView,
    ModelView,
    Robots,
    RobotView,
    RunQuote,
    TaskView,
    Ticket,
)
from tabrl_local.errors import CommandError
from tabrl_local.training.length import UNSAID, Length

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
RECONNECT_LIMIT_S = 60.0
EXPORT_S = 90.0
TITLE_LIMIT = 300
V = TypeVar("V", bound=BaseModel)


class Api:
    """Calls of the TabRL api at one address; every failure is a CommandError."""

    def __init__(self, url: str, *, timeout_s: float = 20.0, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CommandError(
                f"{url!r} is no address", hint="write it like http://127.0.0.1:8400", code="bad_url"
            )
        self.url = url.rstrip("/")
        # A proxy from the environment is for the outside, not for this machine.
        self.local = parts.hostname in LOOPBACK
        self._token = os.environ.get("TABRL_TOKEN", "") if token is None else token
        self._http = httpx.Client(
            base_url=self.url,
            timeout=timeout_s,
            trust_env=not self.local,
            follow_redirects=False,
            auth=self._authorize,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def _authorize(self, request: httpx.Request) -> httpx.Request:
        """The token goes to the api, and to no other address that it may name."""
        own = httpx.URL(self.url)
        there = (request.url.scheme, request.url.host, request.url.port)
        if self._token and there == (own.scheme, own.host, own.port):
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def robots(self) -> list[RobotView]:
        """All robots."""
        return _read(Robots, {"robots": self._json("GET", "/api/robots")}).robots

    def create_task(
        self, robot: str, prompt: str, after: JobView | None = None, tier: Tier | None = None
    ) -> TaskView:
        """Write a task; its candidates follow.

        Args:
            robot: of the task.
            prompt: what it is to do.
            after: a training that it goes on from.
            tier: that it will be trained with, for a robot that can learn in no other.
        """
        body: dict[str, object] = {"robot": robot, "prompt": prompt}
        if tier is not None:
            body["tier"] = tier
        if after is not None:
            body["parent"] = {
                "task_id": after.task_id,
                "candidate": after.candidate,
                "job_id": after.id,
            }
        return _read(TaskView, self._json("POST", "/api/tasks", body))

    def quote(self, robot: str, trainings: int, length: Length = UNSAID) -> RunQuote:
        """What a sentence for a robot would take."""
        path = f"/api/robots/{_segment(robot)}/quote"
        query = {"trainings": str(trainings)} | {n: str(v) for n, v in length.asked.items()}
        return _read(RunQuote, self._json("GET", path, query=query))

    def task(self, task_id: str) -> TaskView:
        """A task as it is now."""
        return _read(TaskView, self._json("GET", f"/api/tasks/{_segment(task_id)}"))

    def train(
        self,
        task_id: str,
        candidate: int,
        priority: str = "normal",
        length: Length = UNSAID,
        ground: Ground | None = None,
    ) -> JobView:
        """Start the training of one candidate, on another ground than it was written for."""
        path = f"/api/tasks/{_segment(task_id)}/train"
        body: dict[str, object] = {"candidate": candidate} | length.asked
        body |= {} if priority == "normal" else {"priority": priority}
        body |= {} if ground is None else {"ground": ground.model_dump(mode="json")}
        jobs = _read(Jobs, self._json("POST", path, body)).jobs
        if not jobs:
            raise CommandError("the api started no job", code="unexpected_answer")
        return jobs[0]

    def jobs(self, kind: str | None = None, state: str | None = None) -> list[JobView]:
        """Jobs, newest first."""
        query = {name: value for name, value in (("kind", kind), ("state", state)) if value}
        return _read(Jobs, self._json("GET", "/api/jobs", query=query)).jobs

    def job(self, job_id: str) -> JobView:
        """A job as it is now."""
        return _read(JobView, self._json("GET", f"/api/jobs/{_segment(job_id)}"))

    def cancel(self, job_id: str) -> JobView:
        """Ask a job to stop."""
        return _read(JobView, self._json("POST", f"/api/jobs/{_segment(job_id)}/cancel", {}))

    def keep_going(self, job_id: str, length: Length = UNSAID) -> JobView:
        """Start a training that goes on from another one's result."""
        path = f"/api/jobs/{_segment(job_id)}/keep-going"
        return _read(JobView, self._json("POST", path, length.asked))

    def star(self, task_id: str, starred: bool) -> TaskView:
        """Keep a task however old it gets, or no longer."""
        path = f"/api/tasks/{_segment(task_id)}"
        return _read(TaskView, self._json("PATCH", path, {"starred": starred}))

    def delete(self, resource_id: str) -> None:
        """Delete a task, or a model with its training."""
        kind = "models" if resource_id.startswith("mdl_") else "tasks"
        self._request("DELETE", f"/api/{kind}/{_segment(resource_id)}")

    def model(self, model_id: str) -> ModelView:
        """A model as it is now."""
        return _read(ModelView, self._json("GET", f"/api/models/{_segment(model_id)}"))

    def socket_url(self, model: ModelView) -> str:
        """Where to drive a model; with a ticket, good once and at once, where we have a token."""
        if not self._token:
            return model.inference_url
        path = f"/api/models/{_segment(model.id)}/ticket"
        ticket = _read(Ticket, self._json("POST", path)).ticket
        return f"{model.inference_url}?ticket={ticket}"

    def params(self, model_id: str) -> bytes:
        """A model's parameters as safetensors."""
        return self._request("GET", f"/api/models/{_segment(model_id)}/params").content

    def export(self, model_id: str, name: str) -> bytes:
        """A model in a format to take away, as a zip."""
        path = f"/api/models/{_segment(model_id)}/exports/{_segment(name)}"
        return self._request("GET", path, timeout_s=EXPORT_S).content

    def fetch(self, address: str) -> bytes:
        """Bytes at an address that the api named; relative ones are the api's own."""
        return self._request("GET", urljoin(self.url + "/", address)).content

    def events(self, job_id: str, on_gap: Callable[[str], None]) -> Iterator[Event]:
        """A job's events from its first to the one that ends it, across lost connections.

        `on_gap` is called with a sentence when the connection is lost. Events of kinds this client
        does not know are left out.
        """
        last_id: str | None = None
        lost_at: float | None = None
        while True:
            try:
                for event_id, event in self._stream(job_id, last_id):
                    last_id, lost_at = event_id or last_id, None
                    if event is None:
                        continue
                    yield event
                    if event.type == "state" and event.state in FINISHED:
                        return
                reason = "the stream ended"
            except (httpx.TransportError, SSEError) as error:
                reason = str(error) or type(error).__name__
            # Streams may end without the last event, so the job itself is asked, too.
            with contextlib.suppress(CommandError):
                if self.job(job_id).state in FINISHED:
                    return
            if lost_at is None:
                lost_at = time.monotonic()
                on_gap(f"connection lost ({reason}), trying again")
            elif time.monotonic() - lost_at > RECONNECT_LIMIT_S:
                raise CommandError(
                    f"{self.url} does not answer any more: {reason}",
                    hint=f"the job goes on; look again with `tabrl jobs` ({job_id})",
                    code="unreachable",
                )
            time.sleep(0.5)

    def _stream(self, job_id: str, last_id: str | None) -> Iterator[tuple[str, Event | None]]:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        path = f"/api/jobs/{_segment(job_id)}/events"
        timeout = httpx.Timeout(10.0, read=60.0)
        with connect_sse(self._http, "GET", path, headers=headers, timeout=timeout) as source:
            if source.response.status_code >= 500:
                raise httpx.RemoteProtocolError(f"answers {source.response.status_code}")
            if source.response.status_code >= 400:
                source.response.read()
                raise _problem(source.response)
            for message in source.iter_sse():
                if not message.data:
                    continue
                try:
                    event = EVENT.validate_json(message.data)
                except ValidationError:
                    event = None
                yield message.id, event

    def _json(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> object:
        """Any JSON; the schemas check what it is."""
        reply = self._request(method, path, body, query)
        try:
            return json.loads(reply.content)
        except ValueError as error:
            raise _not_tabrl(self.url) from error

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        try:
            reply = self._http.request(
                method, path, json=body, params=dict(query or {}), headers=headers,
                timeout=timeout_s or self._http.timeout,
            )  # fmt: skip
        except httpx.ConnectError as error:
            raise CommandError(
                f"nothing answers at {self.url}",
                hint="start it with `tabrl up`, or name another address with --url or --port",
                code="unreachable",
            ) from error
        except httpx.TimeoutException as error:
            raise CommandError(f"{self.url} does not answer in time", code="timeout") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CommandError(f"{self.url}: {error}", code="unreachable") from error
        if reply.status_code >= 400:
            raise _problem(reply)
        if reply.is_redirect:
            raise _not_tabrl(self.url)
        return reply


def _segment(text: str) -> str:
    """An id as one segment of a path. Raises CommandError for what can be none."""
    if not text or len(text) > 100 or not all(c.isalnum() or c in "_-" for c in text):
        raise CommandError(f"{text[:40]!r} is no id", hint="ids look like job_…", code="bad_id")
    return text


def _problem(reply: httpx.Response) -> CommandError:
    try:
        document = json.loads(reply.content)
        text = str(document.get("detail") or document.get("title") or "")
        code = str(document.get("code") or "")
        hint = str(document.get("hint") or "")
    except (ValueError, AttributeError):
        text = code = hint = ""
    if reply.status_code == 401:
        hint = "set TABRL_TOKEN to a token of yours; `tabrl token create` makes one"
    if not text:
        return CommandError(f"the server answers {reply.status_code}", code="unexpected_answer")
    return CommandError(text[:TITLE_LIMIT], hint=hint[:TITLE_LIMIT], code=code or "problem")


def _read(view: type[V], document: object) -> V:
    try:
        return view.model_validate(document)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, e["loc"])) for e in error.errors()})[:5])
        raise CommandError(
            f"the answer is not what this client expects ({fields})",
            hint="client and server may differ in version",
            code="unexpected_answer",
        ) from error


def _not_tabrl(url: str) -> CommandError:
    return CommandError(
        f"what answers at {url} is not TabRL",
        hint="name another address with --url or --port",
        code="unexpected_answer",
    )
