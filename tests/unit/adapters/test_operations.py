"""Probes and metrics of services without HTTP of their own, and what a log may say."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from tabrl.adapters.logs import where
from tabrl.adapters.metrics import WorkerMetrics
from tabrl.adapters.operations import Startup, serve_operations
from tabrl.domain.errors import Unavailable


class Probe:
    """A served worker whose readiness the test decides."""

    def __init__(self) -> None:
        self.error: Unavailable | None = None
        self.startup = Startup()
        self.startup.finish()
        self.registry = CollectorRegistry()
        WorkerMetrics(self.registry).jobs.labels("train", "finished").inc()
        self.server = serve_operations("127.0.0.1", 0, self.registry, self._ready)

    def _ready(self) -> None:
        self.startup.raise_unless_done()
        if self.error is not None:
            raise self.error

    def get(self, path: str) -> tuple[int, str]:
        """Status and text."""
        url = f"http://127.0.0.1:{self.server.server_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe()
    yield probe
    probe.server.shutdown()
    probe.server.server_close()


def test_probes(probe: Probe) -> None:
    assert probe.get("/healthz") == (200, "ok\n")
    assert probe.get("/readyz") == (200, "ok\n")
    assert probe.get("/else") == (404, "not_found\n")
    probe.error = Unavailable("The queue failed.", code="queue_unavailable")
    assert probe.get("/readyz") == (503, "queue_unavailable\n")
    assert probe.get("/healthz")[0] == 200


def test_a_process_that_is_starting_says_how_far_it_is(probe: Probe) -> None:
    probe.startup = Startup()

    def seen() -> tuple[tuple[int, str], tuple[int, str]]:
        """What `/readyz` and `/healthz` answer."""
        return probe.get("/readyz"), probe.get("/healthz")

    assert seen() == ((503, "starting: loading\n"), (200, "starting: loading\n"))
    probe.startup.compiling(2, 7)
    text = "starting: compiling 2 of 7\n"
    assert seen() == ((503, text), (200, text))
    probe.startup.finish()
    assert seen() == ((200, "ok\n"), (200, "ok\n"))


def test_metrics(probe: Probe) -> None:
    status, text = probe.get("/metrics")
    assert status == 200
    assert 'tabrl_worker_jobs_total{kind="train",outcome="finished"} 1.0' in text


def test_where_tells_the_place_but_not_the_message() -> None:
    try:
        compile("SECRET sentence", "<generated>", "exec")
    except SyntaxError as error:
        told = where(error)
    assert told.startswith("SyntaxError at ")
    assert "test_operations.py" in told
    assert "SECRET" not in told
