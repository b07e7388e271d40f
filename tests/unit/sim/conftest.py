"""A simulator's code is the same for all robots of a kind; graphs are compiled for each robot."""

from __future__ import annotations

import pytest

from tabrl.robots import Robot
from tests.support.robots import OF_EACH_KIND


@pytest.fixture(scope="session", params=OF_EACH_KIND, ids=lambda robot: robot.id)
def robot(request: pytest.FixtureRequest) -> Robot:
    """The first robot of every kind, one after the other."""
    found: Robot = request.param
    return found
