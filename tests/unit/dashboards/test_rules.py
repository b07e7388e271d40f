"""Prometheus's own tool on configuration, rules and alerts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from deploy.dashboards.contents import DASHBOARDS
from tests.support.servers.prometheus import CONFIGURATION, promtool

pytestmark = [pytest.mark.needs_prometheus, pytest.mark.timeout(600)]
TESTS = CONFIGURATION / "tests" / "alerts.test.yml"


def test_configuration_and_rules_are_sound() -> None:
    promtool("check", "config", str(CONFIGURATION / "prometheus.yml"))


def test_alerts_fire_in_their_faults_and_not_in_a_healthy_run() -> None:
    promtool("test", "rules", str(TESTS))


def test_every_alert_has_a_fault_that_it_is_tested_with() -> None:
    groups = yaml.safe_load((CONFIGURATION / "rules/alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    healthy, *faults = yaml.safe_load(TESTS.read_text())["tests"]
    assert {fault["name"].split(",")[0] for fault in faults} == alerts
    assert all(one["exp_samples"] == [] for one in healthy["promql_expr_test"])


def test_queries_of_panels_are_promql(tmp_path: Path) -> None:
    queries = [query.expr for one in DASHBOARDS for panel in one.panels for query in panel.queries]
    rules = [{"record": f"panel:{place}", "expr": expr} for place, expr in enumerate(queries)]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", str(path))
