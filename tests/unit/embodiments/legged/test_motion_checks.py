"""Success checks of legged robots against motion whose numbers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec, Statistic, describe
from tabrl.control.checks import evaluate_checks, per_episode
from tabrl.control.rollout import Rollout
from tabrl.domain.errors import Invalid
from tabrl.embodiments.legged.catalogue import Quantity
from tabrl.embodiments.legged.gait import Gait
from tabrl.embodiments.legged.limbs import has_pairs, pairs
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import catalogue_of
from tabrl.robots import Robot, get_robot
from tests.support.motion import RANDOM, STAND, Motion, rollout_of


def spec(**options: object) -> CheckSpec:
    return CheckSpec.model_validate(
        {"id": "c", "quantity": "roll", "statistic": "mean", "at_least": 0.0, **options}
    )


def measure(
    robot: Robot, motion: Motion, quantity: str, statistic: str, **options: float | str
) -> float:
    return on_rollout(robot, rollout_of(motion, robot), quantity, statistic, **options)


def on_rollout(
    robot: Robot, rollout: Rollout, quantity: str, statistic: str, **options: float | str
) -> float:
    check = spec(quantity=quantity, statistic=statistic, **options)
    return evaluate_checks([check], rollout.fields, embodiment_of(robot))[0]


@pytest.mark.parametrize(
    ("motion", "quantity", "statistic", "expected"),
    [
        (Motion(vx=-0.4), "forward_speed", "mean", -0.4),
        (Motion(vx=0.4, pitch=0.3), "forward_speed", "mean", 0.4),
        (Motion(vy=0.3, roll=0.25), "lateral_speed", "mean", 0.3),
        (Motion(vx=0.3, vy=0.4), "planar_speed", "mean", 0.5),
        (Motion(yaw=-0.8), "yaw_rate", "mean", -0.8),
        (Motion(yaw=0.8, pitch=0.3), "yaw_rate", "mean", 0.8),
        (Motion(yaw=1.5), "heading", "change", 1.5 * 7.98),
        (Motion(pitch=0.3), "pitch", "mean", 0.3),
        (Motion(roll=-0.2), "roll", "min", -0.2),
        (Motion(roll=0.2), "roll", "max", 0.2),
        (Motion(vx=0.5), "drift", "final", 0.5 * 9.7),
        (Motion(pitch=0.2), "pitch", "final", 0.2),
        (STAND, "feet_in_air", "max", 0.0),
    ],
)
def test_known_numbers_come_out(
    robot: Robot, motion: Motion, quantity: str, statistic: str, expected: float
) -> None:
    assert measure(robot, motion, quantity, statistic) == pytest.approx(expected, abs=0.02)


def test_the_height_is_that_of_the_trunk(robot: Robot) -> None:
    low = measure(robot, Motion(height=-0.05), "height", "mean")
    assert low == pytest.approx(robot.characteristic_length - 0.05, abs=0.02)


def test_a_lifted_foot_is_in_the_air_and_its_side_apart_from_the_other(robot: Robot) -> None:
    for foot, limb in enumerate(robot.limbs):
        lifted = rollout_of(Motion(lift=(limb.end_effector, 0.1)), robot)
        assert on_rollout(robot, lifted, "feet_in_air", "mean") == pytest.approx(1.0, abs=0.02)
        if has_pairs(robot, "sides_apart"):
            side = next(group for group in pairs(robot, "sides_apart") if foot in group)
            apart = on_rollout(robot, lifted, "sides_apart", "mean")
            assert apart == pytest.approx(1.0 / len(side), abs=0.02)


def test_gaits_are_told_apart_by_their_pairs(robot: Robot) -> None:
    own = {
        Gait.TROT: "diagonals_apart", Gait.PACE: "sides_apart", Gait.BOUND: "ends_apart",
    }  # fmt: skip
    measurable = [apart for apart in own.values() if apart in catalogue_of(robot)]
    assert len(measurable) == sum(has_pairs(robot, apart) for apart in own.values()) > 0
    for gait, apart in own.items():
        walking = rollout_of(Motion(vx=0.5, gait=gait), robot)
        for quantity in measurable:
            measured = on_rollout(robot, walking, quantity, "mean")
            assert measure(robot, STAND, quantity, "max") == 0.0
            if quantity == apart:
                assert 0.4 < measured <= 1.0
            elif len(robot.limbs) == 4:
                assert measured == pytest.approx(0.0, abs=0.1)


def test_walking_forward_after_a_turn_is_still_forward(robot: Robot) -> None:
    turned = Motion(vx=0.5, yaw=0.7)
    assert measure(robot, turned, "forward_speed", "mean") == pytest.approx(0.5, abs=0.01)
    assert measure(robot, turned, "lateral_speed", "mean") == pytest.approx(0.0, abs=0.01)


def test_a_rhythm_is_found_at_its_frequency_and_at_no_other(robot: Robot) -> None:
    sway = Motion(roll=0.1, rhythms={"roll": (0.2, 1.2)})
    assert measure(robot, sway, "roll", "amplitude", frequency=1.2) == pytest.approx(0.2, abs=0.005)
    assert measure(robot, sway, "roll", "rhythm", frequency=1.2) > 0.99
    assert measure(robot, sway, "roll", "amplitude", frequency=0.7) < 0.02
    assert measure(robot, sway, "roll", "rhythm", frequency=0.7) < 0.1
    assert measure(robot, sway, "roll", "frequency") == pytest.approx(1.2, abs=0.03)


def test_the_phase_of_a_rhythm_does_not_matter(robot: Robot) -> None:
    rollout = rollout_of(Motion(rhythms={"pitch": (0.2, 1.0)}), robot, seconds=10.3)
    later = Rollout({name: field[15:] for name, field in rollout.fields.items()})
    for one in (rollout, later):
        assert on_rollout(robot, one, "pitch", "rhythm", frequency=1.0) > 0.99


def test_a_still_signal_has_no_rhythm(robot: Robot) -> None:
    assert measure(robot, STAND, "roll", "rhythm", frequency=1.0) == 0.0
    assert measure(robot, STAND, "roll", "frequency") == 0.0


def test_noise_has_little_rhythm(robot: Robot) -> None:
    values = [
        on_rollout(robot, rollout_of(RANDOM, robot, seed=seed), "roll", "rhythm", frequency=1.0)
        for seed in range(8)
    ]
    assert max(values) < 0.55


def test_windows_select_time_and_empty_ones_pass_nothing(robot: Robot) -> None:
    late_fall = Motion(falls_at=6.0)
    assert measure(robot, late_fall, "fallen", "any", start_s=0.0, end_s=5.0) == 0.0
    assert measure(robot, late_fall, "fallen", "any", start_s=0.0) == 1.0
    value = measure(robot, STAND, "roll", "mean", start_s=50.0, end_s=60.0)
    check = CheckSpec(id="c", quantity=Quantity.ROLL, statistic=Statistic.MEAN, at_least=-9.0)
    assert math.isnan(value)
    assert not check.passed(value)


def test_falls_are_a_share_of_episodes_and_the_rest_is_a_median(robot: Robot) -> None:
    rollouts = [rollout_of(Motion(vx=v), robot) for v in (0.1, 0.2, 0.9)]
    rollouts.append(rollout_of(Motion(vx=0.3, falls_at=3.0), robot))
    merged = Rollout(
        {
            name: np.concatenate([rollout.fields[name] for rollout in rollouts], axis=1)
            for name in rollouts[0].fields
        }
    )
    assert on_rollout(robot, merged, "fallen", "any", start_s=0.0) == pytest.approx(0.25)
    assert on_rollout(robot, merged, "forward_speed", "mean") == pytest.approx(0.15, abs=0.02)


def test_foot_height_names_a_foot_and_counts_from_the_sole(robot: Robot) -> None:
    rollout = rollout_of(STAND, robot)
    rollout.fields["foot_position"][:, :, -1, 2] = 0.1
    height = on_rollout(robot, rollout, "foot_height", "mean", part=robot.end_effectors[-1])
    assert height == pytest.approx(0.1 - robot.end_effector_radius, abs=1e-6)
    with pytest.raises(Invalid) as error:
        on_rollout(robot, rollout, "foot_height", "mean", part="tail")
    assert error.value.code == "unknown_part"


def test_every_statistic_of_every_quantity_is_a_number(robot: Robot) -> None:
    rollout, catalogue = (
        rollout_of(Motion(vx=0.4, rhythms={"roll": (0.1, 1.0)}), robot),
        catalogue_of(robot),
    )
    assert set(catalogue.entries) <= set(Quantity)
    specs = [
        spec(
            quantity=quantity,
            statistic=statistic,
            part=entry.parts.names[-1] if entry.needs_part else None,
            frequency=1.0,
            threshold=0.0,
        )
        for quantity, entry in catalogue.entries.items()
        for statistic in Statistic
    ]
    values = evaluate_checks(specs, rollout.fields, embodiment_of(robot))
    for check, value in zip(specs, values, strict=True):
        assert math.isfinite(value), describe(check, catalogue).name


def test_events_count_the_episodes_in_which_they_happen(robot: Robot) -> None:
    rollout = rollout_of(STAND, robot)
    four = Rollout({name: np.repeat(field, 4, axis=1) for name, field in rollout.fields.items()})
    four.fields["self_collision"][300, 1] = 1.0
    assert on_rollout(robot, four, "self_collision", "any") == 0.25
    events = spec(quantity="self_collision", statistic="any")
    assert describe(events, catalogue_of(robot)).target == "≥ 0 of episodes"


def test_each_episode_has_its_own_numbers(robot: Robot) -> None:
    rollouts = [rollout_of(Motion(vx=v), robot).fields for v in (0.1, 0.9)]
    both = {name: np.concatenate([t[name] for t in rollouts], axis=1) for name in rollouts[0]}
    values = per_episode([spec(quantity="forward_speed"), spec()], both, embodiment_of(robot))
    assert values.shape == (2, 2)
    assert values[0] == pytest.approx([0.1, 0.9], abs=0.02)


@pytest.mark.parametrize(
    ("quantity", "part", "expected"),
    [
        ("joint_velocity", "RR_thigh", 7.0),
        ("joint_torque", "FL_calf", 11.0),
        ("joint_offset", "FR_hip", 0.25),
        ("joint_limit_gap", "FR_hip", 0.863 - 0.25),
        ("power", "FR_calf", 3.0 * 3.0),
        ("power", None, float(sum((k + 1) ** 2 for k in range(12)))),
        ("joint_torque", None, 6.5),
        ("foot_velocity", "FL", 5.0),
        ("foot_velocity", "FL_z", 4.0),
        ("body_position", "trunk_y", 0.5),
        ("command", "yaw", 0.7),
        ("base_linear_velocity", None, 0.0),
        ("tilt", None, 0.0),
        ("base_height", None, 0.28),
        ("get_joint_angle", "FR_hip", 0.25),
    ],
)
def test_parts_of_the_go1_are_picked_by_name(
    quantity: str, part: str | None, expected: float
) -> None:
    robot = get_robot("go1")
    rollout = rollout_of(STAND, robot)
    numbers = np.arange(1.0, 13.0, dtype=np.float32)
    rollout.fields["joint_velocity"][:] = numbers * [1, 1, 1, 1, 1, 1, 1, 7 / 8, 1, 1, 1, 1]
    rollout.fields["joint_torque"][:] = numbers * [1, 1, 1, 1, 1, 11 / 6, 1, 1, 1, 1, 1, 1]
    if part is None:
        rollout.fields["joint_velocity"][:] = rollout.fields["joint_torque"][:] = numbers
    rollout.fields["joint_position"][:] = np.array(robot.home) + np.eye(12)[0] * 0.25
    rollout.fields["foot_velocity"][:, :, 1] = [3.0, 0.0, 4.0]
    rollout.fields["body_position"][:, :, 0] = [0.0, 0.5, 0.3]
    rollout.fields["command"][:, :, 2] = 0.7
    options = {} if part is None else {"part": part}
    assert on_rollout(robot, rollout, quantity, "mean", **options) == pytest.approx(
        expected, abs=1e-5
    )


def test_the_time_in_the_air_of_one_foot_is_measured(robot: Robot) -> None:
    for foot in robot.end_effectors:
        step = measure(robot, Motion(vx=0.5), "foot_last_air_time", "max", part=foot)
        assert 0.1 < step < 0.4
    assert measure(robot, STAND, "foot_air_time", "max") == 0.0


def test_tilt_is_the_angle_to_the_vertical(robot: Robot) -> None:
    for roll, pitch in ((0.3, 0.0), (0.0, -0.4), (0.2, 0.3)):
        tilted = rollout_of(Motion(roll=roll, pitch=pitch), robot)
        up = np.cos(roll) * np.cos(pitch)
        tilt = on_rollout(robot, tilted, "tilt", "mean")
        assert tilt == pytest.approx(np.arccos(up), abs=1e-4)
        assert on_rollout(robot, tilted, "uprightness", "mean") == pytest.approx(up, abs=1e-4)
