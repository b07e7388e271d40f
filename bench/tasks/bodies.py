"""The robots that the suite is for, whatever their kind, and what each of them did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bench.rotation import Floats
from bench.tasks.arm.body import ArmBody
from bench.tasks.arm.motion import ArmMotion
from bench.tasks.body import Body, body_of, quadrupeds
from bench.tasks.motion import Motion, motion_of

from tabrl.robots import Robot, get_robot, list_robots

AnyBody = Body | ArmBody
AnyMotion = Motion | ArmMotion
_ARM = "arm"


def robots() -> tuple[Robot, ...]:
    """Those with four legs at their corners, and arms."""
    return (*quadrupeds(), *(robot for robot in list_robots() if robot.embodiment == _ARM))


def named(robot_id: str) -> AnyBody:
    """The robot of that id. Raises `NotFound`, or `ValueError` for one the suite is not for."""
    robot = get_robot(robot_id)
    return ArmBody(robot) if robot.embodiment == _ARM else body_of(robot)


def motion(body: AnyBody, time: Floats, qpos: Floats, qvel: Floats) -> AnyMotion:
    """A motion from raw states."""
    if isinstance(body, ArmBody):
        return ArmMotion.of(body, time, qpos)
    return motion_of(body, time, qpos, qvel)


def read_rollout(path: Path, body: AnyBody) -> AnyMotion:
    """The motion of a `tabrl rollout` file.

    Raises `OSError`, `KeyError` for another npz, or `ValueError` for one of another robot.
    """
    with np.load(path, allow_pickle=False) as file:
        return motion(body, file["time"], file["qpos"], file["qvel"])
