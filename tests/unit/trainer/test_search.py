"""The search over command schedules: rhythm, composition, what it finds and when it stops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tabrl.control.commands import (
    CHANNELS,
    COUNT,
    LOWER,
    STEP_RANGE,
    SWING,
    UPPER,
    CommandBatch,
    CommandSchedule,
)  # fmt: skip
from tabrl.control.gait import Gait
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.reward.function import load_reward
from tabrl.sim.simulator import Experience, PolicyFn
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.crossover import Gene, ablated, crossovers, genes_of
from tabrl_trainer.mutation import Mutator, single_entries
from tabrl_trainer.periodicity import modulation_frequencies_of
from tabrl_trainer.rollout_reward import CHUNK, RolloutReward
from tabrl_trainer.search import CommandSearch
from tests.support.engine import FORWARD, GO1, SWAY, exported

VX, ROLL = CHANNELS.index("vx"), CHANNELS.index("roll")


class TimedSimulator(CpuSimulator):
    """A simulator whose every experience takes a second of its own clock."""

    now = 100.0

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        self.now += 1.0
        return super().rollout(policy, steps, on_step)


@pytest.fixture(scope="module")
def simulator() -> TimedSimulator:
    return TimedSimulator(GO1, 48)


@pytest.fixture(scope="module")
def sway() -> RolloutReward:
    artifact = exported(SWAY)
    return RolloutReward(load_reward(artifact.blob), artifact.weights)


def one(name: str, channel: int, value: float, phase: float = 0.0) -> CommandSchedule:
    def at(number: float) -> tuple[float, ...]:
        return tuple(number if i == channel else 0.0 for i in range(COUNT))

    return CommandSchedule.model_validate({name: at(value), "phase": at(phase)})


def test_the_beat_of_a_reward_is_heard(sway: RolloutReward, context: TrainingContext) -> None:
    beats = modulation_frequencies_of(sway, context.library)
    assert beats[0] == pytest.approx(1.3, abs=0.05)


def test_a_reward_without_a_clock_has_no_beat(
    forward: RolloutReward, context: TrainingContext
) -> None:
    assert modulation_frequencies_of(forward, context.library) == []


def test_what_pays_alone_is_combined() -> None:
    schedules = [
        CommandSchedule(), one("constant", VX, 0.5), one("amplitude", ROLL, 0.2, phase=1.0),
        one("constant", 3, -0.1),
    ]  # fmt: skip
    found = crossovers(CommandBatch.stack(schedules), np.array([0.0, 1.0, 0.6, -0.5]), 0.0, 0.01)
    assert len(found) == 1
    assert found[0].constant[VX] == pytest.approx(0.5)
    assert found[0].amplitude[ROLL] == pytest.approx(0.2)
    assert found[0].phase[ROLL] == pytest.approx(1.0)
    assert found[0].constant[3] == 0.0


def test_of_two_values_for_one_entry_only_the_better_is_combined() -> None:
    schedules = [
        one("constant", VX, 0.5), one("constant", VX, 0.9), one("constant", 1, 0.2),
        one("constant", 2, 0.7),
    ]  # fmt: skip
    found = crossovers(CommandBatch.stack(schedules), np.array([1.0, 0.5, 0.4, 0.3]), 0.0, 0.01)
    assert len(found) == 4  # all three, and three pairs
    assert {round(p.constant[VX], 3) for p in found} == {0.0, 0.5}
    assert sum(abs(x) > 1e-3 for x in found[0].constant) == 3


def test_nothing_is_combined_where_nothing_pays() -> None:
    schedules = CommandBatch.stack([one("constant", VX, 0.5), one("constant", 1, 0.2)])
    assert crossovers(schedules, np.array([-1.0, 0.0]), 0.0, 0.01) == []
    pair = CommandSchedule.asking(vx=0.5, vy=0.2)
    assert crossovers(CommandBatch.stack([pair, pair]), np.array([1.0, 1.0]), 0.0, 0.01) == []


def test_a_gait_is_combined_like_any_other_entry() -> None:
    pace = CommandSchedule.asking(gait=Gait.PACE, gait_frequency=2.5)
    schedules = CommandBatch.stack([CommandSchedule(), one("constant", VX, 0.5), pace])
    found = crossovers(schedules, np.array([0.0, 1.0, 0.6]), 0.0, 0.01)
    assert found == [CommandSchedule.asking(vx=0.5, gait=Gait.PACE, gait_frequency=2.5)]


def test_slots_are_named_and_taken_out() -> None:
    schedule = CommandSchedule.asking(vx=0.5, roll=(0.0, 0.2), gait=Gait.BOUND)
    genes = genes_of(schedule)
    assert len(genes) == 3
    for gene in genes:
        assert set(genes_of(ablated(schedule, gene))) == set(genes) - {gene}
    assert genes_of(CommandSchedule()) == ()


@pytest.mark.parametrize("rhythmic", [True, False])
def test_mutations_stay_within_what_was_trained(rhythmic: bool) -> None:
    mutator = Mutator(np.random.default_rng(0), np.array([1.3]), rhythmic)
    schedules = CommandBatch.neutral(64)
    for _ in range(6):
        schedules = mutator.mutated(schedules, 1.0)
    assert np.all(schedules.constant >= LOWER - 1e-6)
    assert np.all(schedules.constant <= UPPER + SWING + 1e-6)
    assert np.all(np.abs(schedules.amplitude) <= SWING + 1e-6)
    asked = schedules.gait_frequency[schedules.gait_frequency > 0.0]
    assert len(asked) > 0
    assert np.all((asked >= STEP_RANGE[0]) & (asked <= STEP_RANGE[1]))
    assert set(schedules.gait) == {0, 1, 2}


def test_the_first_programs_are_distinct_and_single() -> None:
    singles = single_entries()
    assert len(set(singles)) == len(singles)
    assert all(len(genes_of(schedule)) == 1 for schedule in singles)
    assert {gene for p in singles for gene in genes_of(p)} == {
        *(Gene("constant", channel) for channel in range(COUNT)), Gene("gait", 0),
    }  # fmt: skip


def test_asked_to_walk_forward_it_finds_a_walk_forward_and_little_else(
    context: TrainingContext, forward: RolloutReward, simulator: TimedSimulator
) -> None:
    search = CommandSearch(
        simulator, context.pretrained_weights.act, forward, context.library, seed=1
    )
    generations = list(search.run(1e9))
    best = generations[-1].best
    assert 0.3 <= best.constant[VX] <= 0.7, best
    others = [abs(x) > 0.02 for x in best.constant[1:]] + [abs(x) > 0.02 for x in best.amplitude]
    assert sum(others) <= 2, best
    assert [g.index for g in generations] == list(range(1, len(generations) + 1))
    samples = [g.samples for g in generations]
    assert samples == sorted(set(samples))
    bounds = np.stack([LOWER, UPPER])
    for generation in generations:
        assert np.all(generation.best.constant >= bounds[0] - 1e-6)
        assert np.all(generation.best.constant <= bounds[1] + 1e-6)
        assert np.all(np.abs(generation.best.amplitude) <= SWING + 1e-6)


def test_a_search_keeps_to_its_budget(
    context: TrainingContext, forward: RolloutReward, simulator: TimedSimulator
) -> None:
    def run(budget: float) -> tuple[int, float]:
        search = CommandSearch(
            simulator, context.pretrained_weights.act, forward, context.library, seed=1
        )
        began = simulator.now
        count = len(list(search.run(budget, lambda: simulator.now)))
        return count, simulator.now - began

    shortest, _ = run(0.1)
    assert shortest == 2  # one generation and the final: there is always an answer
    count, took = run(4.5)
    assert count > shortest
    assert took <= 4.5


def test_the_same_seed_finds_the_same(
    context: TrainingContext, forward: RolloutReward, simulator: TimedSimulator
) -> None:
    def found(seed: int) -> CommandSchedule:
        act = context.pretrained_weights.act
        search = CommandSearch(simulator, act, forward, context.library, seed)
        return list(search.run(0.1, lambda: simulator.now))[-1].best

    assert found(3) == found(3)


def test_terms_are_weighted_and_do_not_depend_on_the_tapes_length(
    context: TrainingContext, forward: RolloutReward
) -> None:
    rollout = context.library.rollout.robots(slice(0, 20))
    terms = forward.terms_of(rollout)
    assert terms.shape == (*rollout.shape, len(forward.terms))
    reward = load_reward(exported(FORWARD).blob)
    twice = RolloutReward(reward, {"speed": 2.0, "level": 0.0})
    weighted = twice.terms_of(rollout)
    speed, level = (forward.terms.index(name) for name in ("speed", "level"))
    np.testing.assert_allclose(weighted[..., speed], 2.0 * terms[..., speed], rtol=1e-6)
    np.testing.assert_array_equal(weighted[..., level], 0.0)
    assert rollout.shape[0] * rollout.shape[1] < CHUNK
    np.testing.assert_allclose(
        forward.terms_of(rollout.robots(slice(1, 2))), terms[:, 1:2], rtol=1e-6
    )
    np.testing.assert_allclose(forward.total(rollout), terms.sum(-1), rtol=1e-6)
    means = forward.means(terms)
    assert means["speed"] == pytest.approx(float(terms[..., speed].mean()), rel=1e-5)


def test_a_walk_is_worth_more_than_a_stand_to_a_reward_for_walking(
    context: TrainingContext, forward: RolloutReward
) -> None:
    score = dict(
        zip(context.library.clips, forward.total(context.library.rollout).mean(0), strict=True)
    )
    assert score["walk"] > score["stand"]
    assert score["walk"] > score["backwards"]
