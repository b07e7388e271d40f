"""Tests of arms are about all of these, and no others."""

from __future__ import annotations

import pytest

from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.robots import Robot
from tests.support.robots import ARMS, arm


@pytest.fixture(scope="session", params=ARMS, ids=lambda robot: robot.id)
def robot(request: pytest.FixtureRequest) -> Robot:
    """Every arm of the registry, one after the other."""
    found: Robot = request.param
    return found


@pytest.fixture(scope="session")
def embodiment(robot: Robot) -> ArmRobot:
    """That robot as its kind sees it."""
    return arm(robot)
