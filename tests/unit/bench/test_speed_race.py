"""The clock of the speed benchmark's races."""

from __future__ import annotations

from typing import cast

import pytest
from bench.speed.race import Race
from bench.speed.walk_task import ReturnEvaluator

from tests.support.engine import still


class Clock:
    """Shows what it was set to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class SlowEvaluator:
    """Takes ten seconds; returns rise with every one."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self.value = clock, 0.0

    def mean_return(self, policy: object) -> float:
        self._clock.now += 10.0
        self.value += 1.0
        return self.value


def run(race: Race, clock: Clock, *, first_s: float, update_s: float) -> None:
    """Blocks of 100 samples until the race is over."""
    samples, going = 0, True
    while going:
        clock.now += update_s if samples else first_s
        samples += 100
        going = race.record_update(samples, still)
        assert samples < 10_000


def make(clock: Clock, **options: float) -> Race:
    evaluator = cast(ReturnEvaluator, SlowEvaluator(clock))
    return Race("a", "b", clock=clock, evaluator=evaluator, **options)


def test_it_ends_at_the_goal_and_evaluations_cost_nothing() -> None:
    clock = Clock()
    race = make(clock, cap_s=1000.0, eval_interval_s=4.0, goal=3.0)
    run(race, clock, first_s=30.0, update_s=2.0)
    result = race.result
    assert [evaluation.seconds for evaluation in result.exams] == [34.0, 38.0, 42.0]
    assert [result.seconds_to(level) for level in (0.5, 3.0, 3.5)] == [34.0, 42.0, None]
    assert result.samples_per_s == pytest.approx(50.0)
    assert result.samples_per_s_from_start == pytest.approx(700 / 42.0)


def test_it_ends_at_the_cap_after_a_last_evaluation() -> None:
    clock = Clock()
    race = make(clock, cap_s=7.0, eval_interval_s=5.0, goal=99.0)
    run(race, clock, first_s=30.0, update_s=2.0)
    assert [evaluation.seconds for evaluation in race.result.exams] == [36.0, 38.0]
    assert race.result.best_return == 2.0


def test_it_goes_on_after_the_goal_for_as_long_as_asked() -> None:
    clock = Clock()
    race = make(clock, cap_s=100.0, min_s=20.0, eval_interval_s=2.0, goal=1.0)
    run(race, clock, first_s=1.0, update_s=2.0)
    assert race.result.seconds == 21.0
    assert len(race.result.exams) == 1
    assert race.result.seconds_to(1.0) == 3.0
