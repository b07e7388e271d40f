"""A real Prometheus watches the stack: every panel shows something, alerts know their faults."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from deploy.dashboards.contents import DASHBOARDS
from deploy.dashboards.model import Panel
from deploy.dashboards.pictures import draw
from deploy.dashboards.prometheus import Series
from tests.e2e.stack import Site
from tests.e2e.watched import ModelWorker, log_entries, pictures_folder, targets, until, use
from tests.support.servers.llm import llm_stub
from tests.support.servers.prometheus import PrometheusServer

pytestmark = [pytest.mark.needs_prometheus, pytest.mark.stack, pytest.mark.timeout(1800)]

CANARY = "zanzibarquux"
STEP_S = 5.0
# True on a machine that is busy with something else, which a run of tests may be.
ALERTS_OF_SPEED = {"TabrlApiSlow", "TabrlInferenceSlow", "TabrlPartSlow", "TabrlReloadsLate"}


class Watched:
    """A run of the stack that Prometheus has seen from its beginning to its end."""

    def __init__(self, server: PrometheusServer, begin: float) -> None:
        self.server = server
        self.begin, self.end = begin, time.time()

    def answers(self, panel: Panel) -> Sequence[tuple[str, Series]]:
        """A panel's series by their names."""
        return [
            (one.named(query.legend), one)
            for query in panel.queries
            for one in self.server.client.query_range(query.expr, self.begin, self.end, STEP_S)
        ]


@pytest.fixture(scope="module")
def watched(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with llm_stub() as stub:
        worker = ModelWorker.start(site, stub)
        server = PrometheusServer(tmp_path_factory.mktemp("prometheus"), targets(site, worker))
        try:
            server.start()
            begin = time.time()
            time.sleep(12.0)  # what is counted is the difference to a first look
            use(site, worker, f"walk backwards {CANARY}")
            time.sleep(15.0)
            yield Watched(server, begin)
        finally:
            server.stop()
            worker.stop()


def test_every_query_of_every_panel_returns_data(watched: Watched) -> None:
    empty = [
        f"{dashboard.title}, {panel.title}: {query.expr}"
        for dashboard in DASHBOARDS
        for panel in dashboard.panels
        for query in panel.queries
        if not watched.server.client.query_range(query.expr, watched.begin, watched.end, STEP_S)
    ]
    assert empty == []


def test_a_healthy_run_alerts_nobody(watched: Watched) -> None:
    assert set(watched.server.alerts()) - ALERTS_OF_SPEED == set()


def test_pictures_are_drawn_from_the_same_queries(watched: Watched, tmp_path: Path) -> None:
    folder = Path(pictures_folder() or tmp_path)
    for dashboard in DASHBOARDS:
        path = folder / f"{dashboard.uid}.png"
        draw(dashboard, watched.answers, path)
        assert path.stat().st_size > 10_000


def test_logs_are_json_with_ids_and_nobody_s_words(site: Site, watched: Watched) -> None:
    for service in ("api", "inference", "exporter", "trainer", "reward_worker"):
        entries, others = log_entries(site, service)
        assert entries, service
        assert CANARY not in str((entries, others))
        assert others == [] or service in ("trainer", "reward_worker"), service
        if service in ("trainer", "reward_worker"):
            assert any({"job_id", "task_id"} <= set(entry) for entry in entries), service


def test_alerts_know_a_process_and_a_part_that_hang(site: Site, watched: Watched) -> None:
    watched.server.be_impatient()
    _hangs(watched, site.pid("inference"), "TabrlProcessDown", "job", "tabrl-inference")
    _hangs(watched, site.pid("redis"), "TabrlPartDown", "part", "redis")


def _hangs(watched: Watched, pid: int, alert: str, label: str, value: str) -> None:
    """An alert fires while a process is stopped, and no longer."""

    def fires() -> bool:
        return watched.server.alerts().get(alert, {}).get(label) == value

    os.kill(pid, signal.SIGSTOP)
    try:
        until(fires, 180.0, alert)
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: not fires(), 180.0, f"the end of {alert}")
