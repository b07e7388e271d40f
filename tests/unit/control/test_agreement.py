"""A reward that rises while the checks fall is flagged, and nothing else is."""

from __future__ import annotations

import pytest

from tabrl.contracts.checks import CheckSpec, Statistic, describe
from tabrl.contracts.findings import Finding
from tabrl.contracts.quantities import Catalogue
from tabrl.contracts.training import CheckResult, EvaluationRow
from tabrl.control.agreement import reward_checks_disagree

MEAN = Statistic.MEAN
SPEED = CheckSpec(id="speed", quantity="forward_speed", statistic=MEAN, at_least=0.4)
LOW = CheckSpec(id="low", quantity="height", statistic=MEAN, at_most=0.2)
FALLS = CheckSpec(id="falls", quantity="fallen", statistic=Statistic.ANY, start_s=0.0, at_most=0.02)


def row(reward: float, noise: float = 0.01) -> EvaluationRow:
    return EvaluationRow(reward=reward, reward_ci95=noise, terms={}, fall_rate=0.0, episodes=64)


def found(
    rewards: tuple[float, float, float],
    *values: tuple[CheckSpec, float, float, float],
    noise: float = 0.01,
) -> Finding | None:
    """The finding for rewards and check values of base, schedule and result."""
    nothing_known = Catalogue({})
    words = [describe(check, nothing_known) for check, *_ in values]
    results = [
        CheckResult(
            id=check.id, name=said.name, target=said.target,
            base=base, program=schedule, result=result, passed=check.passed(result),
        )
        for said, (check, base, schedule, result) in zip(words, values, strict=True)
    ]  # fmt: skip
    checks = [value[0] for value in values]
    base, schedule, result = (row(reward, noise) for reward in rewards)
    return reward_checks_disagree(base, schedule, result, checks, results)


def test_more_reward_for_less_of_what_was_promised_is_flagged() -> None:
    finding = found((0.1, 0.5, 0.9), (SPEED, 0.0, 0.45, 0.2), (LOW, 0.28, 0.19, 0.19))
    assert finding is not None
    assert finding.code == "reward_up_checks_down"
    assert "mean forward speed" in finding.message
    assert "mean height" not in finding.message
    assert "0.5 to 0.9" in finding.message


def test_doing_worse_than_before_any_training_is_flagged() -> None:
    finding = found((0.1, 0.9, 0.9), (FALLS, 0.0, 0.1, 0.1), (LOW, 0.19, 0.25, 0.25))
    assert finding is not None
    assert "before any training" in finding.message


@pytest.mark.parametrize(
    ("rewards", "values"),
    [
        # Both rose.
        ((0.1, 0.5, 0.9), [(SPEED, 0.0, 0.3, 0.45)]),
        # The reward did not rise by more than its noise.
        ((0.9, 0.9, 0.905), [(SPEED, 0.5, 0.5, 0.2)]),
        # Both fell.
        ((0.9, 0.9, 0.5), [(SPEED, 0.5, 0.5, 0.2)]),
        # One check for another.
        ((0.1, 0.5, 0.9), [(SPEED, 0.0, 0.45, 0.2), (LOW, 0.28, 0.28, 0.19)]),
        # Less than before, but still as promised.
        ((0.1, 0.5, 0.9), [(SPEED, 0.7, 0.7, 0.41)]),
        # Missed by a hair more.
        ((0.1, 0.5, 0.9), [(SPEED, 0.39, 0.39, 0.385)]),
    ],
)
def test_an_honest_training_is_not_flagged(
    rewards: tuple[float, float, float], values: list[tuple[CheckSpec, float, float, float]]
) -> None:
    assert found(rewards, *values) is None


def test_a_check_that_can_no_longer_be_measured_got_worse() -> None:
    assert found((0.1, 0.5, 0.9), (SPEED, 0.0, 0.45, float("nan"))) is not None


def test_a_check_that_was_not_measured_is_missed_as_clearly_as_before() -> None:
    unknown = float("nan")
    assert found((0.1, 0.5, 0.9), (SPEED, unknown, unknown, unknown)) is None
    assert found((0.1, 0.5, 0.9), (SPEED, 0.0, 0.5, unknown)) is not None
