"""The tables: every task over its seeds, and the three policies measured for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.tasks.run_result import POLICIES, RunResult
from bench.tasks.suite import Suite, lacks
from bench.tasks.task import Bound, Task

from tabrl.contracts.comparison import MIN_EFFECT
from tabrl.robots import Robot

MAX_FALL_RATE = 0.02


@dataclass(frozen=True)
class TaskSummary:
    """The results of one task over its seeds."""

    task: Task
    results: tuple[RunResult, ...]

    @property
    def successes(self) -> int:
        """Seeds whose rollout succeeded."""
        return sum(result.success for result in self.results)

    @property
    def succeeded(self) -> bool:
        """Whether the median seed did: more than half of them."""
        return 2 * self.successes > len(self.results)

    @property
    def max_fall_rate(self) -> float:
        """The largest share of episodes with a fall, over seeds."""
        return max(result.rows["result"].fall_rate for result in self.results)

    @property
    def median(self) -> RunResult:
        """The seed in the middle, by success and then by the margin of the first bound."""
        ranked = sorted(self.results, key=lambda r: (r.success, self._margin(r)))
        return ranked[(len(ranked) - 1) // 2]

    @property
    def beats_program(self) -> bool:
        """Whether most seeds' results beat the found command schedules."""
        better = sum(result.beats_program for result in self.results)
        return 2 * better > len(self.results)

    def spread(self, index: int) -> tuple[float, float]:
        """Median and worst value of one bound over the seeds' rollouts."""
        bound = self.task.bounds[index]
        values = sorted((result.values[index] for result in self.results), key=bound.margin)
        return values[(len(values) - 1) // 2], values[0]

    def _margin(self, result: RunResult) -> float:
        pairs = zip(self.task.bounds, result.values, strict=True)
        return min(bound.margin(value) / _size(bound) for bound, value in pairs)


def _size(bound: Bound) -> float:
    """The scale of a bound, to compare margins of different units."""
    ends = [abs(end) for end in (bound.at_least, bound.at_most) if end]
    return max(ends, default=1.0)


def summarize(tasks: Sequence[Task], results: Sequence[RunResult]) -> list[TaskSummary]:
    """The tasks that have results, in the suite's order."""
    found = [TaskSummary(task, tuple(r for r in results if r.task == task.name)) for task in tasks]
    return [summary for summary in found if summary.results]


def markdown(robot: Robot, suite: Suite, summaries: Sequence[TaskSummary]) -> str:
    """The whole report of one robot."""
    parts = [f"{robot.maker} {robot.name}: {_summary(summaries)}"]
    parts += [f"Not asked: **{task.name}**, {lacks(task)}." for task in suite.left_out]
    parts += ["", _results(summaries), "", _rows(summaries)]
    missed = _missed(summaries)
    if missed:
        parts += ["", *missed]
    return "\n".join(parts) + "\n"


def _summary(summaries: Sequence[TaskSummary]) -> str:
    minute = [s for s in summaries if not s.task.stretch]
    first = [s for s in minute if not s.task.extra]
    learnt = sum(s.succeeded for s in first)
    steady = sum(s.max_fall_rate <= MAX_FALL_RATE for s in minute)
    better = sum(s.beats_program for s in minute)
    return (
        f"{learnt} of {len(first)} tasks succeed in the median seed; in {steady} of {len(minute)} "
        f"no seed falls in more than {MAX_FALL_RATE:.0%} of episodes; in {better} of "
        f"{len(minute)} the result beats the found schedule: by {MIN_EFFECT:.0%} or more over the "
        "same starts, with an interval apart from zero."
    )


def _results(summaries: Sequence[TaskSummary]) -> str:
    lines = [
        "| task | must reach | median | worst | success | falls | PPO beats schedule | "
        "fine-tuning, s | samples |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for summary in summaries:
        task, median = summary.task, summary.median
        for index, bound in enumerate(task.bounds):
            middle, worst = summary.spread(index)
            cells = [f"{bound.name} {bound.target}", f"{middle:.3g}", f"{worst:.3g}"]
            if index == 0:
                name = f"**{task.name}**: {task.sentence}"
                cells = [name, *cells]
                cells += [
                    f"{summary.successes}/{len(summary.results)}",
                    f"{summary.max_fall_rate:.1%}",
                    f"{'yes' if summary.beats_program else 'no'}: {median.compared.words}",
                    f"{median.fine_tuning_s:.0f}",
                    f"{median.samples / 1000:.0f} k",
                ]
            else:
                cells = ["", *cells, "", "", "", "", ""]
            lines.append(_line(cells))
    return "\n".join(lines)


def _rows(summaries: Sequence[TaskSummary]) -> str:
    lines = [
        "Mean over episodes ± half of the 95 % interval, median seed:",
        "",
        "| task | measured | base, no command | base, found schedule | result |",
        "| --- | --- | --- | --- | --- |",
    ]
    for summary in summaries:
        rows = summary.median.rows
        rewards = [f"{rows[n].reward.mean:.3f} ± {rows[n].reward.ci95:.3f}" for n in POLICIES]
        lines.append(_line([f"**{summary.task.name}**", "reward a step", *rewards]))
        for index, bound in enumerate(summary.task.bounds):
            cells = []
            for name in POLICIES:
                value = rows[name].values[index]
                cells.append(f"{value.mean:.3g} ± {value.ci95:.1g}")
            lines.append(_line(["", f"{bound.name}, {bound.unit}".rstrip(", "), *cells]))
        shares = [f"{rows[n].success:.0%}, {rows[n].fall_rate:.1%}" for n in POLICIES]
        lines.append(_line(["", "episodes that succeed, fall", *shares]))
        found = summary.median.program_words
        kept = "" if summary.median.delivered == "result" else " (delivered)"
        lines.append(_line(["", "program", "stand", f"{found}{kept}", ""]))
    return "\n".join(lines)


def _missed(summaries: Sequence[TaskSummary]) -> list[str]:
    lines = []
    for summary in summaries:
        for result in summary.results:
            if result.success:
                continue
            pairs = zip(summary.task.bounds, result.values, strict=True)
            why = [
                f"{bound.name} is {value:.3g}, wanted {bound.target}"
                for bound, value in pairs
                if not bound.holds(value)
            ]
            why += ["it fell"] if result.fell else []
            why += [result.note] if result.note else []
            lines.append(f"- {summary.task.name}, seed {result.seed}: {'; '.join(why)}")
    return ["Missed:", "", *lines] if lines else []


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
