"""A server of plain files, as anybody has one."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tabrl_local.ports import pick_free

START_LIMIT_S = 60.0


@dataclass(frozen=True)
class FileServer:
    """`python -m http.server` at an address, and the folder that it serves."""

    address: str
    root: Path


@contextmanager
def file_server(root: Path) -> Iterator[FileServer]:
    """Serves a folder while the block runs."""
    port = pick_free("127.0.0.1", 24_400, set())
    address = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    process = subprocess.Popen([*command, "--directory", str(root)], stderr=subprocess.DEVNULL)
    try:
        _await(address)
        yield FileServer(address, root)
    finally:
        process.terminate()
        process.wait()


def _await(address: str) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        with suppress(httpx.HTTPError):
            httpx.get(address, trust_env=False)
            return
        time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")
