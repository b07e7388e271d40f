"""The arm that sentences are about."""

from __future__ import annotations

import pytest

from tabrl.robots import Robot, get_robot


@pytest.fixture(scope="session")
def ur5e() -> Robot:
    """An arm with a pen."""
    return get_robot("ur5e")
