"""Tests of legged robots are about all of these, and no others."""

from __future__ import annotations

import pytest

from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.robots import Robot
from tests.support.robots import LEGGED, legged


@pytest.fixture(scope="session", params=LEGGED, ids=lambda robot: robot.id)
def robot(request: pytest.FixtureRequest) -> Robot:
    """Every legged robot of the registry, one after the other."""
    found: Robot = request.param
    return found


@pytest.fixture(scope="session")
def embodiment(robot: Robot) -> LeggedRobot:
    """That robot as its kind sees it."""
    return legged(robot)
