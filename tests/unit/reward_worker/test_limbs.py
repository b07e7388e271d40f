"""Where the robots' feet are and what their command channels are called."""

from __future__ import annotations

import pytest

from tabrl.contracts.quantities import CHANNELS
from tabrl.robots import Robot, get_robot, list_robots
from tabrl_reward_worker.limbs import channel_words, feet_of, knee_of, lift_channel

GO1 = get_robot("go1")


@pytest.mark.parametrize("robot", list_robots(), ids=lambda robot: robot.id)
def test_every_foot_has_a_place_a_knee_and_a_channel(robot: Robot) -> None:
    assert tuple(feet_of(robot).values()) == robot.foot_names
    assert len({knee_of(robot, foot) for foot in robot.foot_names}) == len(robot.foot_names)
    assert {lift_channel(robot, foot) for foot in robot.foot_names} <= set(CHANNELS)
    assert channel_words(robot).keys() == set(CHANNELS)


def test_the_go1s_legs_are_named_in_their_order() -> None:
    assert feet_of(GO1)["rear", "left"] == "RL"
    assert knee_of(GO1, "FR") == "FR_calf"
    assert lift_channel(GO1, "FL") == "lift_fl"
    assert channel_words(GO1)["lift_rr"] == "lift of the right hind foot, m"
