"""The figures of a Lighthouse report that tell how quickly a page came, and their ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """What a figure is called, its unit, and with how many digits it is told."""

    words: str
    unit: str
    digits: int = 0

    def told(self, value: float | None) -> str:
        """A value with its unit."""
        return "none" if value is None else f"{value:.{self.digits}f} {self.unit}".strip()


SCORE = "performance"
FIGURES = {
    SCORE: Figure("performance, of 100", ""),
    "first-contentful-paint": Figure("first contentful paint", "ms"),
    "largest-contentful-paint": Figure("largest contentful paint", "ms"),
    "total-blocking-time": Figure("total blocking time", "ms"),
    "cumulative-layout-shift": Figure("cumulative layout shift", "", 3),
    "speed-index": Figure("speed index", "ms"),
}

Figures = Mapping[str, float | None]


def figures_of(report: Mapping[str, Any]) -> Figures:
    """The figures of a report by their Lighthouse names; None what it could not judge."""
    score = report["categories"][SCORE]["score"]
    audits = {name: report["audits"][name].get("numericValue") for name in FIGURES if name != SCORE}
    return {SCORE: None if score is None else 100 * score, **audits}


@dataclass(frozen=True)
class Range:
    """Of a figure over several runs."""

    least: float
    median: float
    most: float
    runs: int

    @classmethod
    def over(cls, values: Sequence[float | None]) -> Range | None:
        """Of the values that there are; None if there are none."""
        known = [value for value in values if value is not None]
        if not known:
            return None
        return cls(min(known), median(known), max(known), len(known))
