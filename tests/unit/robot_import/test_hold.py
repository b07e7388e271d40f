"""Holding the home pose: what stands, what falls, and what it takes."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from tabrl.domain.errors import Invalid
from tabrl.robot_import.hold import hold_home, microseconds

# A trunk on `legs` stilts of one joint each.
STILTS = """<mujoco><option timestep="0.01" integrator="implicitfast"/><worldbody>
  <geom type="plane" size="2 2 0.1"/>
  <body pos="0 0 0.32"><freejoint/><geom type="box" size="0.2 0.1 0.05" mass="4" contype="0"
    conaffinity="0"/>{stilts}</body></worldbody><actuator>{actuators}</actuator>
  <keyframe><key name="home" qpos="0 0 0.32 1 0 0 0{angles}"/></keyframe></mujoco>"""
STILT = """<body pos="{x} {y} 0"><joint name="j{i}" axis="0 1 0" armature="0.01"/>
  <geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.02" mass="0.2" contype="0" conaffinity="1"/>
</body>"""


def stilts(places: list[tuple[float, float]], gains: str) -> mujoco.MjModel:
    text = STILTS.format(
        stilts="".join(STILT.format(i=i, x=x, y=y) for i, (x, y) in enumerate(places)),
        actuators="".join(f'<position joint="j{i}" {gains}/>' for i in range(len(places))),
        angles=" 0" * len(places),
    )
    return mujoco.MjModel.from_xml_string(text)


FOUR = [(0.2, 0.1), (0.2, -0.1), (-0.2, 0.1), (-0.2, -0.1)]
TWO = [(0.0, 0.1), (0.0, -0.1)]
STRONG, WEAK = 'kp="100" kv="5"', 'kp="0.5" kv="0.1"'


def tipped(qpos: np.ndarray) -> bool:
    """Lying on its side or back."""
    up = 1.0 - 2.0 * (qpos[4] ** 2 + qpos[5] ** 2)
    return bool(up < 0.5)


def test_a_table_stands_on_four_legs() -> None:
    held = hold_home(stilts(FOUR, STRONG), tipped, limbs=4)
    assert held.balanced
    assert held.height == pytest.approx(0.32, abs=2e-3)
    assert abs(held.sank) < 2e-3
    assert held.tilt < 0.01
    assert held.torque.max() < 1.0


def test_weak_legs_give_way_and_the_joint_is_named() -> None:
    with pytest.raises(Invalid, match=r"falls after \d\.\d s, the joint j\d \d\.\d\d rad"):
        hold_home(stilts(FOUR, WEAK), tipped, limbs=4)


def test_two_legs_are_kept_from_tipping_which_is_said() -> None:
    held = hold_home(stilts(TWO, STRONG), tipped, limbs=2)
    assert not held.balanced
    assert held.height == pytest.approx(0.32, abs=2e-3)


def test_four_legs_are_not_kept_from_tipping() -> None:
    behind = [(0.1, 0.1), (0.1, -0.1), (0.15, 0.1), (0.15, -0.1)]
    with pytest.raises(Invalid, match="does not stand at home"):
        hold_home(stilts(behind, STRONG), tipped, limbs=4)


def test_a_servo_too_stiff_for_the_physics_is_named() -> None:
    model = stilts(FOUR, 'kp="60000"')
    with pytest.raises(Invalid, match=r"diverges after .*: lower the stiffness of j\d"):
        hold_home(model, tipped, limbs=4)


def test_what_a_step_costs_is_measured() -> None:
    assert microseconds(stilts(TWO, STRONG)) > 0.0
