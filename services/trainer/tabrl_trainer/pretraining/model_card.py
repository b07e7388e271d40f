"""A pretrained policy's card: how well it follows its commands, measured, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel

from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.robots.abilities import Abilities, Span, widest
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.robustness import disturbed_simulator
from tabrl.sim.simulator import PolicyFn, episode
from tabrl_trainer.pretraining.benchmark import EPISODE_S, Benchmark, Bound
from tabrl_trainer.pretraining.pretraining import CardWords, Pretraining

EPISODES = 256
SETTLE = 100  # control steps left out: the way into the motion


class CardRow(BaseModel):
    """One measured line of the card; `fall_rate` is the share of episodes that failed."""

    command: str
    measured: dict[str, float]
    must: dict[str, Bound]  # by the names of what is measured
    fall_rate: float
    most_falls: float
    reaches: dict[str, Span] = {}
    looks: dict[str, float] = {}
    looks_must: dict[str, Bound] = {}

    @property
    def bounded(self) -> Iterator[tuple[str, float, Bound]]:
        """Everything with a bound: name, value, bound."""
        for name, bound in self.must.items():
            yield name, self.measured[name], bound
        for name, bound in self.looks_must.items():
            yield name, self.looks[name], bound

    @property
    def passed(self) -> bool:
        """Whether every bound holds."""
        held = (bound.holds(value) for _, value, bound in self.bounded)
        return self.fall_rate <= self.most_falls and all(held)

    @property
    def mark(self) -> str:
        """Its result in words: nothing is reached where nothing is asked of what is measured."""
        if not self.passed:
            return "missed"
        return "reached" if self.must else "no bound"


class ModelCard(BaseModel):
    """What a pretrained policy can do and how it was trained."""

    robot: str
    seed: int
    samples: int
    stages: list[dict[str, object]]
    episodes: int
    rows: list[CardRow]

    @property
    def abilities(self) -> Abilities:
        """How far the commands of the rows that are reached go."""
        spans: dict[str, list[Span]] = {}
        for row in self.rows:
            for channel, span in row.reaches.items() if row.passed else ():
                spans.setdefault(channel, []).append(span)
        return Abilities(commanded={name: _rounded(widest(found)) for name, found in spans.items()})

    def markdown(self, words: CardWords) -> str:
        """The card as a table, then what it misses in words, then the curriculum."""
        failures = words.failures
        lines = [
            f"# Base policy of {self.robot}",
            "",
            f"Seed {self.seed}, {self.samples:,} control steps of 20 ms; {self.episodes} episodes "
            f"of {EPISODE_S:g} s a row from noisy starts, deterministic actions, the first "
            f"{SETTLE * CONTROL_DT:g} s left out. {words.errors} A {words.failure} counts, "
            "whatever came before it.",
            "",
            f"| command | measured | must | {failures} | looks | |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for row in self.rows:
            measured = ", ".join(f"{name} {value:.3f}" for name, value in row.measured.items())
            must = ", ".join(f"{name} {bound}" for name, _, bound in row.bounded)
            looks = ", ".join(f"{name} {value:.3f}" for name, value in row.looks.items())
            mark = row.mark if row.passed else f"**{row.mark}**"
            failed = f"{row.fall_rate:.1%} (≤ {row.most_falls:.0%})"
            lines.append(f"| {row.command} | {measured} | {must} | {failed} | {looks} | {mark} |")
        lines += ["", "## What it cannot do", "", *self._misses(failures)]
        lines += ["", "## Curriculum", "", *(f"- {stage}" for stage in self.stages)]
        return "\n".join(lines) + "\n"

    def _misses(self, failures: str) -> list[str]:
        missed = []
        for row in self.rows:
            short = [
                f"{name} {value:.3f} instead of {bound}"
                for name, value, bound in row.bounded
                if not bound.holds(value)
            ]
            if row.fall_rate > row.most_falls:
                short.append(f"{failures} in {row.fall_rate:.1%} of the episodes")
            if short:
                missed.append(f"- {row.command}: {', '.join(short)}")
        return missed or [
            "Every row above with a bound is reached; what no row names was never trained."
        ]


def measure(pretraining: Pretraining[Any], policy: PolicyFn, seed: int = 1) -> Iterator[CardRow]:
    """Measure the rows of the card one by one; some ten seconds each on two cores."""
    undisturbed = CpuSimulator(pretraining.robot, EPISODES)
    rng = np.random.default_rng(seed)
    for benchmark in pretraining.benchmarks:
        simulator = undisturbed
        if benchmark.disturbance is not None:
            simulator = disturbed_simulator(
                pretraining.embodiment, [benchmark.disturbance], EPISODES
            )
        elif benchmark.robots is not None:
            simulator = CpuSimulator(pretraining.robot, benchmark.robots)
        schedules = benchmark.schedules(rng, simulator.size)
        measured = benchmark.policy or policy
        run = episode(simulator, schedules, measured, EPISODE_S, seed, benchmark.episodes)
        yield row_of(benchmark, schedules, run.rollout, pretraining.embodiment)


def row_of(
    benchmark: Benchmark, schedules: CommandBatch, rollout: Rollout, embodiment: Embodiment
) -> CardRow:
    """The card's row of a rollout `[T, B]`; only episodes that did not fail are measured."""
    failed = embodiment.failures(rollout).max(0) > 0.5
    whole = np.flatnonzero(~failed)
    settled = Rollout({name: field[SETTLE:, whole] for name, field in rollout.fields.items()})
    measured = benchmark.measure(settled, schedules.pick(whole)) if len(whole) else {}
    return CardRow(
        looks=dict(embodiment.looks(settled)) if len(whole) else {},
        looks_must=dict(benchmark.looks) if len(whole) else {},
        command=benchmark.command,
        measured=measured or dict.fromkeys(benchmark.must, float("nan")),
        must=dict(benchmark.must),
        fall_rate=float(failed.mean()),
        most_falls=benchmark.most_falls,
        reaches=dict(benchmark.reaches),
    )


def _rounded(span: Span) -> Span:
    """To what a person reads."""
    low, high = span
    return round(low, 3), round(high, 3)
