"""Actuators of every kind, read as servos at their joints."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
import pytest

from tabrl.domain.errors import Invalid
from tabrl.robot_import.model.files import ModelFile
from tabrl.robot_import.model.motors import Servo, drives_of, kind_of
from tabrl.robot_import.model.source import Source, read_source

PENDULUM = """<mujoco><compiler autolimits="true"/><worldbody><body name="stand"><body>
  <joint name="swing" axis="0 1 0" range="-100 100" {joint}/>
  <geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.02" mass="1"/></body></body></worldbody>
  <actuator>{actuators}</actuator></mujoco>"""


@pytest.fixture
def read(tmp_path: Path):
    def read(actuators: str, joint: str = "") -> Source:
        file = tmp_path / "pendulum.xml"
        file.write_text(PENDULUM.format(actuators=actuators, joint=joint))
        return read_source(ModelFile(file))

    return read


def servo(source: Source, *, make: bool = False, inertia: float = 0.03) -> Servo:
    (found,) = drives_of(source, [0], [inertia], 0.7 if make else None).servos
    return found


POSITION = '<position joint="swing" kp="50" kv="2" forcerange="-20 30" ctrlrange="-1 1"/>'
GENERAL = (
    '<general joint="swing" gaintype="fixed" biastype="affine" gainprm="50" '
    'biasprm="0 -50 -2" forcerange="-20 30" ctrlrange="-1 1"/>'
)


@pytest.mark.parametrize("actuator", [POSITION, GENERAL], ids=["position", "general"])
def test_a_position_actuator_by_either_name(read, actuator: str) -> None:
    assert servo(read(actuator)) == Servo(50.0, 2.0, 20.0, (-1.0, 1.0))


def test_a_gear_is_taken_to_the_joint(read) -> None:
    """Ours pulls as theirs does, which gets targets in the motor's own unit."""
    geared = POSITION.replace("<position", '<position gear="-3"')
    source = read(geared)
    found = servo(source)
    assert found.torque == pytest.approx(60.0)
    low, high = sorted(limit / -3.0 for limit in (-1.0, 1.0))
    assert found.targets == pytest.approx((low, high))
    data = mujoco.MjData(source.model)
    data.qpos[0], data.qvel[0], target = 0.1, 0.2, 0.15
    data.ctrl[0] = target * -3.0
    mujoco.mj_forward(source.model, data)
    pull = found.stiffness * (target - 0.1) - found.damping * 0.2
    assert data.qfrc_actuator[0] == pytest.approx(pull)


def test_a_velocity_actuator_beside_a_position_is_its_damping(read) -> None:
    both = POSITION.replace(' kv="2"', "") + '<velocity joint="swing" kv="3"/>'
    assert servo(read(both)).damping == pytest.approx(3.0)


def test_a_joints_own_limit_counts(read) -> None:
    assert servo(read(POSITION, 'actuatorfrcrange="-8 8"')).torque == 8.0


def test_a_lag_is_left_out_and_said(read) -> None:
    lagging = POSITION.replace("<position", '<position name="slow" timeconst="0.05"')
    source = read(lagging)
    assert "the lag of slow is left out" in " ".join(drives_of(source, [0], [1.0], None).notes)


def test_without_any_limit_it_is_said(read) -> None:
    drives = drives_of(read('<position joint="swing" kp="5"/>'), [0], [1.0], None)
    assert drives.servos[0].torque is None
    assert "no torque limit for swing" in drives.notes[0]


@pytest.mark.parametrize(
    ("actuator", "kind"),
    [
        ('<motor joint="swing"/>', "motor"),
        ('<velocity joint="swing" kv="2"/>', "velocity"),
        ('<intvelocity joint="swing" kp="2" actrange="-1 1"/>', "other"),
        ('<general joint="swing" gainprm="5" biastype="affine" biasprm="0 -7 0"/>', "other"),
        ('<general joint="swing" gainprm="5" biastype="affine" biasprm="1 -5 0"/>', "other"),
        (POSITION, "position"),
    ],
)
def test_kinds_are_told_apart_by_their_formula(read, actuator: str, kind: str) -> None:
    source = read(actuator)
    assert kind_of(source.model, 0) == kind
    if kind != "position":
        with pytest.raises(Invalid, match="not a position actuator"):
            servo(source)


@pytest.mark.parametrize(
    ("actuators", "joint", "torque"),
    [
        ('<motor joint="swing" gear="4" ctrlrange="-2 2"/>', "", 8.0),
        ('<motor joint="swing" forcerange="-6 6"/>', "", 6.0),
        ("", 'actuatorfrcrange="-9 9"', 9.0),
        ('<motor joint="swing" gear="4" ctrlrange="-2 2"/>', 'actuatorfrcrange="-5 5"', 5.0),
    ],
)
def test_servos_are_made_as_strong_as_what_was_there(
    read, actuators: str, joint: str, torque: float
) -> None:
    made = servo(read(actuators, joint), make=True, inertia=1.0)
    assert made.made
    assert made.torque == torque
    assert made.stiffness == pytest.approx(torque / 0.7, rel=5e-3)
    ratio = made.damping / (2.0 * np.sqrt(made.stiffness))
    assert ratio == pytest.approx(0.7, rel=1e-2)


def test_servos_of_light_joints_are_no_quicker_than_physics(read) -> None:
    made = servo(read('<motor joint="swing" ctrlrange="-50 50"/>'), make=True, inertia=0.001)
    assert np.sqrt(made.stiffness / 0.001) <= 60.0 * 1.01


def test_no_servo_without_a_torque(read) -> None:
    with pytest.raises(Invalid, match="give the joint an actuatorfrcrange"):
        servo(read('<motor joint="swing"/>'), make=True)


def test_a_good_actuator_stays_when_servos_are_made(read) -> None:
    assert not servo(read(POSITION), make=True).made
