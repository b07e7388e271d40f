"""What a robot dances on: the page's own services, without those that train, and a browser."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.chromium import chromium
from playwright.sync_api import Page

from tabrl.domain.ids import new_model_id
from tabrl.robots import Robot
from tabrl_local.ports import pick_free
from tabrl_local.stack import LaunchOptions, build
from tabrl_local.supervisor import Supervisor
from tabrl_trainer.pretrained import load_pretrained
from tests.support.inference import TrainingInProgress

NEEDED = ("redis", "inference", "api")
READY_S = 120.0


@contextmanager
def services(folder: Path) -> Iterator[str]:
    """The page with its inference, on a data directory; yields its address."""
    options = LaunchOptions(port=pick_free("127.0.0.1", 23_400, set()), data=folder)
    supervisor = Supervisor(folder / "logs")
    try:
        for spec in build(options, os.environ).specs:
            if spec.name in NEEDED:
                supervisor.start(spec)
                end = time.monotonic() + READY_S
                while (reason := spec.ready()) is not None:
                    if time.monotonic() > end:
                        raise TimeoutError(f"{spec.name}: {reason}")
                    time.sleep(0.1)
        yield options.url
    finally:
        for child in reversed(supervisor.children.values()):
            child.process.terminate()
            child.process.wait(20)


def add_pretrained(folder: Path, robot: Robot) -> str:
    """A model that is the robot's pretrained policy; returns its id."""
    policy = load_pretrained(robot.id).policy
    return TrainingInProgress(folder, policy, robot, new_model_id()).model_id


@contextmanager
def opened_page() -> Iterator[Page]:
    """A page in Debian's Chromium."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 640, "height": 480})
        page.set_default_timeout(120_000)
        yield page
