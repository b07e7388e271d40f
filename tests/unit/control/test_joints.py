"""What motors can do, and targets that stay within it."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.control.embodiment import Embodiment
from tabrl.control.joints import IntegratedJoints, Joints, MotorLines
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Motor, get_robot

GO1 = embodiment_of(get_robot("go1")).joints
KNEE = 2  # of the first leg


def asked(joints: Joints, action: float, speed: float) -> tuple[float, float]:
    """The knee's torque at the start of a step, N·m, and the most that its motor has then."""
    shape = (1, len(joints.home))
    position = np.tile(joints.home, (1, 1))
    velocity = np.full(shape, speed, np.float32)
    targets = joints.targets(np.full(shape, action, np.float32), position, velocity)
    torque = joints.stiffness * (targets - position) - joints.damping * velocity
    return float(torque[0, KNEE]), float(joints.motors.most(velocity)[0, KNEE])


def test_a_motor_gives_its_full_torque_then_less_then_none() -> None:
    speeds = np.array([-30.0, 0.0, 9.0, 14.53, 20.06, 25.0])
    most = GO1.motors.most(np.tile(speeds[:, None], (1, 12)))[:, KNEE]
    np.testing.assert_allclose(most, [35.55, 35.55, 35.55, 17.775, 0.0, 0.0], atol=1e-3)


@pytest.mark.parametrize("speed", [-8.0, 0.0, 8.0, 15.0, 19.0])
def test_no_target_asks_for_more_than_the_motor_has(speed: float) -> None:
    torque, most = asked(GO1, 2.2, speed)
    assert torque <= most + 1e-3
    assert abs(torque) > 0.0


def test_gentle_targets_are_left_alone() -> None:
    shape = (1, len(GO1.home))
    action = np.full(shape, 0.2, np.float32)
    targets = GO1.targets(action, GO1.home[None], np.zeros(shape, np.float32))
    np.testing.assert_allclose(targets[0], GO1.home + 0.2 * GO1.scale, atol=1e-6)


def test_torques_outside_of_the_line_are_found_on_both_sides() -> None:
    torque = np.zeros((3, 12))
    velocity = np.zeros((3, 12))
    torque[:, KNEE], velocity[:, KNEE] = (20.0, -20.0, 20.0), (15.0, -15.0, -15.0)
    excess = GO1.motors.exceeded(torque, velocity)[:, KNEE]
    np.testing.assert_allclose(excess, [3.736, 3.736, 0.0], atol=1e-2)


def test_only_joints_beyond_their_motors_speed_are_too_fast() -> None:
    velocity = np.zeros((4, 12))
    velocity[:, KNEE] = (-30.09, 20.0, 0.0, 40.12)
    faster = GO1.motors.overspeed(velocity)
    np.testing.assert_allclose(faster[:, KNEE], [0.5, 0.0, 0.0, 1.0], atol=1e-6)
    assert np.delete(faster, KNEE, axis=1).max() == 0.0


def test_a_robot_without_motors_has_no_limit(embodiment: Embodiment) -> None:
    bare = tuple(joint.model_copy(update={"motor": None}) for joint in embodiment.robot.joints)
    lines = MotorLines.of(embodiment.robot.model_copy(update={"joints": bare}))
    torque = np.full((1, embodiment.robot.nu), 1e4)
    np.testing.assert_array_equal(lines.exceeded(torque, torque), 0.0)
    np.testing.assert_array_equal(lines.overspeed(torque), 0.0)


def test_a_motors_line_must_fall() -> None:
    with pytest.raises(ValueError, match="corner_speed must be below"):
        Motor(torque=10.0, corner_speed=5.0, no_load_speed=4.0)


ARM = embodiment_of(get_robot("ur5e")).joints


def test_integrated_targets_go_on_from_the_last() -> None:
    assert isinstance(ARM, IntegratedJoints)
    assert not GO1.integrated
    home, still = ARM.home[None], np.zeros((1, 6), np.float32)
    np.testing.assert_array_equal(ARM.targets(still, home, still, last=home), home)
    action = np.linspace(-0.7, 0.7, 6, dtype=np.float32)[None]  # within what the motors hold
    targets = ARM.targets(action, home, still, last=home)
    np.testing.assert_allclose(targets - home, 0.02 * ARM.scale * action, atol=1e-6)
    np.testing.assert_allclose(ARM.action(targets, home), action, atol=1e-4)
    again = ARM.targets(action, home, still, last=targets)
    np.testing.assert_allclose(again - home, 0.04 * ARM.scale * action, atol=1e-6)


def test_integrated_targets_stay_within_what_motors_and_joints_can_do() -> None:
    home, still = ARM.home[None], np.zeros((1, 6), np.float32)
    target = home
    for _ in range(200):  # held fast, the targets would run away
        target = ARM.targets(np.full((1, 6), 5.0, np.float32), home, still, last=target)
    np.testing.assert_allclose(ARM.stiffness * (target - home), ARM.motors.torque[None], rtol=1e-4)
    edge = ARM.upper[None]
    beyond = ARM.targets(np.full((1, 6), 5.0, np.float32), edge, still, last=edge)
    np.testing.assert_array_equal(beyond, edge)


def test_integrated_targets_need_the_last_ones() -> None:
    still = np.zeros((1, 6), np.float32)
    with pytest.raises(ValueError, match="need the last"):
        ARM.targets(still, still, still)
    with pytest.raises(ValueError, match="need the last"):
        ARM.action(still)
