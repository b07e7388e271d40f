"""The robot that the benchmarks train and score, its scene and the names of its feet."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import mujoco

from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, get_robot, scene_xml


class Feet(NamedTuple):
    """Names of a quadruped's feet, in the order of its states."""

    front_right: str
    front_left: str
    rear_right: str
    rear_left: str


ROBOT: Robot = get_robot("go1")
FEET = Feet(*ROBOT.end_effectors)


@cache
def legged_robot() -> LeggedRobot:
    """The robot as its kind sees it."""
    embodiment = embodiment_of(ROBOT)
    assert isinstance(embodiment, LeggedRobot)
    return embodiment


@cache
def scene_model() -> mujoco.MjModel:
    """The robot on its floor, compiled from the scene as it is written."""
    return mujoco.MjModel.from_xml_string(scene_xml(ROBOT.id).decode())
