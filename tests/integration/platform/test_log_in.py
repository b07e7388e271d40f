"""The gateway as a process: what it refuses to start as, and whom it believes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tabrl_local.ports import pick_free

START_LIMIT_S = 120.0
PROXY, OTHER = "127.0.0.2", "127.0.0.1"  # a machine has many loopback addresses


def _environment(folder: Path, **settings: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if "TABRL_" not in name}
    own = {"DATA": str(folder), "REDIS_URL": f"unix://{folder}/none.sock", **settings}
    return {**inherited, **{f"TABRL_{name}": value for name, value in own.items()}}


@contextmanager
def _gateway(folder: Path, **settings: str) -> Iterator[str]:
    port = pick_free("127.0.0.1", 25_000, set())
    process = subprocess.Popen(
        [sys.executable, "-m", "tabrl_api"],
        env=_environment(folder, PORT=str(port), **settings),
    )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + START_LIMIT_S
        with httpx.Client(trust_env=False) as http:
            while time.monotonic() < end and process.poll() is None:
                with suppress(httpx.TransportError):
                    if http.get(f"{url}/healthz").status_code == 200:
                        break
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def test_another_address_without_tokens_is_refused_at_the_start(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tabrl_api"],
        env=_environment(tmp_path, HOST="0.0.0.0"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "TABRL_AUTH=none" in ended.stderr
    assert "tabrl token create" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_header_counts_from_the_proxy_alone(tmp_path: Path) -> None:
    def ask(url: str, address: str, forwarded_for: str) -> httpx.Response:
        headers = {"X-Forwarded-Email": "Ada@lab.example", "X-Forwarded-For": forwarded_for}
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(transport=transport, trust_env=False) as http:
            return http.get(f"{url}/api/me", headers=headers)

    with _gateway(tmp_path, AUTH="proxy", TRUSTED_PROXIES=PROXY) as url:
        assert ask(url, PROXY, "203.0.113.7").json()["owner"] == "ada@lab.example"
        for made_up in ("203.0.113.7", PROXY):
            assert ask(url, OTHER, made_up).status_code == 401
