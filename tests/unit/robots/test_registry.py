"""Every registered robot: data and MJCF agree, it compiles, and it stands."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import xml.etree.ElementTree as ET

import mujoco
import numpy as np
import pytest

from tabrl.domain.errors import NotFound
from tabrl.embodiments.legged.limbs import at_every_corner
from tabrl.robots import (
    Robot,
    get_robot,
    list_robots,
    refused_robots,
    scene_sha256,
    scene_xml,
)
from tabrl.robots.registry import ROBOTS_VARIABLE, forget
from tests.support.robots import PACKAGED


@pytest.fixture
def model(robot: Robot) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(scene_xml(robot.id).decode())


def test_the_go1_is_among_them():
    assert "go1" in [robot.id for robot in list_robots()]


def test_no_robot_that_ships_is_refused(monkeypatch):
    monkeypatch.delenv(ROBOTS_VARIABLE, raising=False)
    forget()
    try:
        assert refused_robots() == ()
        assert list_robots() == PACKAGED
    finally:
        monkeypatch.undo()
        forget()


def test_an_unknown_robot_is_refused_with_the_known_ones():
    with pytest.raises(NotFound) as error:
        get_robot("r2d2")
    assert error.value.code == "unknown_robot"
    assert "go1" in error.value.hint


def test_names_are_those_of_the_scene(robot, model):
    hinges = [
        model.joint(i).name
        for i in range(model.njnt)
        if model.jnt_type[i] == mujoco.mjtJoint.mjJNT_HINGE
    ]
    own = hinges[-robot.nu :]  # before them the one by which a root tilts in its plane
    assert own == list(robot.joint_names)
    assert len(hinges) <= robot.nu + 1
    assert [model.actuator(i).name for i in range(model.nu)] == list(robot.joint_names)
    assert [model.body(i).name for i in range(1, model.nbody)] == list(robot.body_names)
    for foot in robot.end_effectors:
        assert model.site(foot).id >= 0


def test_numbers_are_those_of_the_scene(robot, model):
    home, nu = model.keyframe("home"), robot.nu
    np.testing.assert_allclose(home.qpos[-nu:], robot.home)
    np.testing.assert_allclose(home.ctrl, robot.home)
    np.testing.assert_allclose(model.jnt_range[-nu:], robot.joint_range)
    np.testing.assert_allclose(model.actuator_ctrlrange, robot.joint_range)
    assert len(robot.action_scale) == nu == model.nu
    assert min(robot.action_scale) > 0


def test_limbs_lead_from_the_root_to_their_end_effectors(robot, model):
    for limb in robot.limbs:
        body = int(model.site(limb.end_effector).bodyid[0])
        above = []
        while body:
            above += [model.joint(j).name for j in range(model.njnt) if model.jnt_bodyid[j] == body]
            body = int(model.body_parentid[body])
        hinges = [name for name in reversed(above) if name in robot.joint_names]
        assert hinges == list(limb.joints)


def test_time_steps_make_fifty_control_steps_a_second(model):
    assert model.opt.timestep == 0.01


def test_it_stays_at_home_without_an_action(robot, model):
    """Soft actuators let it sag a little; then it has to come to rest."""
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    start, nu = data.qpos.copy(), robot.nu
    for _ in range(200):  # 2 s
        mujoco.mj_step(model, data)
    assert np.abs(data.qpos[-nu:] - start[-nu:]).max() < 0.3, "its joints give way"
    assert np.abs(data.qvel).max() < 0.05, "it does not come to rest"


def test_looks_weigh_nothing_and_touch_nothing(model):
    visual = model.geom_group == 2
    assert not model.geom_contype[visual].any()
    assert not model.geom_conaffinity[visual].any()


def test_the_scene_moves_the_same_without_its_looks(robot, model):
    spec = mujoco.MjSpec.from_string(scene_xml(robot.id).decode())
    for geom in [geom for geom in spec.geoms if geom.group == 2]:
        spec.delete(geom)
    bare = spec.compile()
    assert bare.ngeom == (model.geom_group != 2).sum()
    np.testing.assert_array_equal(bare.body_mass, model.body_mass)
    np.testing.assert_array_equal(bare.body_inertia, model.body_inertia)
    np.testing.assert_array_equal(_fall(bare), _fall(model))


def _fall(model: mujoco.MjModel) -> np.ndarray:
    """Where two seconds of random targets lead."""
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, model.keyframe("home").id)
    rng = np.random.default_rng(0)
    for _ in range(200):
        data.ctrl[:] = model.keyframe("home").ctrl + rng.normal(scale=0.5, size=model.nu)
        mujoco.mj_step(model, data)
    return np.concatenate([data.qpos, data.qvel])


def test_the_hash_is_of_the_bytes_and_the_same_in_every_process(robot):
    expected = hashlib.sha256(scene_xml(robot.id)).hexdigest()
    assert scene_sha256(robot.id) == expected
    script = f"from tabrl.robots import scene_sha256; print(scene_sha256({robot.id!r}))"
    other = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == expected


def test_the_registry_is_light():
    script = (
        "import sys, tabrl.robots as r; r.scene_xml('go1'); "
        "print([m for m in ('numpy', 'mujoco', 'jax', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_scene_is_one_file_that_an_older_mujoco_reads(robot):
    """The page compiles it with MuJoCo 3.14 and no files beside it."""
    root = ET.fromstring(scene_xml(robot.id))
    assert not {"include", "plugin", "mesh", "hfield", "texture"} & {
        node.tag for node in root.iter()
    }
    for node in root.iter():
        assert "file" not in node.attrib
        # An attribute that the writer of MuJoCo 4 adds and 3.14 refuses.
        assert not (node.tag in {"position", "general", "motor"} and "input" in node.attrib)


def test_texts_for_people(robot):
    for text in (robot.name, robot.maker, robot.description, *robot.examples):
        assert text.strip() == text != ""
    if robot.embodiment != "legged" or at_every_corner(robot.limbs):
        assert len(robot.examples) >= 3
    else:
        assert robot.examples == ()  # no sentence about it would be read
