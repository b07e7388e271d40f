"""Asking a Prometheus over HTTP."""

from __future__ import annotations

import json
import math
import re
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Series:
    """A series of finite values: its labels, seconds and values."""

    labels: Mapping[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]

    def named(self, legend: str) -> str:
        """The legend with the labels' values in their places."""
        return _LABEL.sub(lambda match: self.labels.get(match[1], ""), legend).strip()


@dataclass(frozen=True)
class Prometheus:
    """A server at an address such as `http://127.0.0.1:9090`."""

    url: str

    def query_range(self, expr: str, begin: float, end: float, step_s: float) -> list[Series]:
        """What an expression was at every step; values that are no number are left out.

        Args:
            expr: PromQL.
            begin: seconds since the epoch.
            end: seconds since the epoch.
            step_s: between two values.
        """
        values = {"query": expr, "start": begin, "end": end, "step": step_s}
        found = self.get("/api/v1/query_range", values)["result"]
        return [one for one in map(_series, found) if one.values]

    def get(self, path: str, values: Mapping[str, object]) -> dict[str, list[dict[str, object]]]:
        """The `data` of an answer. Raises `OSError` if there is none."""
        address = f"{self.url}{path}?{urllib.parse.urlencode(values)}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=30.0) as answer:
            data: dict[str, list[dict[str, object]]] = json.load(answer)["data"]
        return data


def _series(found: Mapping[str, object]) -> Series:
    labels, points = found["metric"], found["values"]
    assert isinstance(labels, dict)
    assert isinstance(points, list)
    finite = [(float(when), float(value)) for when, value in points if math.isfinite(float(value))]
    return Series(labels, tuple(when for when, _ in finite), tuple(value for _, value in finite))
