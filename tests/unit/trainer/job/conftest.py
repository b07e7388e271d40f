"""What happens to a job does not depend on the robot: these are of one, `test_job` is of all."""

from __future__ import annotations

import pytest

from tabrl.robots import Robot
from tests.support.engine import GO1


@pytest.fixture(scope="session")
def trained_robot() -> Robot:
    return GO1
