"""Trainings of two lengths, stored as they go, and both scored over the same starts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.tasks.bodies import AnyBody
from bench.tasks.harness import Harness, Log, Trained
from bench.tasks.run_result import Interval, PolicyScore
from bench.tasks.scoring import Scorer
from bench.tasks.task import Task
from pydantic import BaseModel, ConfigDict, ValidationError
from scipy.stats import t

from tabrl.contracts.comparison import Comparison
from tabrl.contracts.tiers import EvaluationPoint, Tier
from tabrl.contracts.training import TrainBudget, TrainResult
from tabrl.sim.factory import SimulatorKind
from tabrl_trainer.comparison import compare
from tabrl_trainer.pretrained import load_pretrained

RESULT, PARAMS = "result.json", "params.safetensors"


@dataclass(frozen=True)
class Length:
    """A tier with the minutes that it is given."""

    tier: Tier
    minutes: float

    @property
    def budget(self) -> TrainBudget:
        """The tier's own for whole minutes; less of them for a try."""
        usual = TrainBudget.of(self.tier, max(round(self.minutes), 1))
        if self.tier is Tier.FINE_TUNE:
            return usual
        ppo_s = 60.0 * self.minutes - usual.search_s - usual.evaluation_s
        return usual.model_copy(update={"ppo_s": max(ppo_s, 5.0)})

    @property
    def folder(self) -> str:
        """Where its results lie."""
        return f"{self.tier}-{self.minutes:g}"


class Stored(BaseModel):
    """A training as it is kept, beside its params file."""

    model_config = ConfigDict(frozen=True)

    task_sha256: str
    base_sha256: str
    seconds: float
    result: TrainResult


class TierScore(BaseModel):
    """A training's policy over many episodes, and what it took."""

    tier: Tier
    minutes: float
    seconds: float
    samples: int
    delivered: str
    program_words: str
    score: PolicyScore
    history: tuple[EvaluationPoint, ...]


class Duel(BaseModel):
    """One task and seed: the short training, the long one, and the long one against the short one
    over the same starts."""

    task: str
    seed: int
    short: TierScore
    long: TierScore
    comparison: Comparison


@dataclass(frozen=True)
class TierBench:
    """Which robot learns, how long, and where results go."""

    body: AnyBody
    out: Path
    lengths: tuple[Length, Length]
    episodes: int
    log: Log
    simulator: SimulatorKind = "auto"

    def run(self, tasks: Sequence[Task], seeds: Sequence[int]) -> Iterator[Duel]:
        """Train what is missing and score each pair as soon as it is there."""
        base = load_pretrained(self.body.robot.id)
        with Harness(self.body.robot, base, self.log, self.simulator) as harness:
            scorer = Scorer.of(self.body, harness.context.pretrained_weights, self.episodes)
            for task in tasks:
                for seed in seeds:
                    yield self._duel(task, seed, harness, scorer)

    def _duel(self, task: Task, seed: int, harness: Harness, scorer: Scorer) -> Duel:
        reward = harness.reward_of(task)
        scores, rewards = [], []
        for length in self.lengths:
            stored, params = self._trained(task, seed, length, harness)
            trained = Trained(stored.result, params, reward, stored.seconds)
            earned, score = scorer.delivered(task, trained)
            rewards.append(earned)
            scores.append(
                TierScore(
                    tier=length.tier,
                    minutes=length.minutes,
                    seconds=stored.seconds,
                    samples=stored.result.samples,
                    delivered=stored.result.delivered,
                    program_words=stored.result.program_words,
                    score=score,
                    history=stored.result.history,
                )
            )
        comparison = compare(rewards[0], rewards[1])
        self.log(f"{task.name}, seed {seed}: {comparison.difference:+.3f} ± {comparison.ci95:.3f}")
        return Duel(
            task=task.name, seed=seed, short=scores[0], long=scores[1], comparison=comparison
        )

    def _trained(
        self, task: Task, seed: int, length: Length, harness: Harness
    ) -> tuple[Stored, bytes]:
        """A training of an earlier run, or done now."""
        folder = self.out / task.name / f"seed{seed}" / length.folder
        found = _read(folder, task, harness.base_sha256)
        if found is not None:
            return found, (folder / PARAMS).read_bytes()
        self.log(f"{task.name}, seed {seed}: {length.minutes:g} minutes ({length.tier})")
        began = time.monotonic()
        trained = harness.train(task, seed, length.budget, length.tier)
        stored = Stored(
            task_sha256=task.sha256,
            base_sha256=harness.base_sha256,
            seconds=time.monotonic() - began,
            result=trained.result,
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PARAMS).write_bytes(trained.params)
        (folder / RESULT).write_text(stored.model_dump_json(indent=2))
        return stored, trained.params


def _read(folder: Path, task: Task, base_sha256: str) -> Stored | None:
    """An earlier training, if it is of the same task and pretrained policy."""
    try:
        stored = Stored.model_validate_json((folder / RESULT).read_text())
    except (OSError, ValidationError):
        return None
    same = (stored.task_sha256, stored.base_sha256) == (task.sha256, base_sha256)
    return stored if same and (folder / PARAMS).is_file() else None


def over_seeds(duels: Sequence[Duel]) -> Interval:
    """The effect of a task's duels, as a share: mean over seeds, half of its 95 % interval.

    Student's t for so few seeds; of a single one, the interval over its episodes.
    """
    only = duels[0].comparison
    if len(duels) < 2:
        size = max(abs(only.reference), 1e-9)
        return Interval(mean=only.difference / size, ci95=only.ci95 / size)
    effects = np.array([duel.comparison.effect or 0.0 for duel in duels])
    width = t.ppf(0.975, len(effects) - 1) * effects.std(ddof=1) / np.sqrt(len(effects))
    return Interval(mean=float(effects.mean()), ci95=float(width))
