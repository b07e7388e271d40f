"""The evaluation: pairs of episodes, when it stops early, and what passes the gate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tabrl.contracts.checks import CheckSpec, Statistic
from tabrl.contracts.comparison import Comparison
from tabrl.contracts.training import EvaluationRow
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.looks import UGLIER
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import catalogue_of
from tabrl_trainer.comparison import compare, fall_rate_upper, half_width
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.episode_scores import EpisodeScores, EvaluationEntry
from tabrl_trainer.evaluation import (
    Candidate,
    Evaluation,
    Evaluator,
    Standing,
    check_results,
    flags_of,
)
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.stages.acceptance import accepted, rejection_reason
from tests.support.engine import GO1

CHECKS = (
    CheckSpec(id="speed", quantity="forward_speed", statistic=Statistic.MEAN, at_least=0.25,
              start_s=1.0),
    CheckSpec(id="falls", quantity="fallen", statistic=Statistic.ANY, at_most=0.1, start_s=0.0),
)  # fmt: skip


def standing(walker: TrainingContext) -> Candidate:
    neutral = CommandSchedule.neutral(walker.embodiment.commands)
    return Candidate(walker.pretrained_weights, neutral)


def walking(walker: TrainingContext, speed: float) -> Candidate:
    schedule = CommandSchedule.asking(walker.embodiment.commands, vx=speed)
    return Candidate(walker.pretrained_weights, schedule)


def test_candidates_are_measured_from_the_same_starts(
    walker: TrainingContext, forward: RolloutReward
) -> None:
    foot = walker.robot.end_effectors[0]
    sole = CheckSpec(id="sole", quantity="foot_height", statistic=Statistic.MIN, part=foot,
                     at_most=0.005, start_s=1.0)  # fmt: skip
    still = standing(walker)
    found = walker.evaluator.evaluate(still, walking(walker, 0.5), forward, (*CHECKS, sole))
    assert found.result.row.reward > found.program.row.reward
    assert found.result.values[0] > found.program.values[0] + 0.1
    terms = sum(found.result.row.terms.values())
    assert terms == pytest.approx(found.result.row.reward, rel=1e-4)
    assert found.program.row == found.base.row  # the same starts for all
    assert found.base.values[2] == pytest.approx(0.0, abs=0.01)  # measured from the sole
    assert found.comparison.verdict == "better"
    assert found.comparison.reference == pytest.approx(found.program.row.reward)


def test_what_is_settled_in_the_first_round_costs_the_schedule_no_second(
    walker: TrainingContext, forward: RolloutReward
) -> None:
    clear = walker.evaluator.evaluate(standing(walker), walking(walker, 0.5), forward, CHECKS)
    assert clear.comparison.settled
    assert (clear.program.row.episodes, clear.result.row.episodes) == (4, 8)
    assert clear.comparison.episodes == 4
    assert walker.evaluator.most_episodes == 16
    quick = walker.quick_evaluator.evaluate(standing(walker), walking(walker, 0.5), forward, CHECKS)
    assert (quick.program.row.episodes, quick.result.row.episodes) == (4, 4)


def test_what_the_first_round_leaves_open_both_are_measured_for_again(
    walker: TrainingContext, forward: RolloutReward, monkeypatch: pytest.MonkeyPatch
) -> None:
    earned = iter([(1.0, 1.0), (1.0, 1.04), (1.0, 1.0), (1.0, 1.04)])  # apart by 0 to 4 %

    def scored(rollout: Rollout, *_: object) -> EpisodeScores:
        size = rollout.shape[1]
        terms = np.zeros((size, len(forward.terms)))
        terms[:, 0] = np.resize(next(earned, (0.0,)), size)
        return EpisodeScores(terms, terms.sum(1), np.zeros((0, size)), np.zeros(size, bool), {})

    monkeypatch.setattr(EpisodeScores, "of", scored)
    found = walker.evaluator.evaluate(standing(walker), walking(walker, 0.5), forward, ())
    assert found.comparison.episodes == found.program.row.episodes == 8
    assert found.result.row.episodes == 8
    assert found.comparison.effect == pytest.approx(0.02)


def test_standing_is_recorded_once_and_again_only_for_longer(walker: TrainingContext) -> None:
    recorded = Standing(standing(walker), walker.small_simulator)
    first = recorded.rollout(2.0)
    assert first.shape == (round(2.0 / CONTROL_DT), walker.small_simulator.size)
    shorter, longer = recorded.rollout(1.0), recorded.rollout(3.0)
    assert shorter.base_position.base is first.base_position.base
    for name, field in first.fields.items():
        np.testing.assert_array_equal(longer.fields[name][: len(field)], field)


def test_pairs_see_what_noise_between_episodes_hides() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(1.0, 0.5, 128)
    other = reference + 0.02 + rng.normal(0.0, 0.01, 128)
    paired = compare(reference, other)
    assert paired.difference == pytest.approx(0.02, abs=0.003)
    assert paired.ci95 < 0.003 < half_width(reference)
    assert paired.verdict == "better"
    longer = compare(reference, np.concatenate([other, np.zeros(9)]))
    assert longer == paired  # only pairs count


def evaluation(
    reward: float, falls: float = 0.0, *, base: tuple[float, float] = (0.0, 0.0)
) -> Evaluation:
    """A result against a schedule that earns 1; a reward and a rate of falls each."""
    return Evaluation(
        row(*base), row(1.0, 0.0), row(reward, falls), Comparison.of(1.0, reward - 1.0, 0.05, 100)
    )


def row(reward: float, falls: float, *values: float) -> EvaluationEntry:
    return EvaluationEntry(
        EvaluationRow(reward=reward, terms={}, fall_rate=falls, episodes=100), values
    )


@pytest.mark.parametrize(
    ("measured", "delivered"),
    [
        (evaluation(1.2), True),
        (evaluation(1.0), True),
        (evaluation(0.9), False),  # less reward than the schedule
        (evaluation(1.2, 0.05), False),  # falls more than the base
        (evaluation(1.2, 0.05, base=(0.0, 0.2)), True),
        (evaluation(1.2, base=(2.0, 0.0)), True),  # the base's reward is no measure
    ],
)
def test_the_acceptance_gate_lets_no_worse_result_through(
    measured: Evaluation, delivered: bool
) -> None:
    assert accepted(measured) is delivered


def test_a_rejection_says_why() -> None:
    assert "lower (0.900 against 1.000)" in rejection_reason(evaluation(0.9))
    assert "fell more often (5.0% against 0.0%)" in rejection_reason(evaluation(1.2, 0.05))


def test_a_round_too_many_or_none_is_no_evaluation(walker: TrainingContext) -> None:
    for rounds in (0, 3):
        with pytest.raises(ValueError, match="rounds"):
            Evaluator(
                walker.embodiment,
                Standing(standing(walker), walker.small_simulator),
                walker.small_simulator,
                rounds,
            )


def test_a_check_shows_all_rows_and_is_passed_by_the_result() -> None:
    speed, catalogue = CHECKS[:1], catalogue_of(GO1)
    (missed,) = check_results(speed, row(0, 0, 0.0), row(0, 0, 0.5), row(0, 0, 0.2), catalogue)
    assert (missed.base, missed.program, missed.result) == (0.0, 0.5, 0.2)
    assert missed.passed is False
    assert (missed.name, missed.target) == ("mean forward speed", "≥ 0.25 m/s")
    (passed,) = check_results(speed, row(0, 0, 0.0), row(0, 0, 0.1), row(0, 0, 0.3), catalogue)
    assert passed.passed is True
    (unknown,) = check_results(
        speed, row(0, 0, 0.0), row(0, 0, 0.1), row(0, 0, float("nan")), catalogue
    )
    assert (unknown.passed, unknown.result) == (False, None)


def looking(**looks: float) -> EvaluationEntry:
    return replace(row(1.0, 0.0, 0.3), looks=looks)


def test_a_result_that_looks_worse_than_its_schedule_is_flagged() -> None:
    embodiment = embodiment_of(GO1)
    look = embodiment.looked_at[0]
    even, ugly = looking(**{look.name: 0.0}), looking(**{look.name: 2.0 * look.margin})
    flags = flags_of(CHECKS[:1], even, even, ugly, embodiment)
    assert [flag.code for flag in flags] == [UGLIER]
    assert look.words in flags[0].message
    # It is the schedule that it is compared with, and what got better is no finding.
    assert flags_of(CHECKS[:1], even, ugly, ugly, embodiment) == ()
    assert flags_of(CHECKS[:1], even, ugly, even, embodiment) == ()


def test_joined_episodes_look_as_their_mean_weighted_by_their_number() -> None:
    def scores(count: int, look: float) -> EpisodeScores:
        shape = np.full((count, 1), look)
        return EpisodeScores(
            shape, shape.sum(1), shape.T, np.zeros(count, bool), {"high_feet": look}
        )

    both = scores(6, 0.1).joined(scores(2, 0.5))
    assert both.looks == pytest.approx({"high_feet": 0.2})
    assert both.looks["high_feet"] == pytest.approx(both.rewards.mean())
    assert len(both.fallen) == both.values.shape[1] == 8


def test_no_falls_seen_is_not_no_falls() -> None:
    assert fall_rate_upper(0, 256) == pytest.approx(3 / 256, rel=0.01)  # the rule of three
    assert fall_rate_upper(0, 256) < 0.012
    assert fall_rate_upper(3, 256) == pytest.approx(0.0300, abs=2e-4)  # Clopper and Pearson's
    assert fall_rate_upper(4, 4) == 1.0
    assert fall_rate_upper(0, 4) == pytest.approx(1 - 0.05**0.25)
