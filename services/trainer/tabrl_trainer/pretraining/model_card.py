"""The card of a base policy: how well it follows its commands, measured, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import BaseModel

from tabrl.control.commands import CommandBatch
from tabrl.control.rollout import Rollout
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.simulator import PolicyFn, episode
from tabrl_trainer.pretraining.benchmarks import BENCHMARKS, EPISODE_S, Benchmark, Bound

EPISODES = 256
SETTLE = 100  # control steps left out: the way into the motion


class CardRow(BaseModel):
    """One measured line of the card."""

    command: str
    measured: dict[str, float]
    must: dict[str, Bound]  # by the names of what is measured
    fall_rate: float
    most_falls: float

    @property
    def passed(self) -> bool:
        """Whether every bound holds."""
        held = (bound.holds(self.measured[name]) for name, bound in self.must.items())
        return self.fall_rate <= self.most_falls and all(held)


class ModelCard(BaseModel):
    """What a base policy can do and how it was trained."""

    robot: str
    seed: int
    samples: int
    stages: list[dict[str, object]]
    episodes: int
    rows: list[CardRow]

    def markdown(self) -> str:
        """The card as a table, then what it misses in words, then the curriculum."""
        lines = [
            f"# Base policy of {self.robot}",
            "",
            f"Seed {self.seed}, {self.samples:,} control steps of 20 ms; {self.episodes} episodes "
            f"of {EPISODE_S:g} s a row from noisy starts, deterministic actions, the first "
            f"{SETTLE / 50:g} s left out. Errors: mean absolute difference of command and motion, "
            "each averaged over half a second (speeds) or taken every step (postures). A fall "
            "counts, whatever came before it.",
            "",
            "| command | measured | must | falls | |",
            "| --- | --- | --- | --- | --- |",
        ]
        for row in self.rows:
            measured = ", ".join(f"{name} {value:.3f}" for name, value in row.measured.items())
            must = ", ".join(f"{name} {bound}" for name, bound in row.must.items())
            mark = "reached" if row.passed else "**missed**"
            falls = f"{row.fall_rate:.1%} (≤ {row.most_falls:.0%})"
            lines.append(f"| {row.command} | {measured} | {must} | {falls} | {mark} |")
        lines += ["", "## What it cannot do", "", *self._misses()]
        lines += ["", "## Curriculum", "", *(f"- {stage}" for stage in self.stages)]
        return "\n".join(lines) + "\n"

    def _misses(self) -> list[str]:
        missed = []
        for row in self.rows:
            short = [
                f"{name} {row.measured[name]:.3f} instead of {bound}"
                for name, bound in row.must.items()
                if not bound.holds(row.measured[name])
            ]
            if row.fall_rate > row.most_falls:
                short.append(f"falls in {row.fall_rate:.1%} of the episodes")
            if short:
                missed.append(f"- {row.command}: {', '.join(short)}")
        return missed or ["Every row above is reached; what no row names was never trained."]


def measure(robot: Robot, policy: PolicyFn, seed: int = 1) -> Iterator[CardRow]:
    """Measure the rows of the card one by one; some ten seconds each on two cores."""
    simulator = CpuSimulator(robot, EPISODES)
    rng = np.random.default_rng(seed)
    for trial in BENCHMARKS:
        yield _row(trial, *_run(trial, simulator, policy, rng, seed), robot)


def _run(
    trial: Benchmark, simulator: CpuSimulator, policy: PolicyFn, rng: np.random.Generator, seed: int
) -> tuple[CommandBatch, Rollout]:
    schedules = trial.schedules(rng, simulator.size)
    run = episode(simulator, schedules, policy, EPISODE_S, seed, trial.rules)
    return schedules, run.rollout


def _row(trial: Benchmark, schedules: CommandBatch, rollout: Rollout, robot: Robot) -> CardRow:
    fallen = rollout.fallen.max(0) > 0.5
    upright = np.flatnonzero(~fallen)
    settled = Rollout({name: field[SETTLE:, upright] for name, field in rollout.fields.items()})
    measured = trial.measure(settled, schedules.pick(upright), robot) if len(upright) else {}
    return CardRow(
        command=trial.command,
        measured=measured or dict.fromkeys(trial.must, float("nan")),
        must=dict(trial.must),
        fall_rate=float(fallen.mean()),
        most_falls=trial.most_falls,
    )
