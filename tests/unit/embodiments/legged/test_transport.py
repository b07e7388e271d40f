"""Motion elsewhere on the floor: the same seen from the robot, another one seen from the world."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Led
from tabrl.control.rollout import Rollout
from tabrl.control.staged_commands import StagedCommands
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tests.support.motion import Motion, rollout_of

GO1 = get_robot("go1")
LEGGED = embodiment_of(GO1)
ROUNDS = np.repeat([-1, 100, 200], 100)[:, None]  # three parts of two seconds
WORLDLY = {
    "base_position", "foot_position", "body_position", "foot_velocity", "foot_force",
    "base_quaternion", "heading",
}  # fmt: skip


@pytest.fixture(scope="module")
def circling() -> Rollout:
    """Six seconds of walking in a circle."""
    return rollout_of(Motion(vx=0.5, yaw=0.6), GO1, 6.0)


def test_every_part_begins_where_something_before_it_led(circling: Rollout) -> None:
    led = Led(np.float32(1.2), np.float32((2.0, -1.0)))
    moved = LEGGED.begun_at(circling, ROUNDS, led)
    for first in (100, 200):
        assert moved.fields["heading"][first, 0] == pytest.approx(1.2, abs=1e-5)
        place = moved.base_position[first, 0, :2] - moved.initial_position[first, 0, :2]
        np.testing.assert_allclose(place, [2.0, -1.0], atol=1e-5)


def test_the_robot_itself_notices_nothing(circling: Rollout) -> None:
    moved = LEGGED.begun_at(circling, ROUNDS, Led(np.float32(-2.0), np.float32((1.0, 1.0))))
    before, after = LEGGED.measured(circling.fields), LEGGED.measured(moved.fields)
    for name in ("forward_speed", "lateral_speed", "yaw_rate", "roll", "pitch", "height"):
        np.testing.assert_allclose(after.of(name), before.of(name), atol=1e-4, err_msg=name)
    for name in circling.fields.keys() - WORLDLY:
        np.testing.assert_array_equal(moved.fields[name], circling.fields[name])
    feet = [one.fields["foot_position"][..., :2] for one in (circling, moved)]
    trunks = [one.base_position[:, :, None, :2] for one in (circling, moved)]
    far = [np.linalg.norm(foot - trunk, axis=-1) for foot, trunk in zip(feet, trunks, strict=True)]
    np.testing.assert_allclose(far[0], far[1], atol=1e-4)


def test_a_schedule_leads_where_its_path_and_heading_do() -> None:
    ask = CommandSchedule.asking
    turn, walk = (ask(LEGGED.commands, **one) for one in ({"yaw": -0.7}, {"vx": 0.5}))
    both = CommandSchedule.sequence([turn, walk], (2.0, 4.0), repeat=False)
    led = LEGGED.led(StagedCommands.stack([both]), np.full(1, 6.0, np.float32))
    np.testing.assert_allclose(led.turned, [-1.4], atol=1e-3)
    np.testing.assert_allclose(led.moved[0], [2.0 * np.cos(1.4), -2.0 * np.sin(1.4)], atol=0.02)
