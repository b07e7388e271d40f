"""Our Go1 beside the one of the mjlab wheel, both compiled by MuJoCo.

Tolerances: masses and centres of mass to rounding; inertia tensors 1e-6 kg·m² (ours are rounded to
1e-9, theirs given by principal axes with six digits); joint axes and ranges exact; feet 1 µm.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.robots import get_robot, scene_xml

ROBOT = get_robot("go1")


@pytest.fixture(scope="module")
def ours() -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(scene_xml("go1").decode())


@pytest.fixture(scope="module")
def reference() -> mujoco.MjModel:
    spec = find_spec("mjlab")  # located, not imported: it would want torch
    assert spec is not None, "the dev environment holds mjlab's files"
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0])
    return mujoco.MjModel.from_xml_path(str(folder / "asset_zoo/robots/unitree_go1/xmls/go1.xml"))


def inertia(model: mujoco.MjModel, body: str) -> np.ndarray:
    """The inertia tensor about the centre of mass, in the body's frame, `[3, 3]`.

    Principal moments and axes are not compared: their order and signs are free.
    """
    axes = np.zeros(9)
    mujoco.mju_quat2Mat(axes, model.body(body).iquat)
    turn = axes.reshape(3, 3)
    return turn @ np.diag(model.body(body).inertia) @ turn.T


def test_the_reference_has_the_same_bodies(ours, reference):
    assert set(ROBOT.body_names) == {reference.body(i).name for i in range(1, reference.nbody)}


@pytest.mark.parametrize("body", ROBOT.body_names)
def test_masses_and_inertias(ours, reference, body):
    mine, theirs = ours.body(body), reference.body(body)
    np.testing.assert_allclose(mine.mass, theirs.mass, rtol=1e-9)
    np.testing.assert_allclose(mine.ipos, theirs.ipos, atol=1e-9)
    np.testing.assert_allclose(inertia(ours, body), inertia(reference, body), atol=1e-6)


def test_the_whole_weighs_as_much(ours, reference):
    np.testing.assert_allclose(ours.body_mass.sum(), reference.body_mass.sum(), rtol=1e-9)


@pytest.mark.parametrize("joint", ROBOT.joint_names)
def test_joints(ours, reference, joint):
    mine, theirs = ours.joint(joint), reference.joint(f"{joint}_joint")
    np.testing.assert_allclose(mine.axis, theirs.axis, atol=1e-12)
    np.testing.assert_allclose(mine.pos, theirs.pos, atol=1e-12)
    np.testing.assert_allclose(mine.range, theirs.range, atol=1e-12)


def test_feet_in_ten_poses(ours, reference):
    rng = np.random.default_rng(7)
    low, high = np.array(ROBOT.joint_range).T
    moved = set()
    for _ in range(10):
        angles = rng.uniform(low, high)
        root = np.concatenate([rng.normal(size=3), _unit(rng.normal(size=4))])
        mine = _feet(ours, root, angles, "")
        theirs = _feet(reference, root, angles, "_joint")
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
        moved.add(mine.round(3).tobytes())
    assert len(moved) == 10


def _unit(quaternion: np.ndarray) -> np.ndarray:
    return quaternion / np.linalg.norm(quaternion)


def _feet(model: mujoco.MjModel, root: np.ndarray, angles: np.ndarray, suffix: str) -> np.ndarray:
    """Foot centres `[4, 3]` in the world."""
    data = mujoco.MjData(model)
    data.qpos[:7] = root
    for name, angle in zip(ROBOT.joint_names, angles, strict=True):
        data.joint(name + suffix).qpos[0] = angle
    mujoco.mj_kinematics(model, data)
    return np.array([data.site(foot).xpos for foot in ROBOT.end_effectors])


def test_feet_are_as_large(reference):
    for foot in ROBOT.end_effectors:
        assert reference.geom(f"{foot}_foot_collision").size[0] == ROBOT.end_effector_radius
