"""An experiment: every task trained with every seed, stored in a folder as it goes."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
from bench.tasks import render
from bench.tasks.abilities import write_learnt
from bench.tasks.bodies import AnyBody, read_rollout
from bench.tasks.harness import Harness, Log, Trained, budget_of, read_base
from bench.tasks.report import TaskSummary, markdown, summarize
from bench.tasks.run_result import RunResult
from bench.tasks.scoring import Scorer, rollout_of
from bench.tasks.suite import lacks, suite_of
from bench.tasks.task import MINUTE_S, Task
from pydantic import ValidationError

from tabrl.domain.errors import TabrlError
from tabrl.ports import JobFailedError
from tabrl.sim.factory import SimulatorKind
from tabrl_trainer.pretrained import PretrainedPolicy

RESULT, ROLLOUT, PARAMS = "outcome.json", "rollout.npz", "params.safetensors"


@dataclass(frozen=True)
class Experiment:
    """Which robot and base learn, how long, and where results go."""

    body: AnyBody
    out: Path
    base: Path | None
    minute_s: float
    episodes: int
    log: Log
    film_strips: bool = True
    simulator: SimulatorKind = "auto"

    def run(self, tasks: Sequence[Task], seeds: Sequence[int]) -> list[TaskSummary]:
        """Train what is missing of these, then report on all that the folder holds."""
        base = read_base(self.body.robot, self.base)
        sha256 = hashlib.sha256(base.policy).hexdigest()
        pairs = [(task, seed) for task in tasks for seed in seeds]
        missing = [pair for pair in pairs if self._stored(*pair, sha256) is None]
        self.log(f"{len(pairs)} trainings, {len(pairs) - len(missing)} of them done before")
        if missing:
            self._train(base, missing)
        found = summarize(suite_of(self.body).tasks, self._all_stored(sha256))
        self._report(found)
        return found

    def markdown(self, found: Sequence[TaskSummary]) -> str:
        """The report of this robot."""
        return markdown(self.body.robot, suite_of(self.body), found)

    def _train(self, base: PretrainedPolicy, missing: Sequence[tuple[Task, int]]) -> None:
        with Harness(self.body.robot, base, self.log, self.simulator) as harness:
            scorer = Scorer.of(self.body, harness.context.pretrained_weights, self.episodes)
            for number, (task, seed) in enumerate(missing, start=1):
                self.log(f"{number}/{len(missing)} {task.name}, seed {seed}: “{task.sentence}”")
                try:
                    trained = harness.train(task, seed, budget_of(task, self.minute_s))
                except (TabrlError, JobFailedError) as error:
                    self.log(f"  failed: {error}")
                    continue
                self._log_result(
                    task, self._score(task, seed, trained, scorer, harness.base_sha256)
                )

    def _score(
        self, task: Task, seed: int, trained: Trained, scorer: Scorer, base_sha256: str
    ) -> RunResult:
        folder = self._folder(task, seed)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PARAMS).write_bytes(trained.params)
        rollout_of(trained.params, self.body.robot).save(folder / ROLLOUT)
        motion = read_rollout(folder / ROLLOUT, self.body)  # scored as a user's file would be
        delivered, scores = trained.result, scorer.score(task, trained)
        result = RunResult(
            task=task.name,
            task_sha256=task.sha256,
            seed=seed,
            budget_s=self.minute_s,
            success=task.succeeded(motion),
            fell=motion.fell,
            values=task.values(motion),
            rows=scores.rows,
            comparison=scores.comparison,
            program_words=delivered.program_words,
            delivered=delivered.delivered,
            note=delivered.note,
            samples=delivered.samples,
            samples_per_s=delivered.samples_per_s,
            fine_tuning_s=sum(
                s for stage, s in delivered.stages_s.items() if stage != "evaluation"
            ),
            job_s=trained.seconds,
            stages_s=delivered.stages_s,
            checks_passed=sum(check.passed for check in delivered.checks),
            checks=len(delivered.checks),
            params_sha256=delivered.params_sha256,
            base_sha256=base_sha256,
            versions=delivered.versions,
        )
        (folder / RESULT).write_text(result.model_dump_json(indent=2))
        return result

    def _log_result(self, task: Task, result: RunResult) -> None:
        pairs = zip(task.bounds, result.values, strict=True)
        values = ", ".join(f"{bound.name} {value:.3g} ({bound.target})" for bound, value in pairs)
        rewards = ", ".join(
            f"{name} {score.reward.mean:.3f}" for name, score in result.rows.items()
        )
        self.log(f"  {'learnt' if result.success else 'MISSED'}: {values}")
        self.log(f"  reward: {rewards}; {result.compared.words}")
        self.log(f"  falls {result.rows['result'].fall_rate:.1%}")

    def _report(self, found: Sequence[TaskSummary]) -> None:
        """Write `tasks.md`, `tasks.json` and the film strips."""
        if not found:
            return
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "tasks.md").write_text(self.markdown(found))
        left_out = suite_of(self.body).left_out
        document = {
            "robot": self.body.robot.id,
            "left_out": {task.name: lacks(task) for task in left_out},
            "machine": {
                "system": platform.platform(),
                "cores": os.cpu_count(),
                "device": jax.devices()[0].device_kind,
            },
            "tasks": [_document(summary) for summary in found],
        }
        (self.out / "tasks.json").write_text(json.dumps(document, indent=2))
        if self.base is None and self.minute_s == MINUTE_S:
            path = write_learnt(self.body.robot, found)
            if path is not None:
                self.log(f"how fast it moves is now in {path}")
        if self.film_strips:
            self._render(found)

    def _render(self, found: Sequence[TaskSummary]) -> None:
        jobs = []
        for summary in found:
            task, shown = summary.task, summary.median
            verdict = "" if shown.success else " (missed)"
            jobs.append(
                render.StripJob(
                    robot=self.body.robot.id,
                    rollout=self._folder(task, shown.seed) / ROLLOUT,
                    caption=f"{task.name}: {task.sentence}{verdict}",
                    picture=self.out / f"{task.name}.png",
                )
            )
        problem = render.render_in_subprocess(jobs, self.out / "overview.png")
        if problem is not None:
            self.log(f"no film strips: {problem}")

    def _folder(self, task: Task, seed: int) -> Path:
        return self.out / task.name / f"seed{seed}"

    def _all_stored(self, base_sha256: str) -> list[RunResult]:
        """Everything in the folder that fits into one table."""
        pairs = [
            (task, int(folder.name.removeprefix("seed")))
            for task in suite_of(self.body).tasks
            for folder in (self.out / task.name).glob("seed*")
        ]
        stored = [self._stored(task, seed, base_sha256) for task, seed in sorted(pairs, key=_order)]
        return [result for result in stored if result is not None]

    def _stored(self, task: Task, seed: int, base_sha256: str) -> RunResult | None:
        """An earlier result, if it is of the same task, base and time."""
        try:
            text = (self._folder(task, seed) / RESULT).read_text()
            result = RunResult.model_validate_json(text)
        except (OSError, ValidationError):
            return None
        same = (result.task_sha256, result.base_sha256, result.budget_s)
        return result if same == (task.sha256, base_sha256, self.minute_s) else None


def _order(pair: tuple[Task, int]) -> tuple[str, int]:
    return pair[0].name, pair[1]


def _document(summary: TaskSummary) -> dict[str, object]:
    task = summary.task
    return {
        "task": task.name,
        "sentence": task.sentence,
        "stretch": task.stretch,
        "extra": task.extra,
        "bounds": [{"name": bound.name, "target": bound.target} for bound in task.bounds],
        "successes": summary.successes,
        "beats_program": summary.beats_program,
        "most_falls": summary.max_fall_rate,
        "median_seed": summary.median.seed,
        "outcomes": [result.model_dump() for result in summary.results],
    }
