"""Robots on a fixed base: the chain to the tool, its home, and a kind that may not be there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.control.staged_commands import StagedCommands
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import camera_of
from tabrl.robot_import.importing import import_robot
from tabrl.robot_import.options import ImportOptions
from tabrl.robot_import.output.folder import write_folder
from tabrl.robots import get_robot
from tabrl.robots.registry import forget
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig
from tabrl_reward_worker.generator import generate
from tabrl_trainer.pretraining.arm.reach import Reach
from tabrl_trainer.pretraining.pretraining import pretraining_of
from tests.support.made_up import made_up_schedule, made_up_weights
from tests.support.models.arm import arm


def test_an_arm_is_the_chain_to_its_tool(tmp_path: Path) -> None:
    found = import_robot(ImportOptions(arm(tmp_path / "lever")))
    report = found.report
    assert report.kind == "arm"
    (limb,) = report.limbs
    assert limb.joints == ["turn", "lift", "bend"]
    assert limb.end == "the site tcp"
    assert report.length_m == pytest.approx(0.3 + 0.22)
    assert report.id == "lever"
    assert "points 163° away from straight down" in " ".join(report.notes)
    model = mujoco.MjModel.from_xml_string(found.files["lever.xml"].decode())
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    mujoco.mj_kinematics(model, data)
    source = mujoco.MjModel.from_xml_path(report.source)
    theirs = mujoco.MjData(source)
    mujoco.mj_resetDataKeyframe(source, theirs, 0)
    mujoco.mj_kinematics(source, theirs)
    # Ours looks ahead: the tool is turned into the plane of x, with all that it is turned by.
    place = theirs.site("tcp").xpos
    np.testing.assert_allclose(
        data.site("tcp").xpos, [np.hypot(*place[:2]), 0.0, place[2]], atol=1e-5
    )
    back = np.array([[np.cos(0.2), np.sin(0.2), 0], [-np.sin(0.2), np.cos(0.2), 0], [0, 0, 1]])
    turned = back @ theirs.site("tcp").xmat.reshape(3, 3)
    np.testing.assert_allclose(data.site("tcp").xmat.reshape(3, 3), turned, atol=1e-5)


def test_fingers_that_slide_are_held(tmp_path: Path) -> None:
    report = import_robot(ImportOptions(arm(tmp_path / "lever", gripper=True))).report
    assert report.limbs[0].joints == ["turn", "lift", "bend"]
    assert report.held_joints == ["grip_l", "grip_r"]
    assert report.mass_kg == pytest.approx(4 + 1 + 1 + 0.4 + 0.04)


def test_another_tool_can_be_named(tmp_path: Path) -> None:
    place = arm(tmp_path / "lever")
    report = import_robot(ImportOptions(place, tool="boom")).report
    assert report.limbs[0].joints == ["turn", "lift"]
    assert report.held_joints == ["bend"]
    with pytest.raises(Invalid, match="no site and no body named hook: name another with --tool"):
        import_robot(ImportOptions(place, tool="hook"))


def test_without_a_site_the_tool_is_the_end_of_the_last_link(tmp_path: Path) -> None:
    file = arm(tmp_path / "lever") / "lever.xml"
    file.write_text(file.read_text().replace('<site name="tcp" pos="0.22 0 0"/>', ""))
    report = import_robot(ImportOptions(file)).report
    assert report.limbs[0].end == "the end of wrist"
    assert report.length_m == pytest.approx(0.3 + 0.2 + 0.02, abs=1e-6)


X, Y, Z = "1 0 0", "0 1 0", "0 0 1"


def chain(folder: Path, joints: Sequence[str], home: str = "") -> Path:
    """Write an arm of links of 20 cm, each ahead of the one before, that turn about some axes."""
    bodies, actuators = "", ""
    for i, axis in enumerate(joints):
        place = "0.2 0 0" if i else "0 0 0.3"
        bodies += (
            f'<body name="b{i}" pos="{place}"><joint name="j{i}" axis="{axis}" range="-2 2" '
            'armature="0.1"/><geom type="capsule" fromto="0 0 0 0.2 0 0" size="0.02" mass="0.2"/>'
        )
        actuators += f'<position joint="j{i}" kp="300" kv="30" forcerange="-80 80"/>'
    folder.mkdir(exist_ok=True)
    (folder / "chain.xml").write_text(
        '<mujoco><compiler autolimits="true" angle="radian"/><worldbody><body name="foot">'
        f"{bodies}{'</body>' * (len(joints) + 1)}</worldbody>"
        f"<actuator>{actuators}</actuator>"
        + (f'<keyframe><key name="home" qpos="{home}"/></keyframe>' if home else "")
        + "</mujoco>"
    )
    return folder


def test_reach_is_measured_to_the_wrist(tmp_path: Path) -> None:
    """Of six joints the last three turn the tool."""
    report = import_robot(ImportOptions(chain(tmp_path, (Z, Y, Y, X, Y, X)))).report
    assert report.length_m == pytest.approx(0.4)
    assert report.limbs[0].end == "the end of b5"


def test_it_is_seen_from_as_near_as_arms_are(tmp_path: Path) -> None:
    """A legged robot of that length would be seen from twice as far: it is that high."""
    found = import_robot(ImportOptions(arm(tmp_path / "lever")))
    camera, reach = camera_of(found.robot), found.report.length_m
    assert 2.5 * reach < camera.distance_m < 3.5 * reach
    assert 0.2 * reach < camera.height_m < 0.5 * reach


@pytest.mark.parametrize(
    ("joints", "without"),
    [
        ((Z, Y), {"z", "azimuth", "elevation", "roll"}),
        ((Z, Y, Y), {"azimuth", "elevation", "roll"}),
        ((Z, Y, Y, Y), {"azimuth", "roll"}),
        ((Z, Y, Y, Y, X), {"azimuth"}),
        ((Z, Y, Y, Y, Z, Y), set()),
        ((Z, Y, Y, X, Y, X), {"elbow"}),
        ((Z, Y, X, Y, X, Y, X), {"elbow"}),
        ((Z,) * 6, {"z", "elevation", "roll", "elbow"}),
        ((Y,) * 7, {"y", "azimuth", "roll"}),
    ],
)
def test_what_its_joints_cannot_do_it_has_not(
    tmp_path: Path, own: Path, joints: Sequence[str], without: set[str]
) -> None:
    """Two joints place nothing at will, five do not point to every side; an elbow that changes
    sides turns about the same axis as shoulder and wrist, whatever the number of joints."""
    found = import_robot(ImportOptions(chain(tmp_path / "chain", joints)))
    assert set(found.report.without) == without
    assert found.report.pretrainable == (not without - {"elbow"})
    write_folder(found.files, own / "chain", replace=False)
    forget()
    robot = get_robot("chain")
    assert len(robot.examples) >= 2
    assert all(generate(sentence, robot).candidates for sentence in robot.examples)
    if not found.report.pretrainable:
        with pytest.raises(Invalid, match="cannot be pretrained: it has too few joints"):
            pretraining_of(robot)


def test_an_arm_of_two_joints_can_be_simulated(tmp_path: Path, own: Path) -> None:
    """Though it has hardly a channel."""
    found = import_robot(ImportOptions(chain(tmp_path / "chain", (Z, Y))))
    write_folder(found.files, own / "chain", replace=False)
    forget()
    robot = get_robot("chain")
    simulator = CpuSimulator(robot, 2)
    simulator.reset(StagedCommands.stack([made_up_schedule(robot)] * 2), EpisodeConfig(), 0)
    run = simulator.rollout(made_up_weights(robot).act, 3)
    assert all(np.isfinite(field).all() for field in run.rollout.fields.values())


def test_an_arm_that_always_points_down_is_placed_and_turned(tmp_path: Path) -> None:
    place = chain(tmp_path, (Z, Z, Z)) / "chain.xml"
    site = '<site name="tcp" pos="0.1 0 0" euler="3.1416 0 0"/></body>'
    text = place.read_text().replace("</body>", site, 1)
    place.write_text(text)
    report = import_robot(ImportOptions(tmp_path)).report
    assert set(report.without) == {"z", "elevation", "azimuth"}


@pytest.mark.parametrize(("bend", "sign"), [(Y, 1.0), ("0 -1 0", -1.0)])
def test_an_elbow_comes_down_whichever_way_its_joint_turns(
    tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch, bend: str, sign: float
) -> None:
    monkeypatch.setattr("tabrl_trainer.pretraining.arm.reach.DRAWN", 400)
    home = f"0 -1.2 {1.2 * sign} -0.8 0.3 0.3"
    place = chain(tmp_path / "chain", (Z, Y, bend, Y, Z, Y), home)
    write_folder(import_robot(ImportOptions(place)).files, own / "chain", replace=False)
    forget()
    embodiment = embodiment_of(get_robot("chain"))
    assert isinstance(embodiment, ArmRobot)
    reach = Reach.of(embodiment)
    assert len(reach.down()) > 0.5 * len(reach.up()) > 10


def test_an_arm_without_room_is_not_pretrained_and_told_why(
    tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tabrl_trainer.pretraining.arm.reach.DRAWN", 300)
    place = chain(tmp_path / "chain", (Z, Y, X, Y, X, Y, X)) / "chain.xml"
    place.write_text(place.read_text().replace('range="-2 2"', 'range="-0.25 0.25"'))
    write_folder(import_robot(ImportOptions(place)).files, own / "chain", replace=False)
    forget()
    pretraining = pretraining_of(get_robot("chain"))
    with pytest.raises(Invalid, match=r"\(0 of 300; .* 0% keep all joints 0.3 rad") as refused:
        pretraining.sampler(pretraining.curriculum[0])
    assert refused.value.code == "no_pretraining"
