"""The real services under the launcher: up, a death, down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tabrl_local.client import Api
from tabrl_local.launcher import STATE_FILE
from tabrl_local.ports import pick_free
from tabrl_local.stack import http_ready
from tests.support.processes import ended
from tests.support.robots import ROBOTS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SERVICES = {"redis", "api", "inference", "trainer", "reward_worker", "exporter"}


def until(condition: Callable[[], bool], limit_s: float = 60.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


class Launched:
    """A running `tabrl up`."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.url = data, f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "tabrl_local", "up", "--port", str(port)]
        self.process = subprocess.Popen([*command, "--data", str(data)])

    @property
    def ready(self) -> bool:
        """Whether every service has said so."""
        assert self.process.poll() is None, "the launcher ended"
        return (self.data / STATE_FILE).exists()

    def children(self) -> dict[str, int]:
        """Process ids by name."""
        found: dict[str, int] = json.loads((self.data / STATE_FILE).read_text())["children"]
        return found

    def family(self) -> list[psutil.Process]:
        """Every process below the launcher."""
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[Launched]:
    launched = Launched(tmp_path / "data", pick_free("127.0.0.1", 22_000, set()))
    try:
        yield launched
    finally:
        if launched.process.poll() is None:
            launched.process.kill()
        launched.process.wait()


def test_up_survives_a_death_and_leaves_nothing(launched: Launched) -> None:
    until(lambda: launched.ready, 400.0)
    first = launched.children()
    assert set(first) == SERVICES
    assert psutil.Process(first["trainer"]).nice() > psutil.Process(first["inference"]).nice()
    with Api(launched.url) as api:
        assert [robot.id for robot in api.robots()] == [robot.id for robot in ROBOTS]
        os.kill(first["api"], signal.SIGKILL)
        until(lambda: launched.children()["api"] != first["api"])
        until(lambda: http_ready(f"{launched.url}/readyz") is None)
        assert [robot.id for robot in api.robots()] == [robot.id for robot in ROBOTS]
    assert {n: p for n, p in launched.children().items() if n != "api"} == {
        n: p for n, p in first.items() if n != "api"
    }
    family = launched.family()
    assert len(family) >= len(SERVICES)
    launched.process.send_signal(signal.SIGTERM)
    assert launched.process.wait(60) == 0
    assert not [process for process in family if process.is_running()]


def test_killing_the_launcher_takes_every_process_along(launched: Launched) -> None:
    until(lambda: len(launched.family()) >= len(SERVICES), 120.0)  # some are not ready yet
    family = launched.family()
    launched.process.kill()
    launched.process.wait()
    until(lambda: all(ended(process) for process in family), 30.0)
