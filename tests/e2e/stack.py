"""The running stack and the browser that tests drive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserType

from tabrl_local.launcher import STATE_FILE

RESULTS = Path(__file__).parents[2] / "test-results"
# Software rendering, and nothing that calls out of this machine.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Site:
    """A running `tabrl up`."""

    url: str
    data: Path
    tick_log: Path

    def pid(self, service: str) -> int:
        """Process id of a service as it runs now."""
        children: dict[str, int] = json.loads((self.data / STATE_FILE).read_text())["children"]
        return children[service]


@dataclass(frozen=True)
class Chromium:
    """Starts Debian's browser."""

    kind: BrowserType
    path: str

    def launch(self, *extra: str) -> Browser:
        """A browser with further switches."""
        return self.kind.launch(executable_path=self.path, args=[*ARGUMENTS, *extra])
