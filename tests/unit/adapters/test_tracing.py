"""A task's spans are one trace, whoever makes them; without an endpoint there are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.observed import TracedModels, TraceObserver
from tabrl.adapters.tracing import TaskIds, Tracing, make_tracing, task_span_context
from tabrl.contracts.events import StageEvent
from tabrl.domain.jobs import JobKind
from tests.support.factories import training
from tests.twins import MemoryDatabase, MemoryJobRepository, MemoryModelRepository


class Kept:
    """Spans of a process that are kept."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(id_generator=TaskIds())
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracing = Tracing(provider.get_tracer("test"))

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        """By name."""
        return {span.name: span for span in self.exporter.get_finished_spans()}


def test_spans_of_two_processes_hang_below_the_first_of_the_task() -> None:
    api, trainer = Kept(), Kept()
    clock = SystemClock()
    jobs, models = _stored(clock)
    job = jobs.claim(_job_id(jobs), 15.0, 3)
    assert job is not None
    with api.tracing.posted(job.task_id, job=job.id):
        pass
    observer = TraceObserver(trainer.tracing, job)
    observer.event(StageEvent(stage="search", elapsed_s=0.0))
    observer.event(StageEvent(stage="ppo", elapsed_s=1.0))
    assert job.model_id is not None
    TracedModels(models, trainer.tracing).publish(
        job.model_id, fence=job.fence, params_key="k", params_sha256="0" * 64, step=1
    )
    observer.end(None, RuntimeError("SECRET"))

    post, spans = api.spans["post"], trainer.spans
    assert set(spans) == {"queue", "train", "search", "ppo", "publish"}
    expected = task_span_context(job.task_id)
    assert post.context is not None
    assert (post.context.trace_id, post.context.span_id) == (expected.trace_id, expected.span_id)
    assert {span.context.trace_id for span in spans.values() if span.context} == {expected.trace_id}
    for name in ("queue", "train"):
        assert _parent(spans[name]) == expected.span_id
    for name in ("search", "ppo", "publish"):
        assert spans["train"].context is not None
        assert _parent(spans[name]) == spans["train"].context.span_id
    assert spans["train"].status.status_code is StatusCode.ERROR
    assert not any("SECRET" in span.to_json() for span in spans.values())


def test_waiting_is_as_long_as_it_was() -> None:
    kept = Kept()
    kept.tracing.waited("tsk_a", "queue", datetime.now(UTC) - timedelta(seconds=5))
    span = kept.spans["queue"]
    assert span.start_time is not None
    assert span.end_time is not None
    assert 5.0 <= (span.end_time - span.start_time) / 1e9 < 8.0


def test_without_an_endpoint_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    assert not make_tracing("api").enter("tsk_a", "write").span.is_recording()


def _parent(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def _stored(clock: SystemClock) -> tuple[MemoryJobRepository, MemoryModelRepository]:
    database = MemoryDatabase(clock)
    jobs = MemoryJobRepository(database)
    job, model = training(clock.now())
    jobs.create_training([job], [model])
    return jobs, MemoryModelRepository(database)


def _job_id(jobs: MemoryJobRepository) -> str:
    return jobs.list(kind=JobKind.TRAIN)[0].id
