"""Robots whose root is two slides and a hinge: those of the dm_control suite, as Playground has
them."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.domain.errors import Invalid
from tabrl.embodiments.load import embodiment_of
from tabrl.robot_import.importing import Imported, import_robot
from tabrl.robot_import.options import ImportOptions
from tabrl.robots import get_robot
from tabrl.robots.registry import forget

SUITE = "mujoco_playground/_src/dm_control_suite/xmls"
LIMBS = {
    "cheetah": (("F", "fthigh fshin ffoot"), ("R", "bthigh bshin bfoot")),
    "hopper": (("M", "waist hip knee ankle"),),
    "walker": (
        ("right", "right_hip right_knee right_ankle"), ("left", "left_hip left_knee left_ankle"),
    ),
}  # fmt: skip


def _suite(name: str) -> Path:
    return Path(str(distribution("playground").locate_file(f"{SUITE}/{name}.xml")))


def _imported(name: str) -> Imported:
    return import_robot(ImportOptions(_suite(name), servos=True))


@pytest.mark.parametrize("name", LIMBS)
@pytest.mark.filterwarnings("ignore:compiler attribute 'settotalmass'")
def test_a_planar_robot_of_the_suite_is_one_of_ours(name: str, own: Path) -> None:
    found = _imported(name)
    report = found.report
    assert (report.kind, report.kind_exists) == ("planar", True)
    assert tuple((limb.name, " ".join(limb.joints)) for limb in report.limbs) == LIMBS[name]
    folder = own / found.robot.id
    folder.mkdir()
    for file, data in found.files.items():
        (folder / file).write_bytes(data)
    forget()
    robot = get_robot(name)
    embodiment = embodiment_of(robot)
    assert len(robot.joints) == len(report.joints) == embodiment.nq - 3
    assert not embodiment.failed(embodiment.home_qpos[None])[0]


@pytest.mark.parametrize("name", LIMBS)
@pytest.mark.filterwarnings("ignore:compiler attribute 'settotalmass'")
def test_it_moves_like_the_model(name: str) -> None:
    """The same mass matrix, and the same forces of gravity, springs and turning, in any state."""
    found = _imported(name)
    ours = mujoco.MjModel.from_xml_string(found.files[found.robot.scene].decode())
    theirs = mujoco.MjModel.from_xml_path(str(_suite(name)))
    # Ours: x, z, pitch, joints; the suite has its slides in another order and other signs.
    order = [theirs.joint(joint).id for joint in ("rootx", "rootz", "rooty")]
    order += [theirs.joint(joint).id for joint in found.robot.joint_names]
    rng = np.random.default_rng(3)
    for _ in range(4):
        qpos, qvel = rng.normal(0.0, 0.3, ours.nq), rng.normal(0.0, 1.0, ours.nv)
        matrices, forces = [], []
        for model, places in ((ours, range(ours.nq)), (theirs, order)):
            data = mujoco.MjData(model)
            data.qpos[list(places)], data.qvel[list(places)] = qpos, qvel
            model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
            mujoco.mj_forward(model, data)
            full = np.zeros((model.nv, model.nv))
            mujoco.mj_fullM(model, data, full)
            matrices.append(full[np.ix_(list(places), list(places))])
            forces.append((data.qfrc_bias - data.qfrc_passive)[list(places)])
        np.testing.assert_allclose(*matrices, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(*forces, rtol=5e-3, atol=5e-2)


def test_what_is_no_robot_of_a_plane_is_refused_for_what_it_is() -> None:
    with pytest.raises(Invalid, match="right_thigh turns on 3 joints"):
        _imported("humanoid")
    with pytest.raises(Invalid, match="no more than 0 hinges in a row hang on the fixed root"):
        _imported("swimmer")


def test_a_joint_out_of_the_plane_is_refused(tmp_path: Path) -> None:
    text = _suite("hopper").read_text()
    for include in ("skybox", "visual", "materials"):
        text = text.replace(f'<include file="./common/{include}.xml"/>', "")
    text = text.replace(' material="self"', "").replace(' material="grid"', "")
    bad = tmp_path / "bad.xml"
    bad.write_text(text.replace('<joint name="knee"', '<joint axis="1 0 0" name="knee"'))
    with pytest.raises(Invalid, match="the joint knee turns out of the plane"):
        import_robot(ImportOptions(bad, servos=True))
