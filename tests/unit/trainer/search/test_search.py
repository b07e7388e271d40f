"""The search over command schedules: rhythm, composition, what it finds and when it stops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT
from tabrl.embodiments.legged.gait import Gait
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.reward.function import load_reward
from tabrl.sim.simulator import Experience, PolicyFn
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.rollout_reward import CALL_STEPS, RolloutReward
from tabrl_trainer.search.command_search import COARSE_GENERATIONS, FINAL_S, WINDOW_S, CommandSearch
from tabrl_trainer.search.crossover import Gene, ablated, crossovers, gene_counts, genes_of
from tabrl_trainer.search.mutation import Mutator, single_entries
from tabrl_trainer.search.periodicity import modulation_frequencies_of
from tests.support.engine import SWAY
from tests.support.training_job import exported_for, reward_for


class TimedSimulator(CpuSimulator):
    """A simulator whose every experience takes a second of its own clock."""

    now = 100.0

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        self.now += 1.0
        return super().rollout(policy, steps, on_step)


BEATING = """
WEIGHTS = {"beat": 1.0}

def reward(state, action):
    moved = jnp.mean(state.joint_velocity())
    return {"beat": rl.gaussian(moved - 0.2 * jnp.sin(state.phase(1.3)), 0.1)}
"""


@pytest.fixture(scope="module")
def embodiment(trained_robot: Robot) -> Embodiment:
    return embodiment_of(trained_robot)


@pytest.fixture(scope="module")
def space(embodiment: Embodiment) -> CommandSpace:
    return embodiment.commands


@pytest.fixture(scope="module")
def simulator(walker: TrainingContext) -> TimedSimulator:
    return TimedSimulator(walker.robot, 48)


def constant(space: CommandSpace, column: int, share: float) -> CommandSchedule:
    """One channel at a share of its range, and nothing else."""
    channel = space.channels[column]
    return CommandSchedule.asking(space, **{channel.name: share * channel.upper})


def test_the_frequency_of_a_reward_is_heard(context: TrainingContext) -> None:
    frequencies = modulation_frequencies_of(reward_for(context.robot, BEATING), context.library)
    assert frequencies[0] == pytest.approx(1.3, abs=0.05)


def test_a_reward_without_a_clock_has_no_frequency(
    moving: RolloutReward, context: TrainingContext
) -> None:
    assert modulation_frequencies_of(moving, context.library) == []


def test_legged_robots_hear_a_sway(walker: TrainingContext) -> None:
    frequencies = modulation_frequencies_of(reward_for(walker.robot, SWAY), walker.library)
    assert frequencies[0] == pytest.approx(1.3, abs=0.05)


def test_what_pays_alone_is_combined(space: CommandSpace) -> None:
    first, second, third = space.names[:3]
    swing = CommandSchedule.neutral(space).with_wave(second, Wave(0.0, 0.2, 1.0))
    schedules = [
        CommandSchedule.neutral(space), constant(space, 0, 0.5), swing, constant(space, 2, 0.5)
    ]  # fmt: skip
    found = crossovers(CommandBatch.stack(schedules), np.array([0.0, 1.0, 0.6, -0.5]), 0.0, 0.01)
    assert len(found) == 1
    assert found[0].wave(first).constant == pytest.approx(schedules[1].wave(first).constant)
    assert tuple(found[0].wave(second)) == pytest.approx((0.0, 0.2, 1.0, 1.0))
    assert found[0].wave(third).constant == 0.0


def test_of_two_values_for_one_entry_only_the_better_is_combined(space: CommandSpace) -> None:
    schedules = [
        constant(space, 0, 0.5), constant(space, 0, 0.9), constant(space, 1, 0.5),
        constant(space, 2, 0.5),
    ]  # fmt: skip
    found = crossovers(CommandBatch.stack(schedules), np.array([1.0, 0.5, 0.4, 0.3]), 0.0, 0.01)
    assert len(found) == 4  # all three, and three pairs
    better = round(schedules[0].constant[0], 3)
    assert {round(schedule.constant[0], 3) for schedule in found} == {0.0, better}
    assert sum(abs(x) > 1e-3 for x in found[0].constant) == 3


def test_nothing_is_combined_where_nothing_pays(space: CommandSpace) -> None:
    single = CommandBatch.stack([constant(space, 0, 0.5), constant(space, 1, 0.5)])
    assert crossovers(single, np.array([-1.0, 0.0]), 0.0, 0.01) == []
    second = space.names[1]
    pair = constant(space, 0, 0.5).with_wave(second, Wave(0.5 * space[second].upper))
    assert crossovers(CommandBatch.stack([pair, pair]), np.array([1.0, 1.0]), 0.0, 0.01) == []


def test_a_gait_is_combined_like_any_other_entry(walker: TrainingContext) -> None:
    space = walker.embodiment.commands
    pace = CommandSchedule.asking(space, gait=Gait.PACE, gait_frequency=2.5)
    walk = CommandSchedule.asking(space, vx=0.5)
    schedules = CommandBatch.stack([CommandSchedule.neutral(space), walk, pace])
    found = crossovers(schedules, np.array([0.0, 1.0, 0.6]), 0.0, 0.01)
    assert found == [CommandSchedule.asking(space, vx=0.5, gait=Gait.PACE, gait_frequency=2.5)]


def test_genes_are_named_and_taken_out(space: CommandSpace, embodiment: Embodiment) -> None:
    schedule = constant(space, 0, 0.5).with_wave(space.names[1], Wave(0.0, 0.2))
    variants = embodiment.setting_variants()
    if variants:
        schedule = schedule.with_settings(variants[-1].settings)
    genes = genes_of(schedule)
    assert len(genes) == 2 + bool(variants)
    for gene in genes:
        assert set(genes_of(ablated(schedule, gene))) == set(genes) - {gene}
    assert genes_of(CommandSchedule.neutral(space)) == ()


def test_genes_of_many_schedules_are_counted_at_once(embodiment: Embodiment) -> None:
    space = embodiment.commands
    mutator = Mutator(embodiment, np.random.default_rng(0), np.array([1.3]), True)
    schedules = CommandBatch.neutral(space, 64)
    for _ in range(3):
        schedules = mutator.mutated(schedules, 0.5)
    one_by_one = [len(genes_of(schedules.single(row))) for row in range(64)]
    np.testing.assert_array_equal(gene_counts(schedules), one_by_one)
    assert len(set(one_by_one)) > 2
    assert not gene_counts(CommandBatch.neutral(space, 2)).any()


def test_a_mutation_changes_one_to_three_entries_by_their_weights(embodiment: Embodiment) -> None:
    space = embodiment.commands
    mutator = Mutator(embodiment, np.random.default_rng(0), np.array([1.3]), False)
    changed = mutator.mutated(CommandBatch.neutral(space, 4096), 1.0)
    entries = (changed.constant != 0.0) | (changed.amplitude != 0.0)
    assert entries.sum(1).max() == min(3, len(space))
    often = entries.mean(0)
    assert often[space.weight.argmax()] >= often[space.weight.argmin()]
    assert np.all(often > 0.0)
    again = Mutator(embodiment, np.random.default_rng(0), np.array([1.3]), False)
    same = again.mutated(CommandBatch.neutral(space, 4096), 1.0)
    np.testing.assert_array_equal(changed.constant, same.constant)


@pytest.mark.parametrize("rhythmic", [True, False])
def test_mutations_stay_within_what_was_trained(embodiment: Embodiment, rhythmic: bool) -> None:
    space = embodiment.commands
    mutator = Mutator(embodiment, np.random.default_rng(0), np.array([1.3]), rhythmic)
    schedules = CommandBatch.neutral(space, 64)
    for _ in range(6):
        schedules = mutator.mutated(schedules, 1.0)
    assert np.all(schedules.constant >= space.lower - 1e-6)
    assert np.all(schedules.constant <= space.upper + space.amplitude + 1e-6)
    assert np.all(np.abs(schedules.amplitude) <= space.amplitude + 1e-6)
    for setting in space.settings:
        values = schedules.settings[setting.name]
        if setting.choices:
            assert set(values) == set(range(len(setting.choices)))
            continue
        low, high = setting.range
        asked = values[values > 0.0]
        assert len(asked) > 0
        assert np.all((asked >= np.float32(low)) & (asked <= np.float32(high)))


def test_the_first_schedules_are_distinct_and_single(embodiment: Embodiment) -> None:
    singles = single_entries(embodiment)
    assert len(set(singles)) == len(singles)
    assert all(len(genes_of(schedule)) == 1 for schedule in singles)
    channels = {Gene("constant", one.name) for one in embodiment.commands.channels if one.alone}
    settings = {Gene("settings")} if embodiment.setting_variants() else set()
    assert {gene for schedule in singles for gene in genes_of(schedule)} == channels | settings


def searching(
    walker: TrainingContext, reward: RolloutReward, simulator: TimedSimulator, seed: int
) -> CommandSearch:
    act = walker.pretrained_weights.act
    return CommandSearch(walker.embodiment, simulator, act, reward, walker.library, seed)


def test_asked_to_walk_forward_it_finds_a_walk_forward_and_little_else(
    walker: TrainingContext, forward: RolloutReward, simulator: TimedSimulator
) -> None:
    generations = list(searching(walker, forward, simulator, seed=1).run(1e9))
    best, space = generations[-1].best, walker.embodiment.commands
    assert 0.3 <= best.wave("vx").constant <= 0.7, best
    entries = {Gene(kind, name) for kind in ("constant", "amplitude") for name in space.names}
    others = [
        gene
        for gene in entries - {Gene("constant", "vx")}
        if abs(getattr(best.wave(gene.channel), gene.kind)) > 0.02
    ]
    assert len(others) <= 2, best
    assert [g.index for g in generations] == list(range(1, len(generations) + 1))
    samples = [g.samples for g in generations]
    assert samples == sorted(set(samples))
    for generation in generations:
        assert np.all(generation.best.constant >= space.lower - 1e-6)
        assert np.all(generation.best.constant <= space.upper + 1e-6)
        assert np.all(np.abs(generation.best.amplitude) <= space.amplitude + 1e-6)


def test_a_search_keeps_to_its_budget(
    walker: TrainingContext, forward: RolloutReward, simulator: TimedSimulator
) -> None:
    def run(budget: float) -> tuple[int, float]:
        search, began = searching(walker, forward, simulator, seed=1), simulator.now
        count = len(list(search.run(budget, lambda: simulator.now)))
        return count, simulator.now - began

    shortest, _ = run(0.1)
    assert shortest == 2  # one generation and the final: there is always an answer
    count, took = run(6.5)
    assert count > shortest
    assert took <= 6.5


def test_the_first_generations_are_coarse_and_the_final_is_long(
    walker: TrainingContext, forward: RolloutReward
) -> None:
    seen: list[tuple[str, int]] = []

    class Noted(CpuSimulator):
        def __init__(self, name: str, size: int, *, coarse: bool = False) -> None:
            super().__init__(walker.robot, size, coarse=coarse)
            self.name = name

        def rollout(
            self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
        ) -> Experience:
            seen.append((self.name, steps))
            return super().rollout(policy, steps, on_step)

    search = CommandSearch(
        walker.embodiment, Noted("fine", 24), walker.pretrained_weights.act, forward,
        walker.library, seed=1, coarse=Noted("coarse", 24, coarse=True), final=Noted("final", 16),
    )  # fmt: skip
    *_, last, final = search.run(generations=(COARSE_GENERATIONS + 1,))
    block = round(WINDOW_S / CONTROL_DT)
    long = round(FINAL_S / WINDOW_S) * [("final", block)]
    assert seen == [("coarse", block)] * COARSE_GENERATIONS + [("fine", block)] + long
    assert final.samples - last.samples == 16 * round(FINAL_S / CONTROL_DT)
    assert FINAL_S >= 6.0


def test_the_same_seed_finds_the_same(
    walker: TrainingContext, forward: RolloutReward, simulator: TimedSimulator
) -> None:
    def found(seed: int) -> CommandSchedule:
        search = searching(walker, forward, simulator, seed)
        return list(search.run(0.1, lambda: simulator.now))[-1].best

    assert found(3) == found(3)


def test_terms_are_weighted_and_do_not_depend_on_the_rollouts_length(
    context: TrainingContext, moving: RolloutReward
) -> None:
    rollout = context.library.rollout.robots(slice(0, 20))
    terms = moving.terms_of(rollout)
    assert terms.shape == (*rollout.shape, len(moving.terms))
    reward = load_reward(exported_for(context.robot).blob)
    twice = RolloutReward(reward, {"motion": 2.0, "calm": 0.0})
    weighted = twice.terms_of(rollout)
    motion, calm = (moving.terms.index(name) for name in ("motion", "calm"))
    np.testing.assert_allclose(weighted[..., motion], 2.0 * terms[..., motion], rtol=1e-6)
    np.testing.assert_array_equal(weighted[..., calm], 0.0)
    assert rollout.shape[0] * rollout.shape[1] < CALL_STEPS
    few = moving.in_calls_of(17)
    np.testing.assert_allclose(few.terms_of(rollout), terms, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        moving.terms_of(rollout.robots(slice(1, 2))), terms[:, 1:2], rtol=1e-6
    )
    np.testing.assert_allclose(moving.total(rollout), terms.sum(-1), rtol=1e-6)
    means = moving.means(terms)
    assert means["motion"] == pytest.approx(float(terms[..., motion].mean()), rel=1e-5)


def test_a_walk_is_worth_more_than_a_stand_to_a_reward_for_walking(
    walker: TrainingContext, forward: RolloutReward
) -> None:
    score = dict(
        zip(walker.library.clips, forward.total(walker.library.rollout).mean(0), strict=True)
    )
    assert score["walk"] > score["stand"]
    assert score["walk"] > score["backwards"]
