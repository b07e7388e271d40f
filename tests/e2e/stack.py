"""The running stack and the browser that tests drive."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserType

from tabrl_local.launcher import STATE_FILE
from tabrl_local.ports import pick_free

START_LIMIT_S = 600.0  # units and services compile meanwhile
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


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """The whole stack on a data directory in a folder, with a log of every tick, while the block
    runs. Raises TimeoutError, or RuntimeError if the launcher ends."""
    port = pick_free("127.0.0.1", 23_000, set())
    site = Site(f"http://127.0.0.1:{port}", folder / "data", folder / "ticks.jsonl")
    process = subprocess.Popen(
        [sys.executable, "-m", "tabrl_local", "up", "--port", str(port), "--data", str(site.data)],
        env={**os.environ, "TABRL_TICK_LOG": str(site.tick_log)},
    )
    try:
        end = time.monotonic() + START_LIMIT_S
        while not (site.data / STATE_FILE).exists():
            if process.poll() is not None:
                raise RuntimeError("the launcher ended")
            if time.monotonic() > end:
                raise TimeoutError("the stack did not start")
            time.sleep(0.2)
        yield site
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Chromium:
    """Starts Debian's browser."""

    kind: BrowserType
    path: str

    def launch(self, *extra: str) -> Browser:
        """A browser with further switches."""
        return self.kind.launch(executable_path=self.path, args=[*ARGUMENTS, *extra])
