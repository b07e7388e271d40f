"""A series of trainings: every task with every seed, kept in a folder as it goes."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
from bench.tasks import film
from bench.tasks.judging import Judge, rollout_of
from bench.tasks.motion import read_rollout
from bench.tasks.outcome import Outcome
from bench.tasks.report import Standing, markdown, standings
from bench.tasks.suite import SUITE
from bench.tasks.task import Task
from bench.tasks.workbench import Say, Trained, Workbench, budget_of, read_base
from pydantic import ValidationError

from tabrl.domain.errors import TabrlError
from tabrl.ports import JobFailedError
from tabrl.sim.factory import SimulatorKind
from tabrl_trainer.pretrained import PretrainedPolicy

OUTCOME, ROLLOUT, PARAMS = "outcome.json", "rollout.npz", "params.safetensors"


@dataclass(frozen=True)
class Series:
    """Where results go, which base learns, and how long."""

    out: Path
    base: Path | None
    minute_s: float
    episodes: int
    say: Say
    films: bool = True
    simulator: SimulatorKind = "auto"

    def run(self, tasks: Sequence[Task], seeds: Sequence[int]) -> list[Standing]:
        """Train what is missing of these, then report on all that the folder holds."""
        base = read_base(self.base)
        sha256 = hashlib.sha256(base.policy).hexdigest()
        pairs = [(task, seed) for task in tasks for seed in seeds]
        missing = [pair for pair in pairs if self._kept(*pair, sha256) is None]
        self.say(f"{len(pairs)} trainings, {len(pairs) - len(missing)} of them done before")
        if missing:
            self._train(base, missing)
        found = standings(SUITE, self._all_kept(sha256))
        self._report(found)
        return found

    def _train(self, base: PretrainedPolicy, missing: Sequence[tuple[Task, int]]) -> None:
        with Workbench(base, self.say, self.simulator) as workbench:
            judge = Judge.of(workbench.engine.pretrained_weights, self.episodes)
            for number, (task, seed) in enumerate(missing, start=1):
                self.say(f"{number}/{len(missing)} {task.name}, seed {seed}: “{task.sentence}”")
                try:
                    trained = workbench.train(task, seed, budget_of(task, self.minute_s))
                except (TabrlError, JobFailedError) as error:
                    self.say(f"  failed: {error}")
                    continue
                self._tell(task, self._judge(task, seed, trained, judge, workbench.base_sha256))

    def _judge(
        self, task: Task, seed: int, trained: Trained, judge: Judge, base_sha256: str
    ) -> Outcome:
        folder = self._folder(task, seed)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PARAMS).write_bytes(trained.params)
        rollout_of(trained.params).save(folder / ROLLOUT)
        motion = read_rollout(folder / ROLLOUT)  # judged as a user's file would be
        result = trained.result
        outcome = Outcome(
            task=task.name,
            task_sha256=task.sha256,
            seed=seed,
            budget_s=self.minute_s,
            success=task.succeeded(motion),
            fell=motion.fell,
            values=task.values(motion),
            rows=judge.rows(task, trained),
            program_words=result.program_words,
            delivered=result.delivered,
            note=result.note,
            samples=result.samples,
            samples_per_s=result.samples_per_s,
            fine_tuning_s=sum(s for stage, s in result.stages_s.items() if stage != "evaluation"),
            job_s=trained.seconds,
            stages_s=result.stages_s,
            checks_passed=sum(check.passed for check in result.checks),
            checks=len(result.checks),
            params_sha256=result.params_sha256,
            base_sha256=base_sha256,
            versions=result.versions,
        )
        (folder / OUTCOME).write_text(outcome.model_dump_json(indent=2))
        return outcome

    def _tell(self, task: Task, outcome: Outcome) -> None:
        pairs = zip(task.bounds, outcome.values, strict=True)
        values = ", ".join(f"{bound.name} {value:.3g} ({bound.target})" for bound, value in pairs)
        rewards = ", ".join(f"{name} {row.reward.mean:.3f}" for name, row in outcome.rows.items())
        self.say(f"  {'learnt' if outcome.success else 'MISSED'}: {values}")
        self.say(f"  reward: {rewards}; falls {outcome.rows['result'].fall_rate:.1%}")

    def _report(self, found: Sequence[Standing]) -> None:
        """Write `tasks.md`, `tasks.json` and the film strips."""
        if not found:
            return
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "tasks.md").write_text(markdown(found))
        document = {
            "machine": {
                "system": platform.platform(),
                "cores": os.cpu_count(),
                "device": jax.devices()[0].device_kind,
            },
            "tasks": [_document(standing) for standing in found],
        }
        (self.out / "tasks.json").write_text(json.dumps(document, indent=2))
        if self.films:
            self._films(found)

    def _films(self, found: Sequence[Standing]) -> None:
        reels = []
        for standing in found:
            task, shown = standing.task, standing.median
            verdict = "" if shown.success else " (missed)"
            reels.append(
                film.Reel(
                    rollout=self._folder(task, shown.seed) / ROLLOUT,
                    caption=f"{task.name}: {task.sentence}{verdict}",
                    picture=self.out / f"{task.name}.png",
                )
            )
        problem = film.draw_elsewhere(reels, self.out / "overview.png")
        if problem is not None:
            self.say(f"no film strips: {problem}")

    def _folder(self, task: Task, seed: int) -> Path:
        return self.out / task.name / f"seed{seed}"

    def _all_kept(self, base_sha256: str) -> list[Outcome]:
        """Everything in the folder that can stand in one table."""
        pairs = [
            (task, int(folder.name.removeprefix("seed")))
            for task in SUITE
            for folder in (self.out / task.name).glob("seed*")
        ]
        kept = [self._kept(task, seed, base_sha256) for task, seed in sorted(pairs, key=_order)]
        return [outcome for outcome in kept if outcome is not None]

    def _kept(self, task: Task, seed: int, base_sha256: str) -> Outcome | None:
        """An earlier outcome, if it is of the same task, base and time."""
        try:
            text = (self._folder(task, seed) / OUTCOME).read_text()
            outcome = Outcome.model_validate_json(text)
        except (OSError, ValidationError):
            return None
        same = (outcome.task_sha256, outcome.base_sha256, outcome.budget_s)
        return outcome if same == (task.sha256, base_sha256, self.minute_s) else None


def _order(pair: tuple[Task, int]) -> tuple[str, int]:
    return pair[0].name, pair[1]


def _document(standing: Standing) -> dict[str, object]:
    task = standing.task
    return {
        "task": task.name,
        "sentence": task.sentence,
        "stretch": task.stretch,
        "extra": task.extra,
        "bounds": [{"name": bound.name, "target": bound.target} for bound in task.bounds],
        "successes": standing.successes,
        "beats_program": standing.beats_program,
        "most_falls": standing.most_falls,
        "median_seed": standing.median.seed,
        "outcomes": [outcome.model_dump() for outcome in standing.outcomes],
    }
