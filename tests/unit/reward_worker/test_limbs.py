"""Where the robots' feet are and what their command channels are called."""

from __future__ import annotations

import pytest

from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, get_robot, list_robots
from tabrl_reward_worker.limbs import channel_words, feet_of, knee_of

GO1 = get_robot("go1")
LEGGED = [robot for robot in list_robots() if robot.embodiment == "legged"]


@pytest.mark.parametrize("robot", LEGGED, ids=lambda robot: robot.id)
def test_every_foot_has_a_place_and_a_knee(robot: Robot) -> None:
    assert set(feet_of(robot).values()) <= set(robot.end_effectors)
    assert len({knee_of(robot, foot) for foot in robot.end_effectors}) == len(robot.end_effectors)


@pytest.mark.parametrize("robot", list_robots(), ids=lambda robot: robot.id)
def test_every_channel_has_its_words(robot: Robot) -> None:
    assert tuple(channel_words(robot)) == embodiment_of(robot).commands.names
    assert all(channel_words(robot).values())


def test_the_go1s_legs_are_named_in_their_order() -> None:
    assert tuple(feet_of(GO1).values()) == GO1.end_effectors
    assert feet_of(GO1)["rear", "left"] == "RL"
    assert knee_of(GO1, "FR") == "FR_calf"
    assert channel_words(GO1)["lift_rr"] == "lift of the right hind foot, m"


def test_a_foot_in_the_middle_takes_no_other_ones_place() -> None:
    limbs = [limb.model_copy(update={"place": ("right",)}) for limb in GO1.limbs[2:3]]
    robot = GO1.model_copy(update={"limbs": (*GO1.limbs[:2], *limbs, GO1.limbs[3])})
    assert feet_of(robot)["front", "right"] == "FR"
