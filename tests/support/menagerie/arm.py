"""What MuJoCo Menagerie's UR5e says of masses, joints and the flange, kept as `DATA`.

`MENAGERIE_ROOT=FOLDER python -m tests.support.menagerie.arm` writes it anew from a checkout.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np
from pydantic import BaseModel, ConfigDict

from tabrl.robots import Robot, get_robot
from tests.support.menagerie.legged import (
    POSES,
    ROOT_VARIABLE,
    SEED,
    BodyFacts,
    Doubles,
    JointFacts,
    body_facts,
    row,
)

MODEL = "universal_robots_ur5e/ur5e.xml"
DATA = Path(__file__).parents[2] / "data/ur5e_reference.json"
SOURCE = (
    "MuJoCo Menagerie (github.com/google-deepmind/mujoco_menagerie), "
    "universal_robots_ur5e/ur5e.xml; derived from ROS-Industrial's ur_e_description; "
    "BSD-3-Clause, Copyright 2018 ROS Industrial Consortium"
)


class FlangeFacts(BaseModel):
    """Where the flange is in the base's frame, and its axes x, y, z there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    angles: tuple[float, ...]
    position: tuple[float, ...]
    axes: tuple[tuple[float, ...], ...]  # [3, 3], one a row


class ArmFacts(BaseModel):
    """What a model says of an arm; by the names of `Robot`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    bodies: dict[str, BodyFacts]
    joints: dict[str, JointFacts]
    poses: tuple[FlangeFacts, ...]


def facts_of(
    robot: Robot, model: mujoco.MjModel, bodies: Sequence[str], flange: str, source: str
) -> ArmFacts:
    """Read off a compiled model.

    Args:
        robot: Whose joints the model has, under the same names.
        model: Compiled; its base is moved to the origin.
        bodies: The model's names of `robot.body_names`, as far as it has them.
        flange: The site that tools are mounted on.
        source: Where the model is from.
    """
    base = model.body(bodies[0]).id
    model.body_pos[base], model.body_quat[base] = np.zeros(3), (1.0, 0.0, 0.0, 0.0)
    joints = [model.joint(name).id for name in robot.joint_names]
    data = _posed(model, np.zeros(robot.nu))
    rng = np.random.default_rng(SEED)
    angles = rng.uniform(*np.array(robot.joint_range).T, size=(POSES, robot.nu)).round(3)
    return ArmFacts(
        source=source,
        bodies={
            name: body_facts(model, data, model.body(theirs).id)
            for name, theirs in zip(robot.body_names, bodies, strict=False)
        },
        joints={
            name: JointFacts(axis=row(data.xaxis[joint]), range=row(model.jnt_range[joint]))
            for name, joint in zip(robot.joint_names, joints, strict=True)
        },
        poses=tuple(_flange(model, pose, model.site(flange).id) for pose in angles),
    )


def menagerie_facts(root: Path) -> ArmFacts:
    """The facts as a checkout of Menagerie has them."""
    robot = get_robot("ur5e")
    model = mujoco.MjModel.from_xml_path(str(root / MODEL))
    return facts_of(robot, model, ("base", *robot.body_names[1:7]), "attachment_site", SOURCE)


def _posed(model: mujoco.MjModel, angles: Doubles) -> mujoco.MjData:
    data = mujoco.MjData(model)
    data.qpos[:] = angles
    mujoco.mj_kinematics(model, data)
    return data


def _flange(model: mujoco.MjModel, angles: Doubles, site: int) -> FlangeFacts:
    data = _posed(model, angles)
    return FlangeFacts(
        angles=row(angles),
        position=row(data.site_xpos[site]),
        axes=tuple(map(row, data.site_xmat[site].reshape(3, 3).T)),
    )


def main() -> None:
    """Entry point: writes `DATA`."""
    facts = menagerie_facts(Path(os.environ[ROOT_VARIABLE]))
    DATA.write_text(facts.model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    main()
