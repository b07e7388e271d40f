"""The robots that tests of every robot are about."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from tabrl.control.embodiment import Embodiment
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, list_robots, robot_folder

# Made-up robots and their kind join the packaged ones, here and in every process started from here.
_ROOT = Path(__file__).parents[2]
os.environ.setdefault("TABRL_ROBOTS", str(_ROOT / "tests/robots"))
os.environ.setdefault("TABRL_EMBODIMENTS", "tests.kinds.tabletop")
os.environ.setdefault("PYTHONPATH", str(_ROOT))

ROBOTS = list_robots()
_PROJECT = Path(str(files("tabrl.robots")))
PACKAGED = tuple(robot for robot in ROBOTS if Path(str(robot_folder(robot.id))).parent == _PROJECT)
MADE_UP = tuple(robot for robot in ROBOTS if robot not in PACKAGED)
LEGGED = tuple(robot for robot in ROBOTS if robot.embodiment == "legged")
ARMS = tuple(robot for robot in ROBOTS if robot.embodiment == "arm")
# The first robot of every kind: for what is the same code for all robots of a kind.
OF_EACH_KIND = tuple(
    robot
    for place, robot in enumerate(ROBOTS)
    if robot.embodiment not in {other.embodiment for other in ROBOTS[:place]}
)


def legged(robot: Robot) -> LeggedRobot:
    """A legged robot as its own kind."""
    embodiment: Embodiment = embodiment_of(robot)
    assert isinstance(embodiment, LeggedRobot)
    return embodiment


def arm(robot: Robot) -> ArmRobot:
    """An arm as its own kind."""
    embodiment: Embodiment = embodiment_of(robot)
    assert isinstance(embodiment, ArmRobot)
    return embodiment
