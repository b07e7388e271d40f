"""The run report: one account from the task's post to the measured result."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tabrl.contracts.ground import FLAT
from tabrl.contracts.tiers import EvaluationPoint
from tabrl.contracts.training import CheckResult, RobustnessRow, RunReport, measured_words
from tabrl_local.api_schemas import JobView, TaskView
from tabrl_local.errors import CommandError


def build_run_report(
    task: TaskView, job: JobView, *, writing_s: float | None, total_s: float
) -> RunReport:
    """Join what the client timed with what the trainer measured.

    `stages_s` holds `writing` (post of the task to its candidates), `queue` (post of the training
    to its start), the trainer's own stages and `total` (post of the task to the end). Where a
    training goes on from a result nothing is written.
    Raises CommandError if the job has no result.
    """
    result = job.result
    if result is None or job.model_id is None:
        raise CommandError(f"{job.id} has no result", code="no_result")
    stages = {} if writing_s is None else {"writing": writing_s}
    if job.started_at is not None:
        stages["queue"] = max(0.0, (job.started_at - job.created_at).total_seconds())
    stages |= {name: value for name, value in result.stages_s.items() if name != "total"}
    stages["total"] = total_s
    return RunReport(
        task_id=task.id,
        job_id=job.id,
        model_id=job.model_id,
        stages_s={name: round(value, 2) for name, value in stages.items()},
        candidates=len(task.candidates),
        chosen=job.candidate or 0,
        samples=result.samples,
        samples_per_s=result.samples_per_s,
        checks=result.checks,
        reward_base=result.base.reward,
        reward_program=result.program.reward,
        reward_result=result.result.reward,
        fall_rate_base=result.base.fall_rate,
        fall_rate_result=result.result.fall_rate,
        fall_rate_result_upper=result.result.fall_rate_upper,
        comparison=result.comparison,
        params_sha256=result.params_sha256,
        reward_sha256=result.reward_sha256,
        snapshots=result.snapshots,
        versions=result.versions,
        robot=job.robot,
        ground=FLAT if result.schedule is None else result.schedule.ground,
        flags=result.flags,
        robustness=result.robustness,
        tier=result.tier,
        continues=job.continues,
        history=result.history,
    )


def print_run_report(report: RunReport, console: Console) -> None:
    """The run report for a person."""
    whose = f" of the {report.robot}" if report.robot else ""
    whose += "" if report.ground.plain else f" on {report.ground.in_words()}"
    table = Table(title=f"success checks{whose}", title_justify="left", box=None, pad_edge=False)
    begun = "searched" if report.continues is None else "before"
    for name in ("check", "target", "pretrained", begun, "result", ""):
        table.add_column(name, justify="left" if name in ("check", "target") else "right")
    for check in report.checks:
        table.add_row(*_row(check))
    table.add_section()
    rewards = (report.reward_base, report.reward_program, report.reward_result)
    table.add_row("reward a step", "", *(f"{value:.3f}" for value in rewards), "")
    console.print(table)
    if report.comparison is not None:
        episodes = report.comparison.episodes
        console.print(
            f"result: {report.comparison.words}, over {episodes} episodes from the same starts",
            soft_wrap=True,
            highlight=False,
        )
    console.print(f"falls: {_falls(report)}", soft_wrap=True, highlight=False)
    for flag in report.flags:
        console.print(f"[yellow]![/] {escape(flag.message)}", soft_wrap=True, highlight=False)
    if len(report.history) > 2:
        console.print(history_table(report.history, len(report.checks)))
    if report.robustness:
        console.print(robustness_table(report.robustness))
    stages = ", ".join(f"{name} {value:.1f} s" for name, value in report.stages_s.items())
    console.print(f"stages: {stages}", soft_wrap=True, highlight=False)
    console.print(
        f"{report.samples:,} samples, {report.samples_per_s:,.0f} a second, "
        f"{report.snapshots} snapshots; model [bold]{report.model_id}[/]",
        highlight=False,
        soft_wrap=True,
    )


def history_table(points: Sequence[EvaluationPoint], checks: int) -> Table:
    """The evaluations on the way, by minutes of learning; the best policy so far has a mark."""
    table = Table(title="minute by minute", title_justify="left", box=None, pad_edge=False)
    for name in ("minutes", "samples", "reward a step", "±", "checks", "falls", ""):
        table.add_column(name, justify="right")
    for point in points:
        table.add_row(
            f"{point.minutes:.1f}",
            f"{point.samples:,}",
            f"{point.reward:.3f}",
            f"{point.reward_ci95:.3f}",
            f"{point.passed}/{checks}",
            f"{point.fall_rate:.1%}",
            "★" if point.best else "",
        )
    return table


def robustness_table(rows: Sequence[RobustnessRow]) -> Table:
    """How the result fares on robots other than its scene, beside the undisturbed one."""
    table = Table(title="robustness", title_justify="left", box=None, pad_edge=False)
    for name in ("the robot", "reward a step", "speed error", "falls"):
        table.add_column(name, justify="left" if name == "the robot" else "right")
    for row in rows:
        error = "" if row.speed_error is None else f"{row.speed_error:.1%}"
        reward = "" if row.reward is None else f"{row.reward:.3f}"
        table.add_row(escape(row.words), reward, error, f"{row.fall_rate:.1%}")
    return table


def _falls(report: RunReport) -> str:
    seen = f"{report.fall_rate_result:.1%} of episodes" if report.fall_rate_result else "none seen"
    upper = report.fall_rate_result_upper
    return seen if upper is None else f"{seen} (under {upper:.1%}, with 95 % confidence)"


def _row(check: CheckResult) -> tuple[str, ...]:
    mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
    values = (check.base, check.program, check.result)
    return (
        escape(check.name),
        escape(check.target),
        *(measured_words(value) for value in values),
        mark,
    )
