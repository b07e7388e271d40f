"""Bundles of other robots: makers' libraries by stand-ins, messages as the makers declare them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.embodiments.load import embodiment_of
from tabrl.export.exportable import Exportable
from tabrl.robots import get_robot
from tabrl.robots.hardware import AdapterKind, Hardware
from tests.support.hardware import unitree_dds
from tests.support.hardware.rehearsal import exportable, rehearse, unpacked

GO1, ANYMAL, UR5E = (get_robot(name) for name in ("go1", "anymal_c", "ur5e"))
TWO = ("--yes", "--seconds", "2")


def as_if(model: Exportable, kind: AdapterKind, motors: tuple[str, ...]) -> Exportable:
    """The model of a robot with the motors of another one."""
    hardware = Hardware(adapter=kind, motors=motors, rest=model.robot.hardware.rest)
    return replace(model, robot=model.robot.model_copy(update={"hardware": hardware}))


def test_the_go1_is_driven_through_its_library(tmp_path: Path) -> None:
    bundle = unpacked(exportable(GO1, vx=0.6), tmp_path / "bundle")
    ran = rehearse(
        bundle, tmp_path, *TWO, kind="unitree_go1", stand_in=True,
        settings={"connection.transport": "sdk"}, fake=("--damaged", "0.05"),
    )  # fmt: skip
    assert (ran.code, ran.stopped_because, ran.refused) == (0, "done", 0)
    assert 0.8 < ran.moved[-1, 1] < 2.4


@pytest.mark.parametrize("kind", ["unitree_go2", "unitree_g1"])
def test_unitrees_second_library(kind: AdapterKind, tmp_path: Path) -> None:
    """The Go1's body and policy behind the messages of its successor, and of the humanoid, whose
    first motors it then has in another order."""
    motors = GO1.hardware.motors if kind == "unitree_go2" else ("", *reversed(GO1.joint_names))
    bundle = unpacked(as_if(exportable(GO1, vx=0.6), kind, motors), tmp_path / "bundle")
    fake = ("--lag-s", "0.004", "--loss", "0.05", "--damaged", "0.05")
    ran = rehearse(bundle, tmp_path, *TWO, kind=kind, stand_in=True, fake=fake)
    assert (ran.code, ran.stopped_because, ran.refused) == (0, "done", 0)
    assert 0.8 < ran.moved[-1, 1] < 2.4
    stiffness, damping = ran.last
    assert not stiffness.any()
    np.testing.assert_allclose(damping, 3.0)


def test_a_robot_that_keeps_its_own_controller_is_left_alone(tmp_path: Path) -> None:
    bundle = unpacked(
        as_if(exportable(GO1), "unitree_go2", GO1.hardware.motors), tmp_path / "bundle"
    )
    ran = rehearse(
        bundle, tmp_path, "--yes", kind="unitree_go2", stand_in=True,
        fake=("--seconds", "1"), environment={"FAKE_ROBOT_RELEASES": "99"},
    )  # fmt: skip
    assert ran.code == 2
    assert "was not released" in ran.said
    assert len(ran.told) == 0


def test_layouts_are_those_that_the_checksum_is_made_of() -> None:
    for family, (command, state) in unitree_dds.SIZES.items():
        layouts = [
            getattr(unitree_dds, f"{family.upper()}_{kind}") for kind in ("COMMAND", "STATE")
        ]
        sizes = [len(unitree_dds.packed(unitree_dds.blank(layout), layout)) for layout in layouts]
        assert sizes == [command, state]


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = exportable(UR5E, x=(0.0, 0.1, 0.0), z=(0.0, 0.1, 1.5), modulation_frequency=0.4)
    return unpacked(model, tmp_path_factory.mktemp("drawing"))


def test_an_arm_draws_by_rtde(drawing: Path, tmp_path: Path) -> None:
    ran = rehearse(
        drawing, tmp_path, "--yes", "--seconds", "4", kind="universal_robots", stand_in=True,
        fake=("--lag-s", "0.004",),
    )  # fmt: skip
    assert (ran.code, ran.stopped_because) == (0, "done")
    running = (ran.moved[:, 0] > 2.5) & (ran.moved[:, 0] < 5.0)
    model = mujoco.MjModel.from_xml_path(str(drawing / "policy/scene.xml"))
    tips = np.array([_tip(model, qpos) for qpos in ran.moved[running, 1:][::50]])
    assert 0.15 < np.ptp(tips[:, 0]) < 0.25
    assert 0.15 < np.ptp(tips[:, 2]) < 0.25
    speeds = np.abs(np.diff(ran.targets, axis=0)) / 0.02
    joints = embodiment_of(UR5E).joints
    assert (speeds <= 0.4 * joints.motors.no_load_speed * 1.01).all()
    np.testing.assert_allclose(ran.moved[-1, 1:], UR5E.home, atol=0.05)


def test_an_arm_that_stops_itself_is_believed(drawing: Path, tmp_path: Path) -> None:
    ran = rehearse(
        drawing, tmp_path, "--yes", "--seconds", "60", kind="universal_robots", stand_in=True,
        environment={"FAKE_ROBOT_STOPS_AT": "2.5"},
    )  # fmt: skip
    assert ran.code == 3
    assert "protective stop" in ran.stopped_because
    assert not ran.last[0].any()


def test_a_robot_without_an_interface_has_the_loopback(tmp_path: Path) -> None:
    bundle = unpacked(exportable(ANYMAL, vx=0.5), tmp_path / "bundle")
    assert "publishes no interface" in (bundle / "README.md").read_text()
    ran = rehearse(bundle, tmp_path, *TWO, kind="loopback", fake=("--loss", "0.05"))
    assert (ran.code, ran.stopped_because) == (0, "done")
    assert 0.6 < ran.moved[-1, 1] < 2.0


def _tip(model: mujoco.MjModel, qpos: np.ndarray) -> np.ndarray:
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(model, data)
    return np.array(data.site(UR5E.end_effectors[0]).xpos)
