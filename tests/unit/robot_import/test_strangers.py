"""What strangers' models are like, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.embodiment import LeggedRobot
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import page_of
from tabrl.robot_import.importing import Imported, import_robot
from tabrl.robot_import.options import ImportOptions
from tabrl.robot_import.output.folder import write_folder
from tabrl.robots import Robot, get_robot, list_robots, refused_robots
from tabrl.robots.registry import forget
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl_trainer.pretraining.pretraining import pretraining_of
from tests.support.made_up import made_up_schedule, made_up_weights
from tests.support.models.dog import CUBE, FOOT, LEGS, WELDED_FOOT, Dog
from tests.support.models.urdf import converted, urdf

CANONICAL = ["nose_r", "nose_l", "back_r", "back_l"]


def added(imported: Imported, own: Path) -> Robot:
    """The robot as the registry reads it."""
    write_folder(imported.files, own / imported.report.id, replace=False)
    forget()
    assert refused_robots() == ()
    assert imported.report.id in [robot.id for robot in list_robots()]
    return get_robot(imported.report.id)


def imported(dog: Dog, folder: Path, **options: Any) -> Imported:
    return import_robot(replace(ImportOptions(dog.write(folder)), **options))


def scene(found: Imported) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(found.files[f"{found.report.id}.xml"].decode())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return imported(Dog(), tmp_path_factory.mktemp("models") / "plain")


def test_it_is_a_robot_that_can_be_simulated_shown_and_pretrained(
    plain: Imported, own: Path
) -> None:
    robot = added(plain, own)
    embodiment = embodiment_of(robot)
    assert isinstance(embodiment, LeggedRobot)
    assert embodiment.mirror is not None
    assert page_of(robot).fall is not None
    assert pretraining_of(robot).curriculum
    simulator = CpuSimulator(robot, 2, differences=RobotDifferences.of_training(embodiment, 2, 0))
    schedules = StagedCommands.stack([made_up_schedule(robot)] * 2)
    simulator.reset(schedules, EpisodeConfig(), 0)
    run = simulator.rollout(made_up_weights(robot).act, 10)
    assert all(np.isfinite(field).all() for field in run.rollout.fields.values())
    assert not run.rollout.fallen.any()


def test_its_legs_are_in_the_kinds_order_and_its_motors_in_the_joints(
    plain: Imported, own: Path
) -> None:
    robot = added(plain, own)
    assert [limb.name for limb in robot.limbs] == CANONICAL
    assert robot.limbs[0].place == ("front", "right")
    assert robot.limbs[-1].joints == ("back_l_thigh", "back_l_knee")
    model = scene(plain)
    joints = [model.joint(i).name for i in range(1, model.njnt)]
    assert joints[:2] == ["back_l_thigh", "back_l_knee"]
    assert list(robot.joint_names) == joints == [model.actuator(i).name for i in range(model.nu)]


def test_its_numbers_are_the_models(plain: Imported) -> None:
    report = plain.report
    assert report.mass_kg == pytest.approx(6 + 4 * 0.55)
    assert all((joint.stiffness, joint.damping, joint.torque_limit) == (60.0, 1.5, 25.0)
               for joint in report.joints)  # fmt: skip
    # Standing on bent legs takes the knees about a quarter of the weight at some 13 cm.
    knee = next(joint for joint in report.joints if joint.name == "back_r_knee")
    assert 1.5 < knee.torque < 4.5
    assert knee.margin == pytest.approx(1.0 - knee.torque / 25.0)
    assert 0.0 <= report.sank_m < 0.02
    assert report.cost_us > 0.0
    assert report.length_m == pytest.approx(0.31, abs=0.01)


@pytest.mark.parametrize("order", [LEGS[::-1], (LEGS[2], LEGS[0], LEGS[3], LEGS[1])])
def test_whatever_the_order_of_legs_they_are_the_same(
    tmp_path: Path, plain: Imported, order: tuple[tuple[str, float, float], ...]
) -> None:
    found = imported(Dog(legs=order), tmp_path / "dog")
    assert found.report.limbs == plain.report.limbs


def test_actuators_in_another_order_are_put_into_the_joints(
    tmp_path: Path, plain: Imported
) -> None:
    found = imported(Dog(reverse_actuators=True), tmp_path / "plain")
    assert found.files[f"{found.report.id}.xml"] == plain.files["plain.xml"]
    assert "in another order" in " ".join(found.report.notes)
    assert "in another order" not in " ".join(plain.report.notes)


def test_welded_feet_are_the_legs_own(tmp_path: Path) -> None:
    found = imported(Dog(foot=WELDED_FOOT), tmp_path / "dog")
    assert [limb.end for limb in found.report.limbs] == ["sphere, radius 20 mm"] * 4
    assert scene(found).nbody == 1 + 1 + 8


def test_knees_that_fold_forward_have_the_other_sign(tmp_path: Path) -> None:
    text = Dog(home=(-0.8, 1.5)).xml().replace('range="-2.6 0.1"', 'range="-0.1 2.6"')
    (tmp_path / "dog.xml").write_text(text.replace('range="-1.5 2.5"', 'range="-2.5 1.5"'))
    report = import_robot(ImportOptions(tmp_path)).report
    assert [limb.signs for limb in report.limbs] == [[-1, -1]] * 4
    assert report.without == ["rear"]


def test_axes_that_point_the_other_way_have_the_other_sign(tmp_path: Path) -> None:
    text = Dog(home=(-0.8, 1.5)).xml().replace('axis="0 1 0"', 'axis="0 -1 0"')
    text = text.replace('range="-2.6 0.1"', 'range="-0.1 2.6"')
    (tmp_path / "dog.xml").write_text(text.replace('range="-1.5 2.5"', 'range="-2.5 1.5"'))
    assert [limb.signs for limb in import_robot(ImportOptions(tmp_path)).report.limbs] == [
        [-1, -1]
    ] * 4


def test_without_a_keyframe_its_straight_legs_are_bent(tmp_path: Path) -> None:
    report = imported(Dog(key=None), tmp_path / "dog").report
    homes = {joint.name: joint.home for joint in report.joints}
    assert homes["nose_r_thigh"] == pytest.approx(-homes["nose_r_knee"] / 2, abs=1e-3)
    assert -1.2 < homes["nose_r_knee"] < -1.0  # 85 % of a straight leg
    assert "legs bent to 85 %" in report.notes[0]


def test_names_of_files_and_folders_may_be_of_any_kind(tmp_path: Path, own: Path) -> None:
    folder = Dog(trunk='<geom type="mesh" mesh="hull" mass="6"/>',
                 head='<compiler meshdir="a b"/><asset><mesh name="hull" file="hull 1.obj" '
                      'scale="5 2 1"/></asset>').write(tmp_path / "my --Röver №1")  # fmt: skip
    (folder / "stray.xml").rename(folder / "stray--new copy.xml")
    (folder / "a b").mkdir()
    (folder / "a b/hull 1.obj").write_text(CUBE)
    found = import_robot(ImportOptions(folder, name='Rö"ver\nid = "x"'))
    assert found.report.id == "my_r_ver_1"
    assert found.report.meshes == 1
    assert added(found, own).name == 'Rö"ver\nid = "x"'


def test_a_gravity_of_its_own_is_left_out_and_said(tmp_path: Path) -> None:
    report = imported(Dog(head='<option gravity="0 0 -1.6"/>'), tmp_path / "dog").report
    assert "its gravity (0 0 -1.6) is left out: robots of TabRL are pulled down" in report.notes


def test_joints_that_hardly_move_have_small_actions(tmp_path: Path, own: Path) -> None:
    text = Dog().xml().replace('range="-2.6 0.1"', 'range="-1.51 -1.49"')
    (tmp_path / "dog.xml").write_text(text)
    robot = added(import_robot(ImportOptions(tmp_path, robot_id="stiff")), own)
    assert min(robot.action_scale) == pytest.approx(0.005)


def test_another_keyframe_is_taken_and_said(tmp_path: Path) -> None:
    report = imported(Dog(key="stand"), tmp_path / "dog").report
    assert "the keyframe stand is taken as home" in report.notes
    options = ImportOptions(tmp_path / "dog", home="sit")
    with pytest.raises(Invalid, match=r"no keyframe sit: name another with --home \(stand\)"):
        import_robot(options)


def test_motors_become_servos_when_asked(tmp_path: Path) -> None:
    report = imported(
        Dog(kind="motor", gains='gear="5" ctrlrange="-5 5"'), tmp_path / "dog", servos=True
    ).report
    assert {joint.torque_limit for joint in report.joints} == {25.0}
    assert all(0.0 < joint.stiffness <= 25.0 / 0.7 + 0.1 for joint in report.joints)
    assert any("servos are made" in note for note in report.notes)


def test_made_servos_are_as_stiff_as_is_asked(tmp_path: Path) -> None:
    dog = Dog(kind="motor", gains='gear="5" ctrlrange="-5 5"')
    soft = imported(dog, tmp_path / "dog", servos=True).report
    report = imported(dog, tmp_path / "dog", servos=True, full_torque_at=0.35).report
    assert all(0.0 < joint.stiffness <= 25.0 / 0.35 + 0.1 for joint in report.joints)
    assert any(
        stiff.stiffness > 1.5 * usual.stiffness
        for stiff, usual in zip(report.joints, soft.joints, strict=True)
    )
    assert any("all their torque at 0.35 rad" in note for note in report.notes)


def test_a_fixed_root_floats_when_asked(tmp_path: Path, plain: Imported) -> None:
    found = imported(Dog(root=""), tmp_path / "plain", floating=True)
    assert found.files["plain.xml"] == plain.files["plain.xml"]


@pytest.mark.parametrize("as_urdf", [True, False], ids=["URDF", "converted by MuJoCo"])
def test_a_urdf_is_a_robot_too(tmp_path: Path, own: Path, as_urdf: bool) -> None:
    file = urdf(tmp_path / "package")
    place = file if as_urdf else converted(file, tmp_path / "saved", fused=False)
    found = import_robot(ImportOptions(place, floating=True, servos=True, robot_id="rover"))
    robot = added(found, own)
    assert [limb.name for limb in robot.limbs] == CANONICAL
    assert {joint.torque_limit for joint in found.report.joints} == {25.0}
    assert found.report.mass_kg == pytest.approx(6 + 4 * 0.7, rel=0.05)
    assert (found.report.meshes > 0) == as_urdf  # MuJoCo drops what is only seen when it converts


def test_of_a_mesh_only_what_stands_is_a_foot(tmp_path: Path) -> None:
    head = '<asset><mesh name="shin" file="shin.obj" scale="0.3 0.3 2"/></asset>'
    shank = '<geom name="{leg}_shin" type="mesh" mesh="shin" pos="0 0 -0.1" mass="0.15"/>'
    (tmp_path / "shin.obj").write_text(CUBE)
    found = import_robot(ImportOptions(Dog(head=head, shank=shank, foot="").write(tmp_path)))
    model = scene(found)
    lower = model.body("nose_l_lower")
    own = [g for g in range(model.ngeom) if model.geom_bodyid[g] == lower.id]
    touching = [g for g in own if model.geom_conaffinity[g]]
    kinds = [mujoco.mjtGeom(int(model.geom_type[g])).name for g in touching]
    assert kinds == ["mjGEOM_CAPSULE", "mjGEOM_SPHERE"]
    assert found.report.limbs[0].end.startswith("mesh")
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_kinematics(model, data)
    bottom = data.geom_xpos[touching[1]][2] - model.geom_size[touching[1]][0]
    assert bottom == pytest.approx(0.0, abs=2e-3)
    assert found.report.meshes == 4


def test_a_trunk_that_touches_nothing_gets_the_box_of_its_looks(tmp_path: Path) -> None:
    trunk = (
        '<geom type="capsule" fromto="-0.2 0 0 0.2 0 0" size="0.06" mass="6" contype="0" '
        'conaffinity="0"/>'
    )
    model = scene(imported(Dog(trunk=trunk), tmp_path / "dog"))
    box = model.geom("chassis_1")
    assert box.type[0] == mujoco.mjtGeom.mjGEOM_BOX
    np.testing.assert_allclose(box.size, [0.26, 0.06, 0.06], atol=1e-6)


def test_six_legs_are_front_middle_and_rear(tmp_path: Path) -> None:
    legs = tuple(
        (f"{row}{side}", x, y)
        for row, x in (("c", -0.25), ("b", 0.0), ("a", 0.25))
        for side, y in (("l", 0.12), ("r", -0.12))
    )
    report = imported(Dog(legs=legs, foot=FOOT), tmp_path / "bug").report
    assert [limb.name for limb in report.limbs] == ["ar", "al", "br", "bl", "cr", "cl"]
    assert report.limbs[2].place == ["right"]
    assert report.mirrored


def test_a_ros_package_is_searched_for_its_urdf(tmp_path: Path) -> None:
    file = urdf(tmp_path)
    package = file.parent.parent
    (package / "package.xml").write_text("<package/>")
    found = import_robot(ImportOptions(package, floating=True, servos=True))
    assert found.report.source == str(file)


def test_meshes_that_mujoco_cannot_read_are_left_out_of_the_looks(tmp_path: Path) -> None:
    file = urdf(tmp_path)
    file.write_text(file.read_text().replace("shank.obj", "shank.dae"))
    report = import_robot(ImportOptions(file, floating=True, servos=True)).report
    assert report.meshes == 0
    assert report.notes[0].startswith("4 meshes that are only seen are left out")


def test_meshes_lie_where_the_urdf_tells_mujoco(tmp_path: Path) -> None:
    file = urdf(tmp_path)
    text = file.read_text().replace("package://stray/meshes/", "package://elsewhere/")
    settings = '<mujoco><compiler meshdir="../meshes"/></mujoco>'
    file.write_text(text.replace('<robot name="stray">', f'<robot name="stray">{settings}'))
    report = import_robot(ImportOptions(file, floating=True, servos=True)).report
    assert report.meshes == 4


def test_a_hinge_may_be_called_like_the_free_joint(tmp_path: Path) -> None:
    (tmp_path / "dog.xml").write_text(Dog().xml().replace("nose_l_knee", "root"))
    report = import_robot(ImportOptions(tmp_path)).report
    assert "root" in [joint.name for joint in report.joints]
