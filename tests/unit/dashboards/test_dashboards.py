"""Dashboards, rules and the documented table speak of the metrics that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from deploy.dashboards.__main__ import FOLDER
from deploy.dashboards.contents import DASHBOARDS
from deploy.dashboards.grafana import DATASOURCE, grafana_json
from deploy.dashboards.model import Dashboard
from tests.support.metrics import declared

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "prometheus" / "rules"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
_NAME = re.compile(r"\btabrl_[a-z0-9_]+")
_RECORDED = re.compile(r"\btabrl:[a-z0-9_:]+")
EXPRESSIONS = [
    query.expr for dashboard in DASHBOARDS for panel in dashboard.panels for query in panel.queries
]


def rules(name: str) -> list[dict[str, object]]:
    groups = yaml.safe_load((RULES / f"{name}.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_the_six_dashboards_are_there() -> None:
    assert [dashboard.uid.removeprefix("tabrl-") for dashboard in DASHBOARDS] == [
        "service", "jobs", "training", "rewards", "inference", "parts",
    ]  # fmt: skip
    assert {path.stem for path in FOLDER.glob("*.json")} == {one.uid for one in DASHBOARDS}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_what_grafana_gets_is_what_is_declared(dashboard: Dashboard) -> None:
    text = grafana_json(dashboard)
    assert (FOLDER / f"{dashboard.uid}.json").read_text() == text, "run: make dashboards"
    made = json.loads(text)
    for panel in made["panels"]:
        assert panel["datasource"]["uid"] == DATASOURCE
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in made["panels"]]
    assert len(set(places)) == len(places)


def test_the_data_source_that_panels_ask_is_provisioned() -> None:
    path = ROOT / "deploy/grafana/provisioning/datasources/tabrl.yml"
    (source,) = yaml.safe_load(path.read_text())["datasources"]
    assert (source["uid"], source["type"]) == (DATASOURCE, "prometheus")


def test_only_metrics_that_exist_are_asked_for() -> None:
    series = {name for one in declared() for name in one.series}
    asked = [*EXPRESSIONS, *(str(rule["expr"]) for rule in rules("alerts") + rules("recording"))]
    assert {name for expr in asked for name in _NAME.findall(expr)} - series == set()
    recorded = {str(rule["record"]) for rule in rules("recording")}
    assert {name for expr in asked for name in _RECORDED.findall(expr)} - recorded == set()


def test_every_metric_of_ours_is_looked_at() -> None:
    asked = [*EXPRESSIONS, *(str(rule["expr"]) for rule in rules("recording"))]
    seen = {name for expr in asked for name in _NAME.findall(expr)}
    unseen = [one.name for one in declared() if not seen & set(one.series)]
    assert unseen == []


def test_what_replicas_share_is_never_added_up() -> None:
    shared = [one.name for one in declared() if one.shared]
    for expr in [*EXPRESSIONS, *(str(rule["expr"]) for rule in rules("alerts"))]:
        for name in shared:
            if name in expr:
                assert re.search(rf"(max|min)( by \([a-z, ]+\))? ?\({name}", expr), expr


def test_the_table_of_metrics_is_complete() -> None:
    rows = [line for line in OPERATIONS.splitlines() if line.startswith("| `tabrl_")]
    assert rows == [one.row for one in declared()]


def test_the_table_of_alerts_is_complete() -> None:
    rows = [line for line in OPERATIONS.splitlines() if line.startswith("| `Tabrl")]
    assert [row.split("`")[1] for row in rows] == [str(rule["alert"]) for rule in rules("alerts")]


def test_every_dashboard_has_its_picture() -> None:
    for dashboard in DASHBOARDS:
        assert f"](images/{dashboard.uid}.png)" in OPERATIONS
        assert (ROOT / "docs/images" / f"{dashboard.uid}.png").is_file()
