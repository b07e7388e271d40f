"""Scenes of legged robots: they stand on their feet."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from tabrl.robots import Robot, scene_xml


@pytest.fixture
def model(robot: Robot) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(scene_xml(robot.id).decode())


def soles(robot: Robot, model: mujoco.MjModel) -> dict[str, int]:
    """The shapes that touch the floor, by foot: spheres about the feet's sites."""
    found = {}
    for foot in robot.end_effectors:
        site = model.site(foot)
        found[foot] = next(
            geom
            for geom in range(model.ngeom)
            if model.geom_bodyid[geom] == site.bodyid[0]
            and model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_SPHERE
            and model.geom_conaffinity[geom] != 0
            and np.allclose(model.geom_pos[geom], site.pos)
        )
    return found


def test_it_floats_and_its_feet_are_spheres(robot: Robot, model: mujoco.MjModel) -> None:
    assert model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
    for geom in soles(robot, model).values():
        assert model.geom_size[geom, 0] == pytest.approx(robot.end_effector_radius)


def test_it_stands_at_home_without_an_action(robot: Robot, model: mujoco.MjModel) -> None:
    """Soft actuators let it sag by centimetres; then it has to stay where it is."""
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    start = data.qpos.copy()
    for _ in range(200):  # 2 s
        mujoco.mj_step(model, data)
    assert np.linalg.norm(data.qpos[:2] - start[:2]) < 0.08, "it slides"
    assert abs(data.qpos[2] - robot.characteristic_length) < 0.05, "it sinks or jumps"
    assert data.body(int(model.jnt_bodyid[0])).xmat[8] > np.cos(np.radians(6)), "it tilts"
    touching = {geom for pair in data.contact.geom for geom in pair.tolist()}
    assert touching == {model.geom("floor").id, *soles(robot, model).values()}
    settled = data.qpos.copy()
    for _ in range(200):
        mujoco.mj_step(model, data)
    assert np.abs(data.qpos[:3] - settled[:3]).max() < 0.01, "it creeps"
