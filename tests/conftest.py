"""What holds for every test."""

from __future__ import annotations

import os

import pytest

from tests.support.services import postgres_server, redis_server, redis_session, s3_url

__all__ = ["postgres_server", "redis_server", "redis_session", "s3_url"]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In continuous integration everything that tests need is there, so a skip is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{len(skipped)} skipped: in CI that is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
