"""Robots that are known, imported from others' files: what is found is what we know of them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.embodiments.lookup import catalogue_of, page_of
from tabrl.robot_import.importing import Imported, import_robot
from tabrl.robot_import.options import ImportOptions
from tabrl.robot_import.output.folder import write_folder
from tabrl.robots import get_robot, refused_robots
from tabrl.robots.registry import forget
from tabrl_trainer.pretraining.pretraining import pretraining_of
from tests.support.menagerie.legged import ROOT_VARIABLE
from tests.support.models.known import mjlab_folder, packaged_with_meshes
from tests.support.robots import PACKAGED

MENAGERIE = os.environ.get(ROOT_VARIABLE)
QUADRUPEDS = [robot.id for robot in PACKAGED if robot.embodiment == "legged"]


def scene(imported: Imported) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(imported.files[f"{imported.report.id}.xml"].decode())


@pytest.mark.parametrize("robot_id", QUADRUPEDS)
def test_a_copy_with_include_and_meshdir_is_the_packaged_robot(
    tmp_path: Path, robot_id: str
) -> None:
    robot = get_robot(robot_id)
    found = import_robot(ImportOptions(packaged_with_meshes(robot_id, tmp_path / "copy")))
    report = found.report
    assert report.source.endswith("scene.xml")
    assert [limb.name for limb in report.limbs] == [limb.name for limb in robot.limbs]
    for limb, known in zip(report.limbs, robot.limbs, strict=True):
        assert tuple(limb.joints) == known.joints
        assert tuple(limb.place) == known.place
        assert tuple(limb.signs) == (known.signs or (1.0, 1.0, 1.0))
    for joint, own in zip(report.joints, robot.joints, strict=True):
        assert joint.name == own.name
        assert joint.range == pytest.approx(own.range, abs=1e-5)
        assert joint.home == pytest.approx(own.home, abs=1e-5)
    assert tuple(report.without) == robot.without
    assert report.mirrored
    # Between where home is held and where the pretrained policy stands.
    assert report.length_m == pytest.approx(robot.characteristic_length, rel=0.12)
    assert report.meshes == 1
    assert "visuals.glb" in found.files


def test_shares_of_commands_are_about_those_that_were_found_by_training(tmp_path: Path) -> None:
    for robot_id in QUADRUPEDS:
        known = dict(get_robot(robot_id).range_share)
        folder = packaged_with_meshes(robot_id, tmp_path / robot_id)
        found = import_robot(ImportOptions(folder)).report.range_share
        assert found.keys() == known.keys()
        assert all(abs(found[name] - known[name]) < 0.1 for name in known)


# What mjlab's Python adds to its G1, as users would write it into the file.
SERVOS = (
    (r".*_(elbow|shoulder_\w+|wrist_roll)_joint", 0.0036, 25.0),
    (r".*_hip_(pitch|yaw)_joint|waist_yaw_joint", 0.0102, 88.0),
    (r".*_(hip_roll|knee)_joint", 0.0251, 139.0),
    (r".*_wrist_(pitch|yaw)_joint", 0.0043, 5.0),
    (r"waist_(pitch|roll)_joint|.*_ankle_\w+_joint", 0.0072, 50.0),
)
BENT = {"hip_pitch": -0.312, "knee": 0.669, "ankle_pitch": -0.363, "elbow": 0.6}
RATE = 2.0 * np.pi * 10.0  # rad/s


@pytest.fixture(scope="module")
def humanoid(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """The G1 of the mjlab wheel."""
    folder = tmp_path_factory.mktemp("models") / "g1"
    shutil.copytree(mjlab_folder("unitree_g1"), folder)
    spec = mujoco.MjSpec.from_file(str(folder / "g1.xml"))
    home = [0.0, 0.0, 0.76, 1.0, 0.0, 0.0, 0.0]
    for joint in spec.joints:
        for pattern, inertia, torque in SERVOS:
            if re.fullmatch(pattern, joint.name):
                joint.armature = inertia
                servo = spec.add_actuator(
                    name=joint.name, target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT
                )
                servo.set_to_position(kp=inertia * RATE**2, kv=4.0 * inertia * RATE)
                servo.forcerange = [-torque, torque]
        if joint.type != mujoco.mjtJoint.mjJNT_FREE:
            home.append(next((a for part, a in BENT.items() if part in joint.name), 0.0))
    spec.add_key(name="home", qpos=home)
    (folder / "g1.xml").write_text(spec.to_xml())
    return import_robot(ImportOptions(folder))


def test_a_humanoid_is_legged_and_holds_its_arms(humanoid: Imported) -> None:
    report = humanoid.report
    assert report.kind == "legged"
    assert [(limb.name, limb.place) for limb in report.limbs] == [
        ("right", ["right"]), ("left", ["left"]),
    ]  # fmt: skip
    assert [len(limb.joints) for limb in report.limbs] == [6, 6]
    assert len(report.held_joints) == 17
    assert all("hip" in j or "knee" in j or "ankle" in j for j in report.limbs[0].joints)
    assert report.mirrored
    assert not report.balanced  # its ankles are too soft to hold it up unmoved
    assert report.least_margin is not None
    assert (report.least_margin.margin or 0.0) > 0.5
    source = mujoco.MjModel.from_xml_path(report.source)
    assert report.mass_kg == pytest.approx(source.body_mass.sum())
    assert "rear" in report.without


def test_a_humanoid_is_a_robot_of_the_registry(humanoid: Imported, own: Path) -> None:
    write_folder(humanoid.files, own / "g1", replace=False)
    forget()
    assert refused_robots() == ()
    robot = get_robot("g1")
    assert (robot.nu, len(robot.limbs)) == (12, 2)
    assert catalogue_of(robot).infos()
    assert page_of(robot).camera.distance_m > robot.characteristic_length
    assert pretraining_of(robot).curriculum


def test_a_humanoid_is_shown_with_its_arms(humanoid: Imported) -> None:
    assert humanoid.report.meshes == 35
    assert len(humanoid.files["visuals.glb"]) > 100_000
    model = scene(humanoid)
    assert model.nu == 12
    pelvis = model.body("pelvis").id
    assert (model.geom_bodyid == pelvis).sum() > 20  # its torso and arms are parts of it


if MENAGERIE is not None:

    def test_menageries_anymal_is_what_ours_is() -> None:
        report = import_robot(ImportOptions(Path(MENAGERIE) / "anybotics_anymal_c")).report
        ours = get_robot("anymal_c")
        for limb, known in zip(report.limbs, ours.limbs, strict=True):
            assert (limb.name, tuple(limb.joints)) == (known.name, known.joints)
            assert tuple(limb.place) == known.place
            assert tuple(limb.signs) == (known.signs or (1.0, 1.0, 1.0))
        assert report.mass_kg == pytest.approx(44.97, abs=0.01)
        assert report.length_m == pytest.approx(ours.characteristic_length, abs=0.05)
        assert {joint.torque_limit for joint in report.joints} == {80.0}
        assert tuple(report.without) == ours.without
        assert report.meshes > 40

    def test_menageries_ur5e_is_an_arm() -> None:
        report = import_robot(ImportOptions(Path(MENAGERIE) / "universal_robots_ur5e")).report
        assert report.kind == "arm"
        (limb,) = report.limbs
        assert len(limb.joints) == 6
        assert limb.end == "the site attachment_site"
        assert [joint.stiffness for joint in report.joints] == [2000.0] * 3 + [500.0] * 3
        assert [joint.torque_limit for joint in report.joints] == [150.0] * 3 + [28.0] * 3
        assert max(joint.sag for joint in report.joints) < 0.02
