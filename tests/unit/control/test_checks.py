"""Success checks against motion whose numbers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from tabrl.contracts.checks import CheckSpec, Quantity, Statistic, episode_s, fault_of
from tabrl.contracts.phases import EPISODE_S, LONGEST_EPISODE_S, PhasesS
from tabrl.contracts.quantities import CATALOGUE, parts_of
from tabrl.control.checks import evaluate_checks, per_episode
from tabrl.control.gait import Gait
from tabrl.control.rollout import Rollout
from tabrl.domain.errors import Invalid
from tabrl.robots import get_robot
from tests.support.motion import RANDOM, STAND, Motion, rollout_of

GO1 = get_robot("go1")


def measure(motion: Motion, quantity: str, statistic: str, **options: float | str) -> float:
    return on_rollout(rollout_of(motion, GO1), quantity, statistic, **options)


def on_rollout(rollout: Rollout, quantity: str, statistic: str, **options: float | str) -> float:
    check = spec(quantity=quantity, statistic=statistic, **options)
    return evaluate_checks([check], rollout.fields, GO1)[0]


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
        (Motion(height=-0.05), "height", "mean", GO1.standing_height - 0.05),
        (Motion(pitch=0.3), "pitch", "mean", 0.3),
        (Motion(roll=-0.2), "roll", "min", -0.2),
        (Motion(roll=0.2), "roll", "max", 0.2),
        (Motion(vx=0.5), "drift", "final", 0.5 * 9.7),
        (Motion(pitch=0.2), "pitch", "final", 0.2),
        (STAND, "feet_in_air", "max", 0.0),
        (STAND, "diagonals_apart", "max", 0.0),
        (Motion(lift=("FL", 0.1)), "feet_in_air", "mean", 1.0),
        (Motion(lift=("FL", 0.1)), "sides_apart", "mean", 0.5),
    ],
)
def test_known_numbers_come_out(
    motion: Motion, quantity: str, statistic: str, expected: float
) -> None:
    assert measure(motion, quantity, statistic) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("gait", "apart"),
    [
        (Gait.TROT, "diagonals_apart"),
        (Gait.PACE, "sides_apart"),
        (Gait.BOUND, "ends_apart"),
    ],
)
def test_gaits_are_told_apart_by_their_pairs(gait: Gait, apart: str) -> None:
    motion = Motion(vx=0.5, gait=gait)
    for quantity in ("diagonals_apart", "sides_apart", "ends_apart"):
        measured = measure(motion, quantity, "mean")
        if quantity == apart:
            assert 0.4 < measured <= 1.0
        else:
            assert measured == pytest.approx(0.0, abs=0.1)


def test_walking_forward_after_a_turn_is_still_forward() -> None:
    turned = Motion(vx=0.5, yaw=0.7)
    assert measure(turned, "forward_speed", "mean") == pytest.approx(0.5, abs=0.01)
    assert measure(turned, "lateral_speed", "mean") == pytest.approx(0.0, abs=0.01)


def test_a_rhythm_is_found_at_its_frequency_and_at_no_other() -> None:
    sway = Motion(roll=0.1, rhythms={"roll": (0.2, 1.2)})
    assert measure(sway, "roll", "amplitude", frequency=1.2) == pytest.approx(0.2, abs=0.005)
    assert measure(sway, "roll", "rhythm", frequency=1.2) > 0.99
    assert measure(sway, "roll", "amplitude", frequency=0.7) < 0.02
    assert measure(sway, "roll", "rhythm", frequency=0.7) < 0.1
    assert measure(sway, "roll", "frequency") == pytest.approx(1.2, abs=0.03)


def test_the_phase_of_a_rhythm_does_not_matter() -> None:
    rollout = rollout_of(Motion(rhythms={"pitch": (0.2, 1.0)}), GO1, seconds=10.3)
    later = Rollout({name: field[15:] for name, field in rollout.fields.items()})
    for one in (rollout, later):
        assert on_rollout(one, "pitch", "rhythm", frequency=1.0) > 0.99


def test_a_still_signal_has_no_rhythm() -> None:
    assert measure(STAND, "roll", "rhythm", frequency=1.0) == 0.0
    assert measure(STAND, "roll", "frequency") == 0.0


def test_noise_has_little_rhythm() -> None:
    values = [
        on_rollout(rollout_of(RANDOM, GO1, seed=seed), "roll", "rhythm", frequency=1.0)
        for seed in range(8)
    ]
    assert max(values) < 0.55


def test_shares_and_spread() -> None:
    sway = Motion(rhythms={"roll": (0.2, 1.0)})
    assert measure(sway, "roll", "share_above", threshold=0.0) == pytest.approx(0.5, abs=0.02)
    assert measure(sway, "roll", "std") == pytest.approx(0.2 / math.sqrt(2), abs=0.01)
    assert measure(sway, "roll", "mean_abs") == pytest.approx(0.4 / math.pi, abs=0.01)


def test_windows_select_time_and_empty_ones_pass_nothing() -> None:
    late_fall = Motion(falls_at=6.0)
    assert measure(late_fall, "fallen", "any", start_s=0.0, end_s=5.0) == 0.0
    assert measure(late_fall, "fallen", "any", start_s=0.0) == 1.0
    value = measure(STAND, "roll", "mean", start_s=50.0, end_s=60.0)
    check = CheckSpec(id="c", quantity=Quantity.ROLL, statistic=Statistic.MEAN, at_least=-9.0)
    assert math.isnan(value)
    assert not check.passed(value)


def test_falls_are_a_share_of_episodes_and_the_rest_is_a_median() -> None:
    rollouts = [rollout_of(Motion(vx=v), GO1) for v in (0.1, 0.2, 0.9)]
    rollouts.append(rollout_of(Motion(vx=0.3, falls_at=3.0), GO1))
    merged = Rollout(
        {
            name: np.concatenate([rollout.fields[name] for rollout in rollouts], axis=1)
            for name in rollouts[0].fields
        }
    )
    assert on_rollout(merged, "fallen", "any", start_s=0.0) == pytest.approx(0.25)
    assert on_rollout(merged, "forward_speed", "mean") == pytest.approx(0.15, abs=0.02)


def test_foot_height_names_a_foot_and_counts_from_the_sole() -> None:
    rollout = rollout_of(STAND, GO1)
    rollout.fields["foot_position"][:, :, 2, 2] = 0.1
    height = on_rollout(rollout, "foot_height", "mean", part="RR")
    assert height == pytest.approx(0.1 - GO1.foot_radius, abs=1e-6)
    with pytest.raises(Invalid) as error:
        on_rollout(rollout, "foot_height", "mean", part="tail")
    assert error.value.code == "unknown_part"


def spec(**options: object) -> CheckSpec:
    return CheckSpec.model_validate(
        {"id": "c", "quantity": "roll", "statistic": "mean", "at_least": 0.0, **options}
    )


def test_every_statistic_of_every_quantity_is_a_number() -> None:
    rollout = rollout_of(Motion(vx=0.4, rhythms={"roll": (0.1, 1.0)}), GO1)
    specs = [
        spec(
            quantity=quantity,
            statistic=statistic,
            part=parts_of(quantity, GO1)[-1] if CATALOGUE[quantity].needs_part else None,
            frequency=1.0,
            threshold=0.0,
        )
        for quantity in Quantity
        for statistic in Statistic
    ]
    for check, value in zip(specs, evaluate_checks(specs, rollout.fields, GO1), strict=True):
        assert math.isfinite(value), check.name


def test_the_strongest_swing_is_found_without_being_told_its_frequency() -> None:
    sway = Motion(roll=0.1, rhythms={"roll": (0.2, 1.2)})
    assert measure(sway, "roll", "amplitude") == pytest.approx(0.2, abs=0.01)
    assert measure(sway, "roll", "range") == pytest.approx(0.4, abs=0.01)
    assert measure(STAND, "roll", "amplitude") == 0.0


def test_time_below_is_the_rest_of_time_above() -> None:
    sway = Motion(rhythms={"roll": (0.2, 1.0)})
    above = measure(sway, "roll", "share_above", threshold=0.1)
    below = measure(sway, "roll", "share_below", threshold=0.1)
    assert above == pytest.approx(1 / 3, abs=0.02)
    assert above + below == pytest.approx(1.0)


def test_events_count_the_episodes_in_which_they_happen() -> None:
    rollout = rollout_of(STAND, GO1)
    four = Rollout({name: np.repeat(field, 4, axis=1) for name, field in rollout.fields.items()})
    four.fields["self_collision"][300, 1] = 1.0
    assert on_rollout(four, "self_collision", "any") == 0.25
    assert spec(quantity="self_collision", statistic="any").target == "≥ 0 of episodes"


def test_each_episode_has_its_own_numbers() -> None:
    rollouts = [rollout_of(Motion(vx=v), GO1).fields for v in (0.1, 0.9)]
    both = {name: np.concatenate([t[name] for t in rollouts], axis=1) for name in rollouts[0]}
    values = per_episode([spec(quantity="forward_speed"), spec()], both, GO1)
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
    ],
)
def test_parts_are_picked_by_name(quantity: str, part: str | None, expected: float) -> None:
    rollout = rollout_of(STAND, GO1)
    numbers = np.arange(1.0, 13.0, dtype=np.float32)
    rollout.fields["joint_velocity"][:] = numbers * [1, 1, 1, 1, 1, 1, 1, 7 / 8, 1, 1, 1, 1]
    rollout.fields["joint_torque"][:] = numbers * [1, 1, 1, 1, 1, 11 / 6, 1, 1, 1, 1, 1, 1]
    if part is None:
        rollout.fields["joint_velocity"][:] = rollout.fields["joint_torque"][:] = numbers
    rollout.fields["joint_position"][:] = np.array(GO1.home) + np.eye(12)[0] * 0.25
    rollout.fields["foot_velocity"][:, :, 1] = [3.0, 0.0, 4.0]
    rollout.fields["body_position"][:, :, 0] = [0.0, 0.5, 0.3]
    rollout.fields["command"][:, :, 2] = 0.7
    options = {} if part is None else {"part": part}
    assert on_rollout(rollout, quantity, "mean", **options) == pytest.approx(expected, abs=1e-5)


def test_the_time_in_the_air_of_one_foot_is_measured() -> None:
    step = measure(Motion(vx=0.5), "foot_last_air_time", "max", part="RL")
    assert 0.1 < step < 0.4
    assert measure(STAND, "foot_air_time", "max") == 0.0


def test_checks_that_the_robot_cannot_be_measured_by_are_explained() -> None:
    def fault(lasts_s: float = EPISODE_S, **options: object) -> str | None:
        return fault_of(spec(**options), GO1, lasts_s)

    assert fault(quantity="joint_torque", part="FR_hip") is None
    assert fault(quantity="joint_torque") is None
    unknown = fault(quantity="joint_torque", part="FR_knee")
    assert unknown is not None
    assert "FR_hip" in unknown
    assert "no parts" in str(fault(quantity="height", part="FR"))
    assert "nothing can meet" in str(fault(at_least=2.0, at_most=1.0))
    assert "begins after" in str(fault(start_s=12.0, end_s=13.0))
    assert fault(16.0, start_s=12.0, end_s=13.0) is None
    assert "shorter than" in str(fault(start_s=2.0, end_s=2.01))
    assert "shorter than" in str(fault(start_s=9.95, end_s=13.0))


@pytest.mark.parametrize(
    ("phases_s", "end_s", "lasts_s"),
    [
        ((), 12.0, EPISODE_S),
        ((15.0,), 12.0, EPISODE_S),
        ((4.0, 4.0), 2.0, EPISODE_S),
        ((4.0, 4.0), 12.0, 12.0),
        ((6.0, 6.0, 2.0), 12.0, 14.0),
        ((4.0, 4.0), 30.0, LONGEST_EPISODE_S),
    ],
)
def test_an_episode_shows_all_phases_and_checks(
    phases_s: tuple[float, ...], end_s: float, lasts_s: float
) -> None:
    assert episode_s(phases_s, [spec(start_s=0.5, end_s=end_s)]) == lasts_s


def test_phases_fit_into_the_longest_episode() -> None:
    phases = TypeAdapter(PhasesS)
    assert phases.validate_python((8.0, 6.0, 6.0)) == (8.0, 6.0, 6.0)
    with pytest.raises(ValidationError, match="20 s at most"):
        phases.validate_python((12.0, 8.5))


@pytest.mark.parametrize(
    "options",
    [
        {"at_least": None},
        {"statistic": "rhythm"},
        {"statistic": "share_below"},
        {"quantity": "joint_position"},
        {"quantity": "foot_height"},
        {"start_s": 4.0, "end_s": 4.0},
        {"at_least": float("nan")},
        {"quantity": "mood"},
    ],
)
def test_an_incomplete_check_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        spec(**options)


@pytest.mark.parametrize(
    ("options", "value", "expected"),
    [
        ({"at_least": 0.4}, 0.5, 0.0),
        ({"at_least": 0.4}, 0.3, 0.25),
        ({"at_least": None, "at_most": 0.02}, 0.05, 1.5),
        ({"at_least": 0.4, "at_most": 0.6}, 0.7, 0.5),
        ({"at_least": 0.4, "at_most": 0.6}, 0.3, 0.5),
        ({"at_least": 0.0}, -0.5, 0.5),
        ({"at_least": 0.4}, math.nan, 1.0),
    ],
)
def test_a_shortfall_is_counted_in_the_size_of_the_bound(
    options: dict[str, object], value: float, expected: float
) -> None:
    check = spec(**options)
    assert check.shortfall(value) == pytest.approx(expected)
    assert check.passed(value) == (expected == 0.0)


def test_names_and_targets_are_words() -> None:
    torque = spec(quantity="joint_torque", part="FR_hip", statistic="max", at_most=20.0)
    assert torque.name == "max FR_hip joint torque"
    assert torque.target == "0 … 20 N·m"
    still = spec(quantity="foot_velocity", part="FL_z", statistic="share_below", threshold=0.0)
    assert still.name == "time below 0 of FL foot velocity z"
    assert spec(statistic="amplitude").name == "amplitude of roll"
    assert spec(statistic="amplitude", frequency=1.5).name == "1.5 Hz amplitude of roll"
