"""What MuJoCo Menagerie's ANYmal C says of masses, joints and feet, kept as `DATA`.

`MENAGERIE_ROOT=FOLDER python -m tests.support.menagerie.legged` writes it anew from a checkout.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from tabrl.robots import Robot, get_robot

ROOT_VARIABLE = "MENAGERIE_ROOT"
MODEL = "anybotics_anymal_c/anymal_c.xml"
DATA = Path(__file__).parents[2] / "data/anymal_c_reference.json"
SOURCE = (
    "MuJoCo Menagerie (github.com/google-deepmind/mujoco_menagerie), "
    "anybotics_anymal_c/anymal_c.xml, release of 2022-09-07; "
    "derived from ANYbotics' anymal_c_simple_description; "
    "BSD-3-Clause, Copyright 2020, ANYbotics AG"
)
POSES, SEED = 10, 7

Doubles = NDArray[np.float64]


class BodyFacts(BaseModel):
    """Of a body with all joints at zero, along the axes of the trunk; SI units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mass: float
    origin: tuple[float, ...]  # [3]
    centre: tuple[float, ...]  # of mass, from the body's origin, [3]
    inertia: tuple[tuple[float, ...], ...]  # about the centre of mass, [3, 3]


class JointFacts(BaseModel):
    """Of a joint, likewise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    axis: tuple[float, ...]
    range: tuple[float, ...]


class PoseFacts(BaseModel):
    """Where the centres of the feet are in the trunk's frame, in the order of the robot's limbs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    angles: tuple[float, ...]
    feet: tuple[tuple[float, ...], ...]


class RobotFacts(BaseModel):
    """What a model says of a robot; by the names of `Robot`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    bodies: dict[str, BodyFacts]
    joints: dict[str, JointFacts]
    foot_radius: float
    poses: tuple[PoseFacts, ...]


def facts_of(
    robot: Robot, model: mujoco.MjModel, bodies: Sequence[str], feet: Sequence[int], source: str
) -> RobotFacts:
    """Read off a compiled model.

    Args:
        robot: Whose joints the model has, under the same names.
        model: Compiled, on a free root.
        bodies: The model's names of `robot.body_names`.
        feet: Geoms, one for each of the robot's limbs.
        source: Where the model is from.
    """
    joints = [model.joint(name).id for name in robot.joint_names]
    data = _posed(model, joints, np.zeros(robot.nu))
    rng = np.random.default_rng(SEED)
    angles = rng.uniform(*np.array(robot.joint_range).T, size=(POSES, robot.nu)).round(3)
    return RobotFacts(
        source=source,
        bodies={
            name: body_facts(model, data, model.body(theirs).id)
            for name, theirs in zip(robot.body_names, bodies, strict=True)
        },
        joints={
            name: JointFacts(axis=row(data.xaxis[joint]), range=row(model.jnt_range[joint]))
            for name, joint in zip(robot.joint_names, joints, strict=True)
        },
        foot_radius=float(model.geom_size[feet[0], 0]),
        poses=tuple(
            PoseFacts(
                angles=row(pose),
                feet=tuple(map(row, _posed(model, joints, pose).geom_xpos[list(feet)])),
            )
            for pose in angles
        ),
    )


def menagerie_facts(root: Path) -> RobotFacts:
    """The facts as a checkout of Menagerie has them."""
    robot = get_robot("anymal_c")
    model = mujoco.MjModel.from_xml_path(str(root / MODEL))
    spheres = {
        model.body(model.geom_bodyid[geom]).name: geom
        for geom in np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_SPHERE)
    }
    feet = [spheres[f"{limb.name}_SHANK"] for limb in robot.limbs]
    return facts_of(robot, model, ("base", *robot.body_names[1:]), feet, SOURCE)


def _posed(model: mujoco.MjModel, joints: Sequence[int], angles: Doubles) -> mujoco.MjData:
    data = mujoco.MjData(model)
    data.qpos[:7] = (0, 0, 0, 1, 0, 0, 0)
    data.qpos[model.jnt_qposadr[list(joints)]] = angles
    mujoco.mj_kinematics(model, data)
    return data


def body_facts(model: mujoco.MjModel, data: mujoco.MjData, body: int) -> BodyFacts:
    """Of a body of a model in a pose."""
    # Principal moments and axes are not compared: their order and signs are free.
    turn = data.ximat[body].reshape(3, 3)
    tensor = turn @ np.diag(model.body_inertia[body]) @ turn.T
    return BodyFacts(
        mass=float(model.body_mass[body]),
        origin=row(data.xpos[body]),
        centre=row(data.xipos[body] - data.xpos[body]),
        inertia=tuple(map(row, tensor)),
    )


def row(values: Doubles) -> tuple[float, ...]:
    """Rounded to nanometres and the like."""
    return tuple(values.round(9).tolist())


def main() -> None:
    """Entry point: writes `DATA`."""
    facts = menagerie_facts(Path(os.environ[ROOT_VARIABLE]))
    DATA.write_text(facts.model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    main()
