"""Lighthouse, which `scripts/web lighthouse` installs, in a browser that it starts itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.e2e.stack import ARGUMENTS

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests/e2e/lighthouse"
LIGHTHOUSE = FOLDER / "node_modules/lighthouse/cli/index.js"
# It waits for no idle processor: a robot that moves leaves none, and a wait that ends by its limit
# leaves Lighthouse asking a tab that it has closed, which ends it.
SIMULATED = f"--config-path={FOLDER / 'config.json'}"
OWN_NODE = ROOT / ".tools/node/path"  # where the system has none


class NotInstalledError(Exception):
    """Lighthouse or its Node is missing: `scripts/web lighthouse` installs them."""


class NoReportError(Exception):
    """Lighthouse ended before it had judged the page; the message is what it said."""


def audit(address: str, chromium: str, *options: str) -> dict[str, Any]:
    """Lighthouse's report on an address, with a Chromium at a path and further options.

    Raises NotInstalledError, or NoReportError.
    """
    node = shutil.which("node") or shutil.which("node", path=OWN_NODE)
    if node is None or not LIGHTHOUSE.is_file():
        raise NotInstalledError("no Lighthouse: scripts/web lighthouse")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [node, str(LIGHTHOUSE), address, "--quiet", *options]
        command += ["--output=json", f"--output-path={path}"]
        command += [f"--chrome-flags={' '.join(['--headless=new', *ARGUMENTS])}"]
        environment = {**os.environ, "CHROME_PATH": chromium}
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        if ended.returncode != 0 or not path.is_file():
            raise NoReportError(ended.stderr.strip())
        said: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if "runtimeError" in said:
        raise NoReportError(said["runtimeError"]["message"])
    return said
