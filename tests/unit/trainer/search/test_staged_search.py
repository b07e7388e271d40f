"""Training what is done in steps: its search, and how long it is learnt and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import CommandSpace
from tabrl.control.embodiment import Led
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.control.staged_commands import Commands, StagedCommands
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import get_robot
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.simulator import Experience, PolicyFn
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search.command_search import GENERATIONS, Generation
from tabrl_trainer.search.periodicity import modulation_frequencies_of
from tabrl_trainer.search.staged_search import (
    SearchSimulators,
    StagedSearch,
    combinations,
    stage_schedule,
)
from tabrl_trainer.search.window import Window
from tabrl_trainer.selection import MEASURED, WINDOW_S, measured
from tabrl_trainer.tiers.recipes import A_MINUTE

ASKS = CommandSchedule.asking
TIMES = (3.0, 2.0)


@pytest.fixture(scope="module")
def space(walker: TrainingContext) -> CommandSpace:
    return walker.embodiment.commands


class Gated:
    """Pays for walking in the first 3 s of 5 s, for turning in the others."""

    def terms_of(self, rollout: Rollout) -> Floats:
        first = np.mod(rollout.time, 5.0) < 3.0
        walking = np.exp(-np.square(rollout.base_linear_velocity[..., 0] - 0.5) / 0.1)
        turning = np.exp(-np.square(rollout.base_angular_velocity[..., 2] - 1.0) / 0.3)
        terms: Floats = np.where(first, walking, turning)[..., None]
        return terms

    def total(self, rollout: Rollout) -> Floats:
        return self.terms_of(rollout)[..., 0]


class Beating(Gated):
    """Listens to a rhythm of 1.5 Hz in the second stage only."""

    def terms_of(self, rollout: Rollout) -> Floats:
        first = np.mod(rollout.time, 8.0) < 4.0
        terms: Floats = np.where(first, 0.0, np.sin(2 * np.pi * 1.5 * rollout.time))[..., None]
        return terms


def reward_of(kind: type[Gated]) -> RolloutReward:
    return cast(RolloutReward, kind())


class Obedient:
    """A simulator of robots that do at once what they are asked; nothing is known of physics."""

    def __init__(self, size: int) -> None:
        self.size = size

    def reset(self, schedules: Commands, config: EpisodeConfig, seed: int) -> None:
        self._schedules, self._time = StagedCommands.of(schedules), 0.0

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Nothing is compiled."""

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        times = self._time + CONTROL_DT * np.arange(1, steps + 1, dtype=np.float32)
        self._time = float(times[-1])
        rows = [np.full(self.size, time, np.float32) for time in times]
        command = np.stack([self._schedules.at(time).command(time) for time in rows])
        none = np.zeros_like(command)
        yaw = self._schedules.stages.space.column("yaw")
        schema = embodiment_of(get_robot("go1")).schema  # as any legged robot's, but for numbers
        moved = {
            **{name: np.zeros((*command.shape[:2], *shape)) for name, shape in schema.items()},
            "time": np.stack(rows),
            "base_linear_velocity": command[..., :3],
            "base_angular_velocity": command[..., [yaw, yaw, yaw]],
        }
        return Experience(
            Rollout(moved), *[none[[0, *range(steps)]]] * 2, none, none[..., 0], none[..., 0]
        )


def simulators_of(walker: TrainingContext, small: Obedient) -> SearchSimulators:
    def unmoved(observation: Floats) -> Floats:
        return observation

    return SearchSimulators(walker.embodiment, Obedient(128), small, unmoved, walker.library)


def test_both_stages_are_found_and_measured_together(
    walker: TrainingContext, space: CommandSpace
) -> None:
    simulators = simulators_of(walker, Obedient(24))
    ticks = iter(range(10**6))

    def run(**limits: float | tuple[int, ...]) -> tuple[StagedSearch, list[Generation]]:
        search = StagedSearch(simulators, reward_of(Gated), TIMES, seed=1)
        told = search.run(clock=lambda: float(next(ticks)), **limits)  # type: ignore[arg-type]
        return search, list(told)

    search, found = run(budget_s=20.0)
    walk, turn = found[-1].best.stages
    assert found[-1].best.stages_s == TIMES
    assert 0.4 <= walk.wave("vx").constant <= 0.6, walk
    assert 0.8 <= turn.wave("yaw").constant <= 1.2, turn
    assert (walk.wave("yaw").constant, turn.wave("vx").constant) == (0.0, 0.0)
    assert found[-1].best_score > 0.9
    first, second = search.generations
    assert 1 <= first < GENERATIONS
    assert 1 <= second < GENERATIONS
    assert len(found) == (first + 1) + (second + 1) + 1 <= search.planned
    assert [g.index for g in found] == list(range(1, len(found) + 1))
    samples = [g.samples for g in found]
    assert samples == sorted(set(samples))
    assert all(g.best.stages_s == TIMES for g in found)
    assert found[0].best.stages[1] == CommandSchedule.neutral(space)  # not known yet
    # The numbers of generations are enough to do it again.
    _, again = run(generations=search.generations)
    assert again == found


def test_a_stage_that_makes_the_robot_fall_gives_way(
    walker: TrainingContext, space: CommandSpace
) -> None:
    class Stumbling(Obedient):
        """Falls where it is to turn after it walked."""

        def rollout(self, *args: Any) -> Experience:
            run = super().rollout(*args)
            walked = self._schedules.first().constant[:, space.column("vx")] > 0.2
            turning = run.rollout.base_angular_velocity[..., 2] > 0.5
            falls = (walked & turning & (self._schedules.duration[:, 1] > 0.0)).astype(np.float32)
            return replace(run, terminated=falls)

    simulators = simulators_of(walker, Stumbling(24))
    search = StagedSearch(simulators, reward_of(Gated), TIMES, seed=1)
    *_, found = search.run(generations=(1, 1))
    assert found.best.stages[0].wave("vx").constant > 0.3
    assert found.best.stages[1] == CommandSchedule.neutral(space)


@pytest.mark.parametrize(("phases", "count"), [(2, 4 + 2), (3, 8 + 3), (5, 1 + 5 + 5)])
def test_many_phases_are_exchanged_one_at_a_time(
    space: CommandSpace, phases: int, count: int
) -> None:
    chosen = [[ASKS(space, vx=0.1 * k), ASKS(space, yaw=0.1 * k)] for k in range(1, phases + 1)]
    neutral = CommandSchedule.neutral(space)
    found = combinations(chosen, neutral)
    assert found[0] == [finalists[0] for finalists in chosen]
    assert len(found) == count
    assert sum(neutral in one for one in found) == phases


def test_a_rhythm_is_heard_within_its_stage_only(walker: TrainingContext) -> None:
    reward, library = reward_of(Beating), walker.library
    assert modulation_frequencies_of(reward, library, window=Window(0.0, 4.0)) == []
    (frequency,) = modulation_frequencies_of(reward, library, window=Window(4.0, 4.0))
    assert frequency == pytest.approx(1.5, abs=0.05)


def test_a_window_shows_its_own_time_again_and_again() -> None:
    time = np.array([0.0, 1.0, 3.98, 4.02, 9.0], np.float32)
    np.testing.assert_allclose(Window(2.0, 4.0).at(time), [2.0, 3.0, 5.98, 2.02, 3.0], atol=1e-5)
    assert Window().at(time) is time


def test_every_round_of_a_window_begins_anew(walker: TrainingContext) -> None:
    embodiment, clips = walker.embodiment, walker.library.rollout
    shown = Window(1.0, 1.0, Led(np.float32(0.5), np.zeros(2, np.float32))).shown(clips, embodiment)
    rounds = np.floor(clips.time / 1.0)
    begins = rounds[1:] != rounds[:-1]
    assert begins.any()
    np.testing.assert_allclose(shown.fields["heading"][1:][begins], 0.5, atol=1e-5)
    assert Window().shown(clips, embodiment) is clips


def test_a_sinusoid_keeps_its_rhythm_wherever_its_stage_begins(space: CommandSpace) -> None:
    schedule = ASKS(space, roll=(0.05, 0.2, 0.4), yaw=(0.0, 0.5, 6.0), modulation_frequency=1.3)
    later = stage_schedule(schedule, Window(2.9, 2.0))
    time = np.linspace(0.0, 2.0, 9)
    np.testing.assert_allclose(
        CommandBatch.stack([later]).command(2.9 + time),
        CommandBatch.stack([schedule]).command(time),
        atol=1e-5,
    )  # fmt: skip
    assert later.wave("vx").phase == 0.0
    assert all(0.0 <= value < 2 * np.pi for value in later.phase)
    assert len(later.phase) == len(space)


def test_learning_and_choosing_see_the_whole_period(space: CommandSpace) -> None:
    walk, turn = ASKS(space, vx=0.5), ASKS(space, yaw=1.0)
    assert A_MINUTE.episodes(walk) == A_MINUTE.rules
    assert measured(walk) == (MEASURED, WINDOW_S)
    long = CommandSchedule.sequence([walk] * 3, (4.0, 5.0, 3.0))
    rules = A_MINUTE.episodes(long)
    assert (rules.episode_s, rules.start_spread_s) == (12.0, 12.0)
    assert measured(long) == (2, 12.0)
    short = A_MINUTE.episodes(CommandSchedule.sequence([walk, turn], TIMES))
    assert (short.episode_s, short.start_spread_s) == (6.0, 5.0)
