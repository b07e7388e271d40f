"""From post to publish over OTLP: two processes' spans in one trace at a collector."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client import CollectorRegistry

from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.observed import ObservedHandler, TracedModels, TraceObserver
from tabrl.adapters.tracing import Tracing, make_tracing, task_span_context
from tabrl.adapters.worker import DeliveryOutcome, JobRunner
from tabrl.contracts.events import StageEvent
from tabrl.domain.jobs import Job
from tabrl.ports import JobControl, JobHandler
from tests.support.gateway import Gateway

PROMPT = "stand like a canary-7f3a"


@dataclass
class Collector:
    """What was exported, by the name of the service: its spans."""

    port: int = 0
    spans: list[tuple[str, str, bytes, bytes, bytes]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        """Keep an export."""
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            named = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    ids = (span.trace_id, span.span_id, span.parent_span_id)
                    self.spans.append((named["service.name"], span.name, *ids))

    def wait_for(self, names: set[str]) -> None:
        """Until there are spans of all these names."""
        end = time.monotonic() + 60.0
        while not names <= {name for _, name, *_ in self.spans}:
            assert time.monotonic() < end, self.spans
            time.sleep(0.1)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that takes OTLP over HTTP."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{running.port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield running


def worked_on(gateway: Gateway, job_id: str, handler: JobHandler, tracing: Tracing) -> None:
    """A worker with this tracing does the job."""
    context = gateway.context
    runner = JobRunner(
        context.jobs.get(job_id).kind,
        ObservedHandler(handler, [partial(TraceObserver, tracing)]),
        jobs=context.jobs,
        bus=context.bus,
        metrics=WorkerMetrics(CollectorRegistry()),
        settings=context.settings,
    )
    assert runner.run() is DeliveryOutcome.FINISHED


def test_a_task_is_one_trace_from_post_to_publish(collector: Collector, tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, tracing=make_tracing("api"))
    trainer, writer = make_tracing("trainer"), make_tracing("reward-worker")
    models = TracedModels(gateway.context.models, trainer)

    def write(job: Job, control: JobControl) -> None:
        control.publish(StageEvent(stage="writing", elapsed_s=0.0))

    def train(job: Job, control: JobControl) -> None:
        control.publish(StageEvent(stage="ppo", elapsed_s=0.0))
        assert job.model_id is not None
        models.publish(
            job.model_id, fence=control.fence, params_key="p", params_sha256="0" * 64, step=1
        )

    posted = gateway.http.post("/api/tasks", json={"robot": "toy", "prompt": PROMPT}).json()
    worked_on(gateway, posted["job_id"], write, writer)
    ready = gateway.ready_task()
    started = gateway.http.post(f"/api/tasks/{ready}/train", json={"candidate": 1}).json()
    worked_on(gateway, started["jobs"][0]["id"], train, trainer)

    collector.wait_for({"post", "queue", "write", "writing", "train", "ppo", "publish"})
    for task_id, names in (
        (posted["id"], {"post", "queue", "write", "writing"}),
        (ready, {"post", "queue", "train", "ppo", "publish"}),
    ):
        root = task_span_context(task_id)
        trace_id = root.trace_id.to_bytes(16)
        found = {name: (span, above) for _, name, own, span, above in collector.spans
                 if own == trace_id}  # fmt: skip
        assert names <= set(found)
        assert found["queue"][1] == root.span_id.to_bytes(8)
    services = {name: service for service, name, *_ in collector.spans}
    assert (services["write"], services["train"]) == ("tabrl-reward-worker", "tabrl-trainer")
    assert not any(b"canary" in body for body in collector.bodies)
