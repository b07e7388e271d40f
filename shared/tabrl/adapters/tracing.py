"""OpenTelemetry traces, where an endpoint is set: one trace a task, whoever works on it.

The trace's id follows from the task's, so nothing has to be handed on with messages, which may be
lost, repeated or meant for another job.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, Tracer

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
Attribute = str | int | float | bool
_root_of: ContextVar[str | None] = ContextVar("tabrl_root_of", default=None)


def task_span_context(task_id: str) -> SpanContext:
    """The span that all others of a task are below."""
    digest = hashlib.sha256(task_id.encode()).digest()
    return SpanContext(
        trace_id=int.from_bytes(digest[:16]),
        span_id=int.from_bytes(digest[16:24]),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


class TaskIds(IdGenerator):
    """Random ids, but for the first span of a task."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        """The task's own where its first span begins."""
        task_id = _root_of.get()
        return self._random.generate_trace_id() if task_id is None else (
            task_span_context(task_id).trace_id
        )  # fmt: skip

    def generate_span_id(self) -> int:
        """The task's own where its first span begins."""
        task_id = _root_of.get()
        return self._random.generate_span_id() if task_id is None else (
            task_span_context(task_id).span_id
        )  # fmt: skip


@dataclass(frozen=True)
class EnteredSpan:
    """A span that spans of this thread are below until it is left."""

    span: Span
    token: Token[contexts.Context]

    def leave(self) -> None:
        """End it."""
        contexts.detach(self.token)
        self.span.end()


class Tracing:
    """What services trace; without an endpoint nothing is kept."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def posted(self, task_id: str, **attributes: Attribute) -> Iterator[None]:
        """The first span of a task's trace, around what makes and sends it."""
        token = _root_of.set(task_id)
        try:
            span = self._tracer.start_span(
                "post", context=contexts.Context(), attributes={"task": task_id, **attributes}
            )
        finally:
            _root_of.reset(token)
        with trace.use_span(span, end_on_exit=True, record_exception=False):
            yield

    @contextmanager
    def of_task(self, task_id: str, name: str, **attributes: Attribute) -> Iterator[None]:
        """A span of a task's trace around the block."""
        entered = self.enter(task_id, name, **attributes)
        try:
            yield
        finally:
            entered.leave()

    def enter(self, task_id: str, name: str, **attributes: Attribute) -> EnteredSpan:
        """Begin a span of a task's trace that others of this thread are below."""
        span = self._tracer.start_span(
            name, context=_below(task_id), attributes={"task": task_id, **attributes}
        )
        return EnteredSpan(span, contexts.attach(trace.set_span_in_context(span)))

    def waited(self, task_id: str, name: str, since: datetime, **attributes: Attribute) -> None:
        """A span of a task's trace that began in the past and ends now."""
        self._tracer.start_span(
            name,
            context=_below(task_id),
            start_time=int(since.timestamp() * 1e9),
            attributes={"task": task_id, **attributes},
        ).end()

    def begin(self, name: str, **attributes: Attribute) -> Span:
        """A span below that of this thread; the caller ends it."""
        return self._tracer.start_span(name, attributes=attributes)

    @contextmanager
    def within(self, name: str, **attributes: Attribute) -> Iterator[None]:
        """A span below that of this thread, around the block."""
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False
        ):
            yield


def _below(task_id: str) -> contexts.Context:
    parent = NonRecordingSpan(task_span_context(task_id))
    return trace.set_span_in_context(parent, contexts.Context())


def make_tracing(service: str) -> Tracing:
    """Tracing that exports over OTLP/HTTP where an endpoint is set in the environment."""
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return Tracing(trace.NoOpTracer())
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    resource = Resource.create(
        {"service.name": f"tabrl-{service}", "service.version": version("tabrl")}
    )
    provider = TracerProvider(resource=resource, id_generator=TaskIds())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider.get_tracer("tabrl"))
