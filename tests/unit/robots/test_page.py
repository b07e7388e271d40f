"""What the page is told of every registered robot."""

from __future__ import annotations

import pytest

from tabrl.contracts.quantities import parts_of
from tabrl.control.rollout import CONTROL_DT
from tabrl.domain.errors import NotFound
from tabrl.robots import Robot, list_robots, page_of


@pytest.fixture(params=list_robots(), ids=lambda robot: robot.id)
def robot(request: pytest.FixtureRequest) -> Robot:
    return request.param


def test_the_page_steps_as_the_trainer_does(robot: Robot) -> None:
    assert page_of(robot.id).control_hz == pytest.approx(1.0 / CONTROL_DT)


def test_the_camera_has_the_robot_in_view(robot: Robot) -> None:
    camera = page_of(robot.id).camera
    assert 0.0 < camera.height_m < 2.0 * robot.standing_height
    assert 3.0 * robot.standing_height < camera.distance_m


def test_figures_are_of_parts_that_the_robot_has(robot: Robot) -> None:
    readouts = page_of(robot.id).readouts
    assert len({readout.label for readout in readouts}) == len(readouts)
    for readout in readouts:
        assert readout.part is None or readout.part in parts_of(readout.quantity, robot)


def test_an_unknown_robot_has_no_page() -> None:
    with pytest.raises(NotFound):
        page_of("r2d2")
