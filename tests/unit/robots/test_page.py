"""What the page is told of every registered robot."""

from __future__ import annotations

import pytest

from tabrl.control.rollout import CONTROL_DT
from tabrl.domain.errors import NotFound
from tabrl.embodiments.lookup import catalogue_of, page_of
from tabrl.embodiments.robot_catalog import RegisteredRobots
from tabrl.robots import Robot, list_robots, scene_sha256, scene_xml
from tests.support.robots import PACKAGED


def test_the_page_steps_as_the_trainer_does(robot: Robot) -> None:
    page = page_of(robot)
    assert page.control_hz == pytest.approx(1.0 / CONTROL_DT)
    assert page.embodiment == robot.embodiment


def test_the_camera_has_the_robot_in_view(robot: Robot) -> None:
    for shown in (robot, robot.model_copy(update={"camera": None})):
        camera = page_of(shown).camera
        assert 0.0 < camera.height_m < 2.0 * robot.characteristic_length
        assert 3.0 * robot.characteristic_length < camera.distance_m


@pytest.mark.parametrize("robot", PACKAGED, ids=lambda robot: robot.id)
def test_robots_that_name_no_camera_are_seen_about_as_those_that_do(robot: Robot) -> None:
    own = page_of(robot).camera
    by_kind = page_of(robot.model_copy(update={"camera": None})).camera
    assert by_kind.distance_m == pytest.approx(own.distance_m, rel=0.1)
    assert by_kind.height_m == pytest.approx(own.height_m, rel=0.1)


def test_figures_are_of_quantities_and_parts_that_the_robot_has(robot: Robot) -> None:
    readouts, catalogue = page_of(robot).readouts, catalogue_of(robot)
    assert len({readout.label for readout in readouts}) == len(readouts)
    for readout in readouts:
        parts = catalogue[readout.quantity].parts
        assert readout.part is None or readout.part in parts.names
        assert readout.part is not None or not catalogue[readout.quantity].needs_part


def test_the_gateway_sees_the_registry(robot: Robot) -> None:
    robots = RegisteredRobots()
    assert robots.list_robots() == list_robots()
    assert robots.get_robot(robot.id) == robot
    assert robots.page_of(robot.id) == page_of(robot)
    assert robots.catalogue_of(robot.id) == catalogue_of(robot)
    assert robots.scene_xml(robot.id) == scene_xml(robot.id)
    assert robots.scene_sha256(robot.id) == scene_sha256(robot.id)


def test_an_unknown_robot_has_no_page() -> None:
    with pytest.raises(NotFound):
        RegisteredRobots().page_of("r2d2")
