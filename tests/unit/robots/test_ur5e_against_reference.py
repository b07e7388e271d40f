"""Our UR5e beside what is kept of MuJoCo Menagerie's (`tests/support/menagerie/arm.py`)."""

from __future__ import annotations

import os
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.control.physics import physics_model
from tabrl.robots import get_robot, scene_xml
from tests.support.menagerie.arm import DATA, ArmFacts, facts_of, menagerie_facts
from tests.support.menagerie.legged import ROOT_VARIABLE

ROBOT = get_robot("ur5e")
LINKS = ROBOT.body_names[:-1]  # the last one is the tool, which is ours alone


@pytest.fixture(scope="module")
def model() -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(scene_xml(ROBOT.id).decode())


@pytest.fixture(scope="module")
def ours(model: mujoco.MjModel) -> ArmFacts:
    return facts_of(ROBOT, model, LINKS, "flange", source=ROBOT.scene)


@pytest.fixture(scope="module")
def reference() -> ArmFacts:
    return ArmFacts.model_validate_json(DATA.read_text())


def test_the_reference_names_its_source_and_has_the_same_parts(reference: ArmFacts) -> None:
    assert "Menagerie" in reference.source
    assert "BSD-3-Clause" in reference.source
    assert tuple(reference.bodies) == LINKS
    assert tuple(reference.joints) == ROBOT.joint_names


@pytest.mark.parametrize("body", LINKS)
def test_masses_and_inertias(ours: ArmFacts, reference: ArmFacts, body: str) -> None:
    mine, theirs = ours.bodies[body], reference.bodies[body]
    assert mine.mass == theirs.mass
    np.testing.assert_allclose(mine.origin, theirs.origin, atol=1e-8)
    np.testing.assert_allclose(mine.centre, theirs.centre, atol=1e-8)
    np.testing.assert_allclose(mine.inertia, theirs.inertia, atol=1e-8)


@pytest.mark.parametrize("joint", ROBOT.joint_names)
def test_joints(ours: ArmFacts, reference: ArmFacts, joint: str) -> None:
    mine, theirs = ours.joints[joint], reference.joints[joint]
    np.testing.assert_allclose(mine.axis, theirs.axis, atol=1e-8)
    assert mine.range == theirs.range


def test_the_flange_in_ten_postures(ours: ArmFacts, reference: ArmFacts) -> None:
    assert len({pose.position for pose in reference.poses}) == 10
    for mine, theirs in zip(ours.poses, reference.poses, strict=True):
        assert mine.angles == theirs.angles
        np.testing.assert_allclose(mine.position, theirs.position, atol=1e-8)
        np.testing.assert_allclose(mine.axes, theirs.axes, atol=1e-8)


def test_inertias_do_not_depend_on_what_is_seen(model: mujoco.MjModel) -> None:
    lean = physics_model(ROBOT)  # without the geoms that are only looked at
    assert lean.ngeom < model.ngeom
    np.testing.assert_array_equal(lean.body_mass, model.body_mass)
    np.testing.assert_array_equal(lean.body_inertia, model.body_inertia)
    np.testing.assert_array_equal(lean.body_ipos, model.body_ipos)


def test_the_tool_ends_where_the_tip_of_the_pen_is(model: mujoco.MjModel) -> None:
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_kinematics(model, data)
    tip, flange, point = model.geom("pen_tip"), data.site("flange"), data.site("pen_point")
    assert tip.size[0] == ROBOT.end_effector_radius
    np.testing.assert_allclose(point.xpos, flange.xpos + np.array([0.0, 0.0, -0.157]), atol=1e-4)
    end = tip.pos + np.array([0.0, 0.0, tip.size[1]])
    np.testing.assert_allclose(model.site("pen_point").pos, end, atol=1e-9)


# Not skipped without it: where tests run by themselves, a skip counts as a failure.
if ROOT_VARIABLE in os.environ:

    def test_the_reference_is_what_menagerie_says(reference: ArmFacts) -> None:
        assert menagerie_facts(Path(os.environ[ROOT_VARIABLE])) == reference
