"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tabrl.control.embodiment import Embodiment
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.malloc import malloc_trim
from tests.session import order
from tests.session.compiling import compile_quickly
from tests.session.priority import step_back
from tests.session.services import postgres_server, redis_server, redis_session, s3_url
from tests.support.robots import ROBOTS

__all__ = ["postgres_server", "redis_server", "redis_session", "s3_url"]

SHARES_OUT = "PYTEST_XDIST_WORKER" in os.environ  # one of several processes that share files out

compile_quickly()
if SHARES_OUT:
    step_back()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """As `tests.session.order` says."""
    order.sort(items, longest_first=SHARES_OUT)


@pytest.fixture(scope="session", params=ROBOTS, ids=lambda robot: robot.id)
def robot(request: pytest.FixtureRequest) -> Robot:
    """Every robot of the registry, one after the other."""
    found: Robot = request.param
    return found


@pytest.fixture(scope="session")
def embodiment(robot: Robot) -> Embodiment:
    """That robot as its kind sees it."""
    return embodiment_of(robot)


@pytest.fixture(scope="module", autouse=True)
def _memory_given_back() -> Iterator[None]:
    """What a module compiled would otherwise stay with this process to the end."""
    yield
    malloc_trim()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In continuous integration everything that tests need is there, so a skip is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{len(skipped)} skipped: in CI that is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
