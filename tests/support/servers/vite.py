"""The page's development server, as `npm run dev` starts it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tabrl_local.ports import pick_free
from tests.support.missing import missing

_ROOT = Path(__file__).parents[3]
_OWN_NODE = _ROOT / ".tools/node/path"  # where the system has none
START_LIMIT_S = 120.0


@contextmanager
def npm_run_dev(api: str, log: Path) -> Iterator[str]:
    """Its address while the block runs, with an api behind it; what it says goes to `log`.

    Raises RuntimeError if it ends, TimeoutError if it does not start.
    """
    path = f"{os.environ['PATH']}:{_OWN_NODE}"
    npm = shutil.which("npm", path=path)
    if npm is None:
        missing("Node", "scripts/web build")
    port = pick_free("127.0.0.1", 24_700, set())
    url = f"http://localhost:{port}"
    command = [npm, "run", "dev", "--", "--port", str(port), "--strictPort"]
    with log.open("w") as said:
        process = subprocess.Popen(
            command, cwd=_ROOT / "web", stdout=said, stderr=said, start_new_session=True,
            env={**os.environ, "PATH": path, "TABRL_API": api},
        )  # fmt: skip
        try:
            end = time.monotonic() + START_LIMIT_S
            while not _answers(url):
                if process.poll() is not None:
                    raise RuntimeError(f"npm run dev ended: {log.read_text()}")
                if time.monotonic() > end:
                    raise TimeoutError(f"npm run dev did not start: {log.read_text()}")
                time.sleep(0.3)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # npm, its shell, and Vite
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=10.0).is_success
    except httpx.TransportError:
        return False
