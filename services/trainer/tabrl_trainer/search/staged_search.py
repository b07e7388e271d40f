"""Search for schedules whose phases follow each other: each phase alone, then all of them together.

A phase is searched as a task of its own, before a reward whose clock stands in that phase. How the
phases go together, over the switches too, is then measured on the few best schedules of each.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, product

import numpy as np

from tabrl.contracts.motion import MotionSpec
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import NOWHERE, Embodiment, Led
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.learning.networks import deployed
from tabrl.sim.motion_library import MotionLibrary
from tabrl.sim.simulator import PolicyFn, Simulator, episode
from tabrl_trainer.context import TrainingContext
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search.command_search import GENERATIONS, CommandSearch, Generation
from tabrl_trainer.search.command_search import WINDOW_S as SEARCH_WINDOW_S
from tabrl_trainer.search.window import Window
from tabrl_trainer.selection import WINDOW_S

FINALISTS = 2  # of every phase
_COMBINED = 3  # phases; of more of them one at a time is exchanged
JOIN_SHARE = 0.5  # of a phase's time in the budget, for measuring them together


@dataclass(frozen=True)
class SearchSimulators:
    """Where a search runs: `large` for single stages, `small` for whole schedules.

    `coarse`, if there is one, is as large as the first.
    """

    embodiment: Embodiment
    large: Simulator
    small: Simulator
    policy: PolicyFn
    library: MotionLibrary
    coarse: Simulator | None = None


class StagedSearch:
    """As `CommandSearch`, for phases of `phases_s` seconds."""

    def __init__(
        self,
        simulators: SearchSimulators,
        reward: RolloutReward,
        phases_s: Sequence[float],
        seed: int,
        on_step: Callable[[], None] = lambda: None,
        *,
        repeat: bool = True,
        first: Sequence[CommandSchedule] = (),
    ) -> None:
        """`on_step` is called at the steps of all episodes and may raise to end the search.

        Without `repeat` the last phase goes on. The search of each phase begins with its schedule
        among those that come `first`, if there are as many.
        """
        self._first = tuple(first) if len(first) == len(phases_s) else ()
        self._simulators, self._reward, self._phases_s = simulators, reward, tuple(phases_s)
        self._seed, self._on_step, self._repeat = seed, on_step, repeat
        self._neutral = CommandSchedule.neutral(simulators.embodiment.commands)
        begins = accumulate(self._phases_s[:-1], initial=0.0)
        self._windows = [
            Window(begin, lasts) for begin, lasts in zip(begins, self._phases_s, strict=True)
        ]
        self.generations: tuple[int, ...] = ()  # of each phase so far, without the finals

    @property
    def planned(self) -> int:
        """The most generations that `run` yields."""
        return len(self._windows) * (GENERATIONS + 1) + 1

    def run(
        self,
        budget_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        generations: tuple[int, ...] | None = None,
    ) -> Iterator[Generation]:
        """Yield the generations of all phases, then the whole schedule measured.

        Each phase has its share of what is left of the budget, and at most `generations` of its
        own. Raises `ValueError` if that is not one number a phase.
        """
        begin, index, samples = clock(), 0, 0
        chosen: list[list[CommandSchedule]] = []
        self.generations = ()
        most = generations or (GENERATIONS,) * len(self._windows)
        for number, (part, limit) in enumerate(zip(self._windows, most, strict=True)):
            window = replace(part, led=self._led(part.begin_s, chosen))
            search = CommandSearch(
                self._simulators.embodiment, self._simulators.large, self._simulators.policy,
                self._reward, self._simulators.library,
                self._seed + number, self._on_step, window,
                coarse=self._simulators.coarse,
                final_s=SEARCH_WINDOW_S,  # how phases go together is measured afterwards
                first=[searched_from(one, window) for one in self._first[number : number + 1]],
            )  # fmt: skip
            before = samples
            left_s = budget_s - (clock() - begin)
            share_s = left_s / (len(self._windows) - number + JOIN_SHARE)
            found: Generation | None = None
            for found in search.run(share_s, clock, (limit,)):
                index, samples = index + 1, before + found.samples
                best = self._shown([*(finalists[0] for finalists in chosen), found.best])
                yield replace(found, index=index, best=best, samples=samples)
            self.generations += search.generations
            chosen.append([stage_schedule(p, window) for p in search.finalists[:FINALISTS]])
        best, score, took = self._together(chosen)
        yield Generation(index + 1, best, score, samples + took)

    def _led(self, time: float, chosen: list[list[CommandSchedule]]) -> Led:
        """Where the phases before lead; nobody knows of those that come again and again."""
        if self._repeat or not chosen:
            return NOWHERE
        before = self._shown([finalists[0] for finalists in chosen])
        commands = StagedCommands.stack([before])
        return self._simulators.embodiment.led(commands, np.full(1, time, np.float32))

    def _shown(self, phases: list[CommandSchedule]) -> CommandSchedule:
        """What is known so far; phases not yet searched stand."""
        missing = len(self._phases_s) - len(phases)
        stages = [*phases, *[self._neutral] * missing]
        return CommandSchedule.sequence(stages, self._phases_s, repeat=self._repeat)

    def _together(self, chosen: list[list[CommandSchedule]]) -> tuple[CommandSchedule, float, int]:
        """The best of the combinations over one period, its mean reward a step, samples taken.

        A fall costs twice the spread, as in a search.
        """
        simulator = self._simulators.small
        mixed = map(self._shown, combinations(chosen, self._neutral))
        schedules = list(dict.fromkeys(mixed))[: simulator.size]
        each = simulator.size // len(schedules)
        rows = [row // each for row in range(simulator.size)]
        asked = StagedCommands.stack([schedules[min(row, len(schedules) - 1)] for row in rows])
        seconds = sum(self._phases_s)
        run = episode(
            simulator, asked, self._simulators.policy, seconds, self._seed,
            EpisodeConfig(reset_noise=0.3), self._on_step, WINDOW_S,
        )  # fmt: skip
        earned = self._reward.total(run.rollout).mean(0)
        spread = float(earned.max() - np.median(earned))
        fallen = run.terminated.max(0) > 0.5
        scores = np.where(fallen, earned.min() - 2.0 * spread - 1e-3, earned)
        means = scores[: each * len(schedules)].reshape(len(schedules), each).mean(1)
        best = int(means.argmax())
        # Blocks of one length are simulated to their end.
        steps = math.ceil(seconds / WINDOW_S) * round(WINDOW_S / CONTROL_DT)
        return schedules[best], float(means[best]), simulator.size * steps


def combinations(
    chosen: Sequence[Sequence[CommandSchedule]], neutral: CommandSchedule
) -> list[list[CommandSchedule]]:
    """How the finalists of phases may follow each other, the best of each first.

    All combinations of few phases; of many those with another finalist in one phase. And those that
    stand in one: a phase that is good alone may end in a pose from which the next one falls.
    """
    best = [finalists[0] for finalists in chosen]
    mixed = [list(phases) for phases in product(*chosen)] if len(chosen) <= _COMBINED else [best]
    mixed += [
        [*best[:k], other, *best[k + 1 :]]
        for k, finalists in enumerate(chosen)
        for other in (*finalists[1:], neutral)
    ]
    return [phases for at, phases in enumerate(mixed) if phases not in mixed[:at]]


def stage_schedule(schedule: CommandSchedule, window: Window) -> CommandSchedule:
    """A schedule that was searched from time zero, as it is from the window's begin on."""
    return _turned(schedule, -window.begin_s)


def searched_from(schedule: CommandSchedule, window: Window) -> CommandSchedule:
    """A schedule as it is from the window's begin on, as one from time zero."""
    return _turned(schedule, window.begin_s)


def _turned(schedule: CommandSchedule, seconds: float) -> CommandSchedule:
    """With sinusoids that are so far ahead."""
    turn = 2.0 * math.pi * schedule.modulation_frequency * seconds
    harmonic = schedule.harmonic or (1.0,) * len(schedule.phase)
    phase = tuple(
        (value + turn * times) % (2.0 * math.pi) if swing else value
        for value, swing, times in zip(schedule.phase, schedule.amplitude, harmonic, strict=True)
    )
    return replace(schedule, phase=phase)


def search_for(
    context: TrainingContext,
    reward: RolloutReward,
    phases_s: Sequence[float],
    seed: int,
    on_step: Callable[[], None] = lambda: None,
    *,
    repeat: bool = True,
    motion: MotionSpec | None = None,
) -> CommandSearch | StagedSearch:
    """The search for a task on a robot's simulators; with a `motion`, it begins with that."""
    policy = deployed(context.pretrained_weights)
    first = context.embodiment.schedules_of(motion) if motion is not None else ()
    if len(phases_s) < 2:
        return CommandSearch(
            context.embodiment, context.simulator, policy, reward, context.library, seed, on_step,
            coarse=context.coarse_simulator, final=context.round_simulator,
            first=first if len(first) == 1 else (),
        )  # fmt: skip
    simulators = SearchSimulators(
        context.embodiment, context.simulator, context.small_simulator, policy, context.library,
        context.coarse_simulator,
    )  # fmt: skip
    return StagedSearch(
        simulators, reward, phases_s, seed, on_step, repeat=repeat, first=first
    )  # fmt: skip
