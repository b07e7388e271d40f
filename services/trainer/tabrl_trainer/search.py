"""Search over command programs: what the base policy can already do for a reward, without learning.

A sparse mutation search: from the neutral program, the bank's best clips and single-channel
programs, each child changes one to three entries of a parent or takes a channel from another one.
Entries away from neutral cost a little, so that the result asks for nothing that does not pay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.control.program import BEAT_RANGE, LOWER, SWING, UPPER, CommandProgram, Programs
from tabrl.control.tape import CONTROL_DT, Floats, Tape
from tabrl.sim.bank import Bank
from tabrl.sim.cpu import CpuSimulator, episode
from tabrl.sim.simulator import EpisodeRules, PolicyFn
from tabrl_trainer.composition import compositions, steady
from tabrl_trainer.rhythm import beats_of
from tabrl_trainer.scoring import TapeReward

ENTRY_COST = 0.01  # of the spread between the best and the neutral program, an entry
DEFAULT_BEATS = (1.0,)
WINDOW_S, SETTLE_S = 2.6, 0.6
GENERATIONS = 6
PARENTS = 12
STEP = (1.0, 0.5, 0.3, 0.18, 0.1, 0.06)  # size of a mutation by generation, in ranges


@dataclass(frozen=True)
class Generation:
    """A measured generation; `best_score` is the mean reward a step, fallen ones last."""

    index: int
    best: CommandProgram
    best_score: float
    samples: int


class CommandSearch:
    """Finds a command program for a reward within a time budget."""

    def __init__(
        self, simulator: CpuSimulator, policy: PolicyFn, reward: TapeReward, bank: Bank, seed: int
    ) -> None:
        self._simulator = simulator
        self._policy = policy
        self._reward = reward
        self._bank = bank
        self._rng = np.random.default_rng(seed)
        self._seed = seed
        beats = beats_of(reward, bank)
        self._beats = np.array(beats or DEFAULT_BEATS)
        self._rhythmic = bool(beats)
        self._spread = 0.0
        self._entry_cost = 0.0

    def run(
        self, budget_s: float, clock: Callable[[], float] = time.monotonic
    ) -> Iterator[Generation]:
        """Yield generations, at least one, until the budget is used; the last one is the answer."""
        begin, samples = clock(), 0
        population = self._first()
        parents, scores = population, np.zeros(len(population), np.float32)
        composed: Programs | None = None
        for index in range(GENERATIONS):
            started = clock()
            children = population if index == 0 else self._children(parents, STEP[index], composed)
            child_scores = self._scores(children)
            composed = self._calibrate(children, child_scores) if index == 0 else None
            costed = child_scores - self._cost(children)
            if index == 0:
                pool, pool_scores = children, costed
            else:
                pool, pool_scores = _join(parents, children), np.concatenate([scores, costed])
            order = np.argsort(-pool_scores)[:PARENTS]
            parents, scores = pool.pick(order), pool_scores[order]
            samples += self._simulator.size * round(WINDOW_S / CONTROL_DT)
            best = parents.single(0)
            yield Generation(index + 1, best, float(scores[0]), samples)
            spent = clock() - started
            if clock() - begin + 2.2 * spent > budget_s:  # leave room for the final
                break
        winner, score = self._final(parents)
        samples += self._simulator.size * round(WINDOW_S / CONTROL_DT)
        yield Generation(GENERATIONS + 1, winner, score, samples)

    def _first(self) -> Programs:
        """Neutral, the bank's programs, single channels at several levels, and random pairs."""
        programs = [CommandProgram()]
        programs += [p for p in self._bank.programs if p is not None]
        for channel in range(6):
            for level in (-1.0, -0.7, -0.45, -0.25, 0.25, 0.45, 0.7, 1.0):
                end = UPPER[channel] if level > 0 else -LOWER[channel]
                programs.append(_single(channel, constant=level * end))
        programs += self._rhythms(CommandProgram())
        size = self._simulator.size
        known = Programs.stack(programs[:size])
        missing = size - len(known)
        if missing == 0:
            return known
        seeds = self._rng.integers(0, len(known), missing)
        return _join(known, self._mutate(known.pick(seeds), STEP[0]))

    def _rhythms(self, still: CommandProgram) -> list[CommandProgram]:
        """`still` with one swing added: every channel, beat, quarter of a phase and two sizes."""
        programs = []
        for beat in self._beats if self._rhythmic else ():
            for channel in range(6):
                for quarter in range(4):
                    for size in (0.5, 1.0):
                        swing = _single(
                            channel,
                            amplitude=size * SWING[channel],
                            phase=quarter * np.pi / 2,
                            beat=float(beat),
                        )
                        programs.append(swing.model_copy(update={"constant": still.constant}))
        return programs

    def _children(self, parents: Programs, step: float, composed: Programs | None) -> Programs:
        """As many as there are robots; the given compositions, if any, come first."""
        room = self._simulator.size - (len(composed) if composed is not None else 0)
        children = self._offspring(parents, step, room)
        return children if composed is None else _join(composed, children)

    def _offspring(self, parents: Programs, step: float, size: int) -> Programs:
        # Better parents have more children.
        rank = np.minimum(self._rng.geometric(0.18, size) - 1, len(parents) - 1)
        children = parents.pick(rank)
        mixed = self._rng.random(size) < 0.35
        other = parents.pick(self._rng.integers(0, len(parents), size))
        channel = self._rng.integers(0, 6, size)
        rows = np.flatnonzero(mixed)
        for field in ("constant", "amplitude", "phase"):
            getattr(children, field)[rows, channel[rows]] = getattr(other, field)[
                rows, channel[rows]
            ]
        return self._mutate(children, step)

    def _mutate(self, programs: Programs, step: float) -> Programs:
        rng, size = self._rng, len(programs)
        constant, amplitude = programs.constant.copy(), programs.amplitude.copy()
        phase, beat = programs.phase.copy(), programs.beat_frequency.copy()
        for row in range(size):
            for channel in rng.choice(6, rng.integers(1, 4), replace=False):
                kind = rng.random()
                if kind < 0.15:
                    constant[row, channel] = amplitude[row, channel] = 0.0
                elif kind < (0.55 if self._rhythmic else 0.93):
                    width = (UPPER[channel] - LOWER[channel]) / 2
                    constant[row, channel] += rng.normal(0.0, step * width)
                else:
                    amplitude[row, channel] += rng.normal(0.0, step * SWING[channel])
                    phase[row, channel] += rng.normal(0.0, step * np.pi)
            if self._rhythmic and rng.random() < 0.1:
                beat[row] = rng.choice(self._beats)
        constant = np.clip(constant, LOWER, UPPER)
        amplitude = np.clip(amplitude, -SWING, SWING)
        small = np.abs(constant) < 0.03 * (UPPER - LOWER) / 2
        constant[small] = 0.0
        return Programs(
            constant.astype(np.float32),
            amplitude.astype(np.float32),
            (phase % (2 * np.pi)).astype(np.float32),
            np.clip(beat, *BEAT_RANGE).astype(np.float32),
        )

    def _scores(self, programs: Programs) -> Floats:
        """Mean reward a step of every program; a fall costs twice the spread of the population."""
        rules = EpisodeRules(reset_noise=0.3)
        run = episode(self._simulator, programs, self._policy, WINDOW_S, self._seed, rules)
        settle = round(SETTLE_S / CONTROL_DT)
        tape = Tape({name: field[settle:] for name, field in run.tape.fields.items()})
        score = self._reward.total(tape).mean(0)
        fallen = run.terminated.max(0) > 0.5
        spread = max(self._spread, float(score.max() - np.median(score)))
        scored: Floats = np.where(fallen, score.min() - 2.0 * spread - 1e-3, score)
        return scored

    def _calibrate(self, programs: Programs, scores: Floats) -> Programs | None:
        """Set the scale of costs from the first generation; returns what its gains compose to."""
        neutral = float(scores[int(_entries(programs).argmin())])
        self._spread = max(float(scores.max()) - neutral, 1e-6)
        self._entry_cost = ENTRY_COST * self._spread
        found = compositions(programs, scores, neutral, self._entry_cost)
        # A swing may pay only around another pose: bobbing, say, needs bent legs first.
        still = steady(programs, scores, neutral, self._entry_cost)
        swings = self._rhythms(still) if any(still.constant) else []
        size = self._simulator.size
        chosen = found[: max(size * 3 // 8, size * 7 // 8 - len(swings))] + swings
        return Programs.stack(chosen[: size * 7 // 8]) if chosen else None

    def _cost(self, programs: Programs) -> Floats:
        cost: Floats = _entries(programs) * np.float32(self._entry_cost)
        return cost

    def _final(self, parents: Programs) -> tuple[CommandProgram, float]:
        """The elite and its pruned variants, each on several robots from other starts."""
        variants = [parents.single(i) for i in range(min(4, len(parents)))]
        for i in range(min(2, len(parents))):
            variants += _pruned(parents.single(i))
        variants = list(dict.fromkeys(variants))
        each = self._simulator.size // len(variants)
        repeated = Programs.stack([v for v in variants for _ in range(each)])
        spare = self._simulator.size - len(repeated)
        scores = self._scores(_join(repeated, Programs.neutral(spare)) if spare else repeated)
        means = scores[: len(repeated)].reshape(len(variants), each).mean(1)
        costed = means - self._cost(Programs.stack(variants))
        best = int(costed.argmax())
        return variants[best], float(means[best])


def _entries(programs: Programs) -> NDArray[np.float32]:
    """How many entries of each program are away from neutral, `[B]`."""
    count = (np.abs(programs.constant) > 1e-3).sum(1) + (np.abs(programs.amplitude) > 1e-3).sum(1)
    entries: NDArray[np.float32] = count.astype(np.float32)
    return entries


def _single(
    channel: int, *, constant: float = 0.0, amplitude: float = 0.0, phase: float = 0.0,
    beat: float = 1.0,
) -> CommandProgram:  # fmt: skip
    def at(value: float) -> tuple[float, ...]:
        return tuple(float(value) if i == channel else 0.0 for i in range(6))

    return CommandProgram(
        constant=at(constant), amplitude=at(amplitude), phase=at(phase), beat_frequency=beat
    )


def _pruned(program: CommandProgram) -> list[CommandProgram]:
    """The program with each used entry set to neutral in turn."""
    variants = []
    for name in ("constant", "amplitude"):
        values = getattr(program, name)
        for i, value in enumerate(values):
            if abs(value) > 1e-3:
                kept = (*values[:i], 0.0, *values[i + 1 :])
                variants.append(program.model_copy(update={name: kept}))
    return variants


def _join(first: Programs, second: Programs) -> Programs:
    return Programs(
        *(
            np.concatenate([getattr(first, name), getattr(second, name)])
            for name in first.__annotations__
        )
    )
