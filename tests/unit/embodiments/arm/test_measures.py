"""What checks measure and rewards read of an arm, beside what is known of its posture."""

from __future__ import annotations

import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.control.checks import evaluate_checks
from tabrl.control.rollout import RawSteps, Rollout
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.looks import CRAMPED, JERK, SELF_CONTACT
from tabrl.rewards.state import Names
from tabrl.robots import Robot

STEPS = 50


def rollout_of(embodiment: ArmRobot, qpos: np.ndarray, qvel: np.ndarray | None = None) -> Rollout:
    """The rollout `[T, 1]` of postures one after the other."""
    count, nu = len(qpos), embodiment.robot.nu
    states = qpos[:, None].astype(np.float32)
    speeds = np.zeros_like(states) if qvel is None else qvel[:, None].astype(np.float32)
    just_reset = np.zeros((count, 1), np.float32)
    just_reset[0] = 1.0
    raw = RawSteps(
        time=0.02 * np.arange(1, count + 1, dtype=np.float32)[:, None],
        qpos=states,
        qvel=speeds,
        action=np.zeros((count, 1, nu), np.float32),
        joint_torque=np.zeros((count, 1, nu), np.float32),
        constraint_force=np.zeros((count, 1, nu), np.float32),
        commanded=np.zeros(
            (count, 1, embodiment.recorded.stop - embodiment.recorded.start), np.float32
        ),
        just_reset=just_reset,
        **embodiment.skeleton.pose(states, speeds)._asdict(),
    )
    return embodiment.derive(raw, embodiment.carry(1))


def turned(embodiment: ArmRobot, joint: int, to: float) -> Rollout:
    """From home, one joint turned evenly by so much within a second."""
    share = np.linspace(0.0, 1.0, STEPS)
    qpos = np.tile(embodiment.home_qpos, (STEPS, 1)).astype(np.float64)
    qpos[:, joint] += to * share
    qvel = np.zeros_like(qpos)
    qvel[:, joint] = to / (0.02 * (STEPS - 1))
    return rollout_of(embodiment, qpos, qvel)


def measured(
    embodiment: ArmRobot, rollout: Rollout, quantity: str, statistic: str, part: str | None = None
) -> float:
    check = CheckSpec(
        id="c", quantity=quantity, statistic=Statistic(statistic), part=part, start_s=0.0,
        end_s=1.0, at_least=0.0,
    )  # fmt: skip
    return evaluate_checks([check], rollout.fields, embodiment)[0]


def read(embodiment: ArmRobot, rollout: Rollout, method: str, *arguments: object) -> np.ndarray:
    """What a reward reads of the last step."""
    fields = {name: field[-1, 0] for name, field in rollout.fields.items()}
    state = embodiment.reward_state(fields, Names(embodiment.robot, ()), np)
    return np.asarray(getattr(state, method)(*arguments))


def test_at_home(robot: Robot, embodiment: ArmRobot) -> None:
    rollout = rollout_of(embodiment, np.tile(embodiment.home_qpos, (STEPS, 1)))
    home = embodiment.wanted.place
    for axis, value in zip("xyz", home, strict=True):
        assert measured(embodiment, rollout, "tool_position", "mean", axis) == pytest.approx(
            value, abs=1e-5
        )
    height = float(home[2]) - robot.end_effector_radius
    assert measured(embodiment, rollout, "tool_height", "min") == pytest.approx(height, abs=1e-5)
    assert read(embodiment, rollout, "tool_height") == pytest.approx(height, abs=1e-5)
    for quantity in ("tool_speed", "tool_elevation", "tool_twist", "collided"):
        assert measured(embodiment, rollout, quantity, "mean") == pytest.approx(0.0, abs=1e-3)
        assert read(embodiment, rollout, quantity) == pytest.approx(0.0, abs=1e-3)
    np.testing.assert_allclose(read(embodiment, rollout, "tool_axis"), [0, 0, -1], atol=1e-4)
    distance = read(embodiment, rollout, "tool_distance", home + np.float32([0.3, 0.0, -0.4]))
    assert distance == pytest.approx(0.5, abs=1e-5)


def test_turning_the_whole_arm(embodiment: ArmRobot) -> None:
    """The first joint turns about the vertical: the tool goes round, and turns with it."""
    rollout = turned(embodiment, embodiment.chain.columns[0], 0.8)
    x, y, _ = embodiment.wanted.place
    radius = float(np.hypot(x, y))
    seconds = 0.02 * (STEPS - 1)
    speed = measured(embodiment, rollout, "tool_speed", "mean")
    assert speed == pytest.approx(0.8 * radius / seconds, rel=1e-3)
    way = measured(embodiment, rollout, "tool_travel", "final")
    assert way == pytest.approx(2.0 * radius * np.sin(0.4), rel=1e-3)
    np.testing.assert_allclose(
        np.linalg.norm(read(embodiment, rollout, "tool_travel")), way, rtol=1e-4
    )
    # Seen from above the tool turns left; about its own axis, which points down, to the right.
    assert measured(embodiment, rollout, "tool_twist", "final") == pytest.approx(-0.8, abs=1e-3)
    assert read(embodiment, rollout, "tool_twist") == pytest.approx(-0.8, abs=1e-3)


@pytest.mark.parametrize(("azimuth", "elevation"), [(0.0, 1.2), (0.7, 0.9), (-1.1, 2.0)])
def test_where_it_points(embodiment: ArmRobot, azimuth: float, elevation: float) -> None:
    rollout = rollout_of(embodiment, np.tile(embodiment.home_qpos, (STEPS, 1)))
    axis = [
        np.sin(elevation) * np.cos(azimuth),
        np.sin(elevation) * np.sin(azimuth),
        -np.cos(elevation),
    ]
    rollout.fields["tool_axis"][:] = axis
    assert measured(embodiment, rollout, "tool_azimuth", "mean") == pytest.approx(azimuth, abs=1e-5)
    found = measured(embodiment, rollout, "tool_elevation", "mean")
    assert found == pytest.approx(elevation, abs=1e-5)
    assert read(embodiment, rollout, "tool_azimuth") == pytest.approx(azimuth, abs=1e-5)
    assert read(embodiment, rollout, "tool_elevation") == pytest.approx(elevation, abs=1e-5)


def test_quaternion_and_axis_are_one_attitude(embodiment: ArmRobot) -> None:
    rng = np.random.default_rng(2)
    qpos = embodiment.home_qpos + rng.normal(scale=0.8, size=(STEPS, embodiment.nq))
    rollout = rollout_of(embodiment, qpos)
    w, x, y, z = np.moveaxis(rollout.tool_quaternion, -1, 0)
    axis = np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], axis=-1)
    np.testing.assert_allclose(axis, rollout.tool_axis, atol=1e-5)
    frames = embodiment.chain.frames(rollout.joint_position)
    np.testing.assert_allclose(rollout.tool_position, embodiment.chain.point(frames)[0], atol=2e-6)


def test_collisions_end_an_episode_and_are_counted(embodiment: ArmRobot) -> None:
    lift = embodiment.chain.columns[1]
    rollout = turned(embodiment, lift, 1.2)
    assert embodiment.failures(rollout).max() == 1.0
    assert measured(embodiment, rollout, "collided", "any") == 1.0
    assert measured(embodiment, rollout, "table_gap", "min") < 0.0
    first_touch = np.argmax(rollout.table_contact[:, 0] > 0.5)
    first_failure = np.argmax(rollout.collided[:, 0] > 0.5)
    assert first_touch <= first_failure
    assert rollout.self_contact.max() == 0.0


def test_how_it_looks(embodiment: ArmRobot) -> None:
    rollout = rollout_of(embodiment, np.tile(embodiment.home_qpos, (STEPS, 1)))
    assert embodiment.looks(rollout) == {SELF_CONTACT: 0.0, CRAMPED: 0.0, JERK: 0.0}
    at_limit = embodiment.joints.upper[None].repeat(STEPS, axis=0)
    assert embodiment.looks(rollout_of(embodiment, at_limit))[CRAMPED] == 1.0
