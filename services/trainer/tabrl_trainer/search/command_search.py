"""Search over command schedules: what the base policy does for a reward without learning.

A sparse mutation search: from the neutral schedule, the library's best clips and single entries,
each child changes one to three entries of a parent or takes a channel from another one. Entries
away from neutral cost a little, so that the result asks for nothing that does not pay.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.motion_library import MotionLibrary
from tabrl.sim.simulator import PolicyFn, Simulator, episode
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.search.beats import audible, beats
from tabrl_trainer.search.crossover import ablated, crossovers, gene_counts, genes_of, steady
from tabrl_trainer.search.mutation import Mutator, rhythms, single_entries
from tabrl_trainer.search.periodicity import EVER, modulation_frequencies_of
from tabrl_trainer.search.window import Window

ENTRY_COST = 0.01  # of the spread between the best and the neutral schedule, an entry
DEFAULT_FREQUENCIES = (1.0,)
WINDOW_S, SETTLE_S = 2.6, 0.6
FINAL_S = 3 * WINDOW_S  # what drifts, tires or falls later than in a generation's window
GENERATIONS = 6
COARSE_GENERATIONS = 2  # of them, where there are cheaper physics to rank schedules by
PARENTS = 12
FINALISTS, PRUNED = 6, 2  # of the parents; and how many of these are also tried with less
LIBRARY_SEEDS = 24  # schedules of the clips that the reward likes best
STEP = (1.0, 0.5, 0.3, 0.18, 0.1, 0.06)  # size of a mutation by generation, in ranges


@dataclass(frozen=True)
class Generation:
    """A measured generation; `best_score` is the mean reward a step, fallen ones last."""

    index: int
    best: CommandSchedule
    best_score: float
    samples: int


class CommandSearch:
    """Finds a command schedule for a reward within a time budget."""

    def __init__(
        self, embodiment: Embodiment, simulator: Simulator, policy: PolicyFn, reward: RolloutReward,
        library: MotionLibrary, seed: int,
        on_step: Callable[[], None] = lambda: None, window: Window = EVER,
        *, coarse: Simulator | None = None, final: Simulator | None = None,
        final_s: float = FINAL_S, first: Sequence[CommandSchedule] = (),
    ) -> None:  # fmt: skip
        """`on_step` is called at the steps of all episodes and may raise to end the search.

        Schedules that may well be right already come `first`. With a `window`, the reward sees all
        that happens within that part of its time. The first generations run on `coarse`, which is
        as large as `simulator`; the final on `final`, for `final_s`. Without these two all run on
        `simulator`.
        """
        self._embodiment = embodiment
        self._neutral = CommandSchedule.neutral(embodiment.commands)
        self._simulator = simulator
        self._coarse = simulator if coarse is None else coarse
        self._last = simulator if final is None else final
        self._final_s = final_s
        self._begin_with = first
        self._policy = policy
        self._reward = reward
        self._library = library
        self._rng = np.random.default_rng(seed)
        self._seed = seed
        self._on_step = on_step
        self._window = window
        self.generations: tuple[int, ...] = (0,)  # measured so far, without the final
        self.finalists: list[CommandSchedule] = []  # after the final, best first
        space = embodiment.commands
        heard = modulation_frequencies_of(reward, library, window=window, within=audible(space))
        self._beats = beats(heard, space)
        frequencies = dict.fromkeys(beat.modulation for beat in self._beats)
        tried = np.array(list(frequencies) or DEFAULT_FREQUENCIES)
        self._mutator = Mutator(embodiment, self._rng, tried, rhythmic=bool(self._beats))
        self._spread = 0.0
        self._entry_cost = 0.0

    @property
    def planned(self) -> int:
        """The most generations that `run` yields."""
        return GENERATIONS + 1

    def run(
        self,
        budget_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        generations: tuple[int, ...] = (GENERATIONS,),
    ) -> Iterator[Generation]:
        """Yield generations, at least one, until the budget is used; the last one is the answer.

        `budget_s` is in seconds of `clock`; after `generations` the final comes in any case. Raises
        `ValueError` if that is not one number.
        """
        (most,) = generations
        begin, samples = clock(), 0
        population = self._first()
        parents, scores = population, np.zeros(len(population), np.float32)
        composed: CommandBatch | None = None
        for index in range(most):
            started = clock()
            simulator = self._coarse if index < COARSE_GENERATIONS else self._simulator
            children = population if index == 0 else self._children(parents, STEP[index], composed)
            again = index == COARSE_GENERATIONS and simulator is not self._coarse
            if again:  # scores under other physics are no match for the children's
                children = parents.joined(children).pick(slice(simulator.size))
            child_scores = self._scores(children, simulator)
            composed = self._calibrate(children, child_scores) if index == 0 else None
            costed = child_scores - self._cost(children)
            if index == 0 or again:
                pool, pool_scores = children, costed
            else:
                pool, pool_scores = parents.joined(children), np.concatenate([scores, costed])
            order = np.argsort(-pool_scores)[:PARENTS]
            parents, scores = pool.pick(order), pool_scores[order]
            samples += self._simulator.size * round(WINDOW_S / CONTROL_DT)
            self.generations = (index + 1,)
            best = parents.single(0)
            yield Generation(index + 1, best, float(scores[0]), samples)
            spent = clock() - started
            if clock() - begin + self._reserve(spent) > budget_s:
                break
        winner, score = self._final(parents)
        samples += self._last.size * round(self._final_s / CONTROL_DT)
        yield Generation(index + 2, winner, score, samples)

    def _reserve(self, spent_s: float) -> float:
        """How long another generation and the final may take, where the last one took `spent_s`."""
        share = self._last.size / self._simulator.size
        return (1.1 + 1.1 * share * self._final_s / WINDOW_S) * spent_s

    def _first(self) -> CommandBatch:
        """Neutral, what comes first, single entries at several levels, the library's best, and
        mutations of them."""
        schedules = [self._neutral, *self._begin_with]
        schedules += [*single_entries(self._embodiment), *self._library_best()]
        schedules += self._rhythms(self._neutral)
        schedules = list(dict.fromkeys(schedules))
        size = self._simulator.size
        known = CommandBatch.stack(schedules[:size])
        missing = size - len(known)
        if missing == 0:
            return known
        seeds = self._rng.integers(0, len(known), missing)
        return known.joined(self._mutator.mutated(known.pick(seeds), STEP[0]))

    def _library_best(self) -> list[CommandSchedule]:
        """The schedules of the clips that the reward likes best, without simulating anything."""
        scores = self._reward.total(
            self._window.shown(self._library.rollout, self._embodiment)
        ).mean(0)
        ranked = [self._library.schedules[i] for i in np.argsort(-scores)]
        return [schedule for schedule in ranked if schedule is not None][:LIBRARY_SEEDS]

    def _rhythms(self, still: CommandSchedule) -> list[CommandSchedule]:
        return rhythms(still, self._beats)

    def _children(
        self, parents: CommandBatch, step: float, composed: CommandBatch | None
    ) -> CommandBatch:
        """As many as there are robots; the given crossovers, if any, come first."""
        room = self._simulator.size - (len(composed) if composed is not None else 0)
        children = self._offspring(parents, step, room)
        return children if composed is None else composed.joined(children)

    def _offspring(self, parents: CommandBatch, step: float, size: int) -> CommandBatch:
        # Better parents have more children.
        rank = np.minimum(self._rng.geometric(0.18, size) - 1, len(parents) - 1)
        children = parents.pick(rank)
        mixed = self._rng.random(size) < 0.35
        other = parents.pick(self._rng.integers(0, len(parents), size))
        channel = self._rng.integers(0, len(children.space), size)
        rows = np.flatnonzero(mixed)
        for field in ("constant", "amplitude", "phase"):
            getattr(children, field)[rows, channel[rows]] = getattr(other, field)[
                rows, channel[rows]
            ]
        return self._mutator.mutated(children, step)

    def _scores(
        self, schedules: CommandBatch, simulator: Simulator, seconds: float = WINDOW_S
    ) -> Floats:
        """Mean reward a step of every schedule; a fall costs twice the spread of the population."""
        rules = EpisodeConfig(reset_noise=0.3)
        run = episode(
            simulator, schedules, self._policy, seconds, self._seed, rules, self._on_step, WINDOW_S
        )
        settle = round(SETTLE_S / CONTROL_DT)
        rollout = Rollout({name: field[settle:] for name, field in run.rollout.fields.items()})
        score = self._reward.total(self._window.shown(rollout, self._embodiment)).mean(0)
        fallen = run.terminated.max(0) > 0.5
        spread = max(self._spread, float(score.max() - np.median(score)))
        scored: Floats = np.where(fallen, score.min() - 2.0 * spread - 1e-3, score)
        return scored

    def _calibrate(self, schedules: CommandBatch, scores: Floats) -> CommandBatch | None:
        """Set the scale of costs from the first generation; returns what its gains compose to."""
        neutral = float(scores[0])
        self._spread = max(float(scores.max()) - neutral, 1e-6)
        self._entry_cost = ENTRY_COST * self._spread
        found = crossovers(schedules, scores, neutral, self._entry_cost)
        # A swing may pay only around another pose: bobbing, say, needs bent legs first.
        still = steady(schedules, scores, neutral, self._entry_cost)
        swings = self._rhythms(still) if genes_of(still) else []
        size = self._simulator.size
        chosen = found[: max(size * 3 // 8, size * 7 // 8 - len(swings))] + swings
        return CommandBatch.stack(chosen[: size * 7 // 8]) if chosen else None

    def _cost(self, schedules: CommandBatch) -> Floats:
        return gene_counts(schedules).astype(np.float32) * np.float32(self._entry_cost)

    def _final(self, parents: CommandBatch) -> tuple[CommandSchedule, float]:
        """The elite and its pruned variants, each on several robots from other starts."""
        variants = [parents.single(i) for i in range(min(FINALISTS, len(parents)))]
        for parent in variants[:PRUNED]:
            variants += [ablated(parent, gene) for gene in genes_of(parent)]
        size = self._last.size
        variants = list(dict.fromkeys(variants))[:size]
        each = size // len(variants)
        repeated = CommandBatch.stack([v for v in variants for _ in range(each)])
        spare = CommandBatch.neutral(self._embodiment.commands, size)
        asked = repeated.joined(spare).pick(slice(size))
        scores = self._scores(asked, self._last, self._final_s)[: len(repeated)]
        means = scores.reshape(len(variants), each).mean(1)
        costed = means - self._cost(CommandBatch.stack(variants))
        best = int(costed.argmax())
        self.finalists = [variants[i] for i in np.argsort(-costed, kind="stable")]
        return variants[best], float(means[best])
