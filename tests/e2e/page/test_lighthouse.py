"""Lighthouse on the built page, as the stack serves it.

Accessibility and best practices are judged whole, performance by what does not depend on the
machine: a score of wall times is for docs/benchmarks.md.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.page.lighthouse import SIMULATED, NotInstalledError, audit
from tests.e2e.stack import Chromium, Site
from tests.support.missing import missing

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]

LEAST = 0.95
SAME_EVERYWHERE = (
    "uses-text-compression",
    "render-blocking-resources",
    "uses-long-cache-ttl",
    "errors-in-console",
    "redirects",
    "font-display",
)


@pytest.fixture(scope="module")
def report(site: Site, chromium: Chromium) -> dict[str, Any]:
    """What Lighthouse says of the start, on a desktop, in a browser that it starts itself."""
    try:
        return audit(f"{site.url}/?quality=low", chromium.path, SIMULATED)
    except NotInstalledError:
        missing("Lighthouse", "scripts/web lighthouse")


def _short_of(report: dict[str, Any], category: str) -> dict[str, str]:
    """Audits of a category that are not passed, with what they say."""
    audits = (report["audits"][ref["id"]] for ref in report["categories"][category]["auditRefs"])
    return {
        audit["id"]: f"{audit['title']} {audit.get('displayValue', '')}"
        for audit in audits
        if audit["score"] is not None and audit["score"] < 1
    }


@pytest.mark.parametrize("category", ["accessibility", "best-practices"])
def test_it_scores_well(report: dict[str, Any], category: str) -> None:
    score = report["categories"][category]["score"]
    assert score >= LEAST, _short_of(report, category)


@pytest.mark.parametrize("audit", SAME_EVERYWHERE)
def test_nothing_slows_it_down_on_any_machine(report: dict[str, Any], audit: str) -> None:
    said = report["audits"][audit]
    assert said["score"] in (None, 1), (said["title"], said.get("displayValue"), said["details"])
