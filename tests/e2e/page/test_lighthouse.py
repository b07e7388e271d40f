"""Lighthouse on the built page, as the stack serves it.

Accessibility and best practices are judged whole, performance by what does not depend on the
machine: a score of wall times is for docs/benchmarks.md.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stack import ARGUMENTS, Chromium, Site
from tests.support.missing import missing

pytestmark = [pytest.mark.needs_chromium, pytest.mark.stack, pytest.mark.timeout(600)]

FOLDER = Path(__file__).parents[1] / "lighthouse"
LIGHTHOUSE = FOLDER / "node_modules/lighthouse/cli/index.js"
# It waits for no idle processor: a robot that moves leaves none, and a wait that ends by its limit
# leaves Lighthouse asking a tab that it has closed, which ends it.
CONFIG = FOLDER / "config.json"
OWN_NODE = Path(__file__).parents[3] / ".tools/node/path"  # where the system has none
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
def report(
    site: Site, chromium: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What Lighthouse says of the start, on a desktop, in a browser that it starts itself."""
    node = shutil.which("node") or shutil.which("node", path=OWN_NODE)
    if node is None or not LIGHTHOUSE.is_file():
        missing("Lighthouse", "scripts/web lighthouse")
    path = tmp_path_factory.mktemp("lighthouse") / "report.json"
    command = [node, str(LIGHTHOUSE), f"{site.url}/?quality=low", "--quiet"]
    command += ["--output=json", f"--output-path={path}", f"--config-path={CONFIG}"]
    command += [f"--chrome-flags={' '.join(['--headless=new', *ARGUMENTS])}"]
    ended = subprocess.run(
        command,
        env={**os.environ, "CHROME_PATH": chromium.path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    said: dict[str, Any] = json.loads(path.read_text("utf-8"))
    assert "runtimeError" not in said, said["runtimeError"]
    return said


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
