"""Success checks: statistics of signals whose numbers are known, and checks that are faulty."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from tabrl.contracts.checks import CheckSpec, Statistic, describe, episode_s, fault_of
from tabrl.contracts.phases import EPISODE_S, LONGEST_EPISODE_S, PhasesS
from tabrl.contracts.quantities import Catalogue, Entry, Whole, in_space, joint_entries
from tabrl.control.checks import evaluate_checks, per_episode
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot

TIME = (np.arange(round(EPISODE_S / CONTROL_DT)) + 1) * CONTROL_DT
Signal = NDArray[np.float64]
CATALOGUE = Catalogue(
    {
        "height": Entry("m", "height"),
        "falls": Entry("of episodes", "1 after a fall", title="falls", per_episode=True),
        "hand_velocity": Entry("m/s", "velocity", in_space(("left",), "a hand", Whole.MEAN)),
        "hand_position": Entry("m", "position", in_space(("left",), "a hand")),
        **joint_entries(("hip", "knee")),
    },
    {"altitude": "height"},
)


def spec(**options: object) -> CheckSpec:
    return CheckSpec.model_validate(
        {"id": "c", "quantity": "height", "statistic": "mean", "at_least": 0.0, **options}
    )


def rollout(embodiment: Embodiment, *signals: Signal) -> dict[str, NDArray[np.float32]]:
    """Episodes of which nothing is known but the first joint's angle, the last one's speed too."""
    steps, size = len(signals[0]), len(signals)
    fields = {
        name: np.zeros((steps, size, *shape), np.float32)
        for name, shape in embodiment.schema.items()
    }
    fields["joint_position"][..., 0] = np.stack(signals, axis=-1)
    fields["joint_velocity"][..., -1] = np.stack(signals, axis=-1)
    return fields


def measure(robot: Robot, signal: Signal, statistic: str, **options: object) -> float:
    """A statistic of a signal, measured as a joint's angle."""
    embodiment = embodiment_of(robot)
    part = robot.joint_names[0]
    check = spec(quantity="joint_position", part=part, statistic=statistic, **options)
    return evaluate_checks([check], rollout(embodiment, signal), embodiment)[0]


def sway(size: float, hz: float, middle: float = 0.0, phase: float = 0.0) -> Signal:
    swing: Signal = middle + size * np.sin(2 * np.pi * hz * TIME + phase)
    return swing


STILL = np.zeros(len(TIME))
RAMP = 0.5 * TIME


@pytest.mark.parametrize(
    ("signal", "statistic", "expected"),
    [
        (STILL - 0.4, "mean", -0.4),
        (STILL - 0.4, "mean_abs", 0.4),
        (RAMP, "min", 1.0),
        (RAMP, "max", 5.0),
        (RAMP, "range", 3.99),
        (RAMP, "change", 3.99),
        (RAMP, "final", 5.0),
        (RAMP, "std", 3.99 / math.sqrt(12)),
        (RAMP, "any", 1.0),
        (STILL, "any", 0.0),
    ],
)
def test_known_numbers_come_out(
    robot: Robot, signal: Signal, statistic: str, expected: float
) -> None:
    assert measure(robot, signal, statistic) == pytest.approx(expected, abs=0.02)


def test_a_rhythm_is_found_at_its_frequency_and_at_no_other(robot: Robot) -> None:
    signal = sway(0.2, 1.2, 0.1)
    assert measure(robot, signal, "amplitude", frequency=1.2) == pytest.approx(0.2, abs=0.005)
    assert measure(robot, signal, "rhythm", frequency=1.2) > 0.99
    assert measure(robot, signal, "amplitude", frequency=0.7) < 0.02
    assert measure(robot, signal, "rhythm", frequency=0.7) < 0.1
    assert measure(robot, signal, "frequency") == pytest.approx(1.2, abs=0.03)


def test_the_strongest_swing_is_found_without_being_told_its_frequency(robot: Robot) -> None:
    signal = sway(0.2, 1.2, 0.1)
    assert measure(robot, signal, "amplitude") == pytest.approx(0.2, abs=0.01)
    assert measure(robot, signal, "range") == pytest.approx(0.4, abs=0.01)
    assert measure(robot, STILL, "amplitude") == 0.0


@pytest.mark.parametrize("phase", [0.0, 0.7, 3.0])
def test_the_phase_of_a_rhythm_does_not_matter(robot: Robot, phase: float) -> None:
    assert measure(robot, sway(0.2, 1.0, phase=phase), "rhythm", frequency=1.0) > 0.99


def test_a_still_signal_has_no_rhythm(robot: Robot) -> None:
    assert measure(robot, STILL, "rhythm", frequency=1.0) == 0.0
    assert measure(robot, STILL, "frequency") == 0.0


def test_shares_and_spread(robot: Robot) -> None:
    signal = sway(0.2, 1.0)
    above = measure(robot, signal, "share_above", threshold=0.0)
    assert above == pytest.approx(0.5, abs=0.02)
    assert measure(robot, signal, "std") == pytest.approx(0.2 / math.sqrt(2), abs=0.01)
    assert measure(robot, signal, "mean_abs") == pytest.approx(0.4 / math.pi, abs=0.01)


def test_time_below_is_the_rest_of_time_above(robot: Robot) -> None:
    above = measure(robot, sway(0.2, 1.0), "share_above", threshold=0.1)
    below = measure(robot, sway(0.2, 1.0), "share_below", threshold=0.1)
    assert above == pytest.approx(1 / 3, abs=0.02)
    assert above + below == pytest.approx(1.0)


def test_windows_select_time_and_empty_ones_pass_nothing(robot: Robot) -> None:
    late = np.where(TIME >= 6.0, 1.0, 0.0)
    assert measure(robot, late, "any", start_s=0.0, end_s=5.0) == 0.0
    assert measure(robot, late, "any", start_s=0.0) == 1.0
    value = measure(robot, STILL, "mean", start_s=50.0, end_s=60.0)
    assert math.isnan(value)
    assert not spec(at_least=-9.0).passed(value)


def test_events_are_a_share_of_episodes_and_the_rest_is_a_median(embodiment: Embodiment) -> None:
    signals = [STILL + 0.1, STILL + 0.2, STILL + 0.9, STILL + 0.3]
    fields, part = rollout(embodiment, *signals), embodiment.robot.joint_names[0]
    checks = [
        spec(quantity="joint_position", part=part, statistic=statistic)
        for statistic in ("any", "mean")
    ]
    values = evaluate_checks(checks, fields, embodiment)
    assert values == pytest.approx([0.25, 0.25])
    each = per_episode(checks, fields, embodiment)
    assert each == pytest.approx(np.array([[0, 0, 1, 0], [0.1, 0.2, 0.9, 0.3]]))


def test_an_episode_that_failed_counts_as_one(embodiment: Embodiment) -> None:
    if embodiment.failure is None:
        assert not any(entry.per_episode for entry in embodiment.catalogue.entries.values())
        return
    fields = rollout(embodiment, *[STILL] * 4)
    fields[embodiment.failure][300:, 1] = 1.0
    check = spec(quantity=embodiment.failure, statistic="any", start_s=0.0)
    assert evaluate_checks([check], fields, embodiment) == [0.25]
    assert embodiment.catalogue[embodiment.failure].per_episode


def test_every_statistic_of_every_quantity_is_a_number(embodiment: Embodiment) -> None:
    catalogue = embodiment.catalogue
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
    fields = rollout(embodiment, sway(0.1, 1.0))
    for check, value in zip(specs, evaluate_checks(specs, fields, embodiment), strict=True):
        assert math.isfinite(value), describe(check, catalogue).name
        assert fault_of(check, catalogue, EPISODE_S) is None


@pytest.mark.parametrize(
    ("quantity", "part", "expected"),
    [
        ("joint_velocity", -1, 7.0),
        ("joint_torque", 0, 1.0),
        ("joint_offset", 0, 0.25),
        ("power", -1, None),
        ("power", None, None),
        ("joint_torque", None, None),
        ("joint_limit_gap", 0, None),
    ],
)
def test_parts_are_picked_by_name(
    embodiment: Embodiment, quantity: str, part: int | None, expected: float | None
) -> None:
    robot, fields = embodiment.robot, rollout(embodiment, STILL)
    torque = np.arange(1.0, robot.nu + 1.0)
    home = np.array(robot.home)
    fields["joint_torque"][:] = torque
    fields["joint_velocity"][:] = 7.0
    fields["joint_position"][:] = home
    fields["joint_position"][..., 0] += 0.25
    lower, upper = robot.joint_range[0]
    known = {
        ("power", -1): 7.0 * robot.nu,
        ("power", None): 7.0 * torque.sum(),
        ("joint_torque", None): torque.mean(),
        ("joint_limit_gap", 0): min(home[0] + 0.25 - lower, upper - home[0] - 0.25),
    }
    wanted = known.get((quantity, part), expected)
    options = {} if part is None else {"part": robot.joint_names[part]}
    value = evaluate_checks([spec(quantity=quantity, **options)], fields, embodiment)[0]
    assert value == pytest.approx(wanted, abs=1e-4)


def test_bodies_and_commands_are_named(embodiment: Embodiment) -> None:
    fields = rollout(embodiment, STILL)
    fields["body_position"][..., -1, :] = [0.0, 0.5, 0.3]
    fields["command"][..., -1] = 0.7
    body, channel = embodiment.robot.body_names[-1], embodiment.commands.names[-1]
    checks = [
        spec(quantity="body_position", part=f"{body}_y"),
        spec(quantity="command", part=channel),
    ]
    assert evaluate_checks(checks, fields, embodiment) == pytest.approx([0.5, 0.7])


def test_checks_that_the_robot_cannot_be_measured_by_are_explained() -> None:
    def fault(lasts_s: float = EPISODE_S, **options: object) -> str | None:
        return fault_of(spec(**options), CATALOGUE, lasts_s)

    assert fault(quantity="joint_torque", part="hip") is None
    assert fault(quantity="joint_torque") is None
    assert fault(quantity="altitude") is None
    assert fault(quantity="hand_velocity", part="left_z") is None
    unknown = fault(quantity="joint_torque", part="tail")
    assert unknown is not None
    assert "hip" in unknown
    assert "did you mean joint_torque" in str(fault(quantity="joint_torq"))
    assert "known are: height" in str(fault(quantity="zzz"))
    assert "no parts" in str(fault(quantity="height", part="hip"))
    for quantity in ("joint_position", "hand_position"):
        assert "part" in str(fault(quantity=quantity))
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
        {"statistic": "mode"},
        {"start_s": 4.0, "end_s": 4.0},
        {"at_least": float("nan")},
        {"quantity": "not a name"},
        {"part": "not a name"},
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


def words(**options: object) -> str:
    return describe(spec(**options), CATALOGUE).name


def test_names_and_targets_are_words() -> None:
    torque = spec(quantity="joint_torque", part="hip", statistic="max", at_most=20.0)
    assert describe(torque, CATALOGUE) == ("max hip joint torque", "0 … 20 N·m", "N·m")
    slow = words(quantity="hand_velocity", part="left_z", statistic="share_below", threshold=0.0)
    assert slow == "time below 0 of left hand velocity z"
    assert words(statistic="amplitude") == "amplitude of height"
    assert words(statistic="amplitude", frequency=1.5) == "1.5 Hz amplitude of height"
    assert words(quantity="altitude") == "mean height"
    assert words(quantity="never_heard_of") == "mean never heard of"
    assert describe(spec(statistic="any"), CATALOGUE).target == "≥ 0 of episodes"
    falls = describe(spec(quantity="falls", statistic="any"), CATALOGUE)
    assert falls == ("falls", "≥ 0 of episodes", "of episodes")
