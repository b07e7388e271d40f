"""A dashboard as data: panels with queries, and what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["lines", "number"]


@dataclass(frozen=True)
class Query:
    """PromQL, and how its series are named: text with `{{label}}` in it."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """A question that is answered at a glance; `unit` is one of Grafana's."""

    title: str
    why: str
    unit: str
    queries: tuple[Query, ...]
    kind: Kind = "lines"


@dataclass(frozen=True)
class Dashboard:
    """Panels about one thing; `uid` is part of its address."""

    uid: str
    title: str
    what: str
    panels: tuple[Panel, ...]


def lines(title: str, why: str, unit: str, *queries: tuple[str, str]) -> Panel:
    """Series over time."""
    return Panel(title, why, unit, tuple(Query(*query) for query in queries))


def number(title: str, why: str, unit: str, expr: str, legend: str = "") -> Panel:
    """What holds now, as a figure for each series."""
    return Panel(title, why, unit, (Query(expr, legend),), "number")
