"""`tabrl run`: one task from its sentence to its run report, through the public api."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.markup import escape

from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import RunReport
from tabrl_local.api_schemas import FINISHED, FailureView, JobView, TaskView
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.follow import EventDisplay
from tabrl_local.robots import chosen_robot, ground_named
from tabrl_local.run_report import build_run_report
from tabrl_local.terminal.quotes import quote_words
from tabrl_local.training.length import UNSAID, Length


@dataclass(frozen=True)
class RunOptions:
    """What to train."""

    prompt: str
    robot: str | None = None  # else the first that can learn
    candidate: int = 1
    after: str | None = None  # the training whose result the prompt wants changed
    priority: Literal["normal", "low"] = "normal"
    length: Length = UNSAID
    ground: str | None = None  # by its name; else the one that the prompt speaks of


def run_task(api: Api, options: RunOptions, console: Console) -> RunReport:
    """Write, choose, train, measure. Raises CommandError unless the training succeeded."""
    begin = time.monotonic()
    after = api.job(options.after) if options.after else None
    if after is not None and after.kind != "train":
        raise CommandError(
            f"{after.id} is no training", hint="choose one of `tabrl jobs --kind train`",
            code="not_a_training",
        )  # fmt: skip
    robot = after.robot if after else options.robot or chosen_robot(api).id
    named = options.ground
    ground = None if named is None else ground_named(chosen_robot(api, robot), named)
    _print_quote(api, robot, options.length, console)
    task = api.create_task(robot, options.prompt, after, options.length.tier)
    console.print(
        f"task [bold]{task.id}[/] for the {robot}  {api.url}/tasks/{task.id}", highlight=False
    )
    task = _written(api, task, console)
    writing_s = time.monotonic() - begin
    _show_candidates(task, console)
    if options.candidate not in {candidate.n for candidate in task.candidates}:
        raise CommandError(
            f"there is no candidate {options.candidate}",
            hint=f"choose one of 1 to {len(task.candidates)}",
            code="unknown_candidate",
        )
    job = api.train(task.id, options.candidate, options.priority, options.length, ground)
    console.print(f"training candidate {options.candidate}: job [bold]{job.id}[/]", highlight=False)
    job = _trained(api, job, console)
    return build_run_report(task, job, writing_s=writing_s, total_s=time.monotonic() - begin)


def go_on(api: Api, result: str, length: Length, console: Console) -> RunReport:
    """Train on from a result, to a run report of its own.

    Args:
        api: that knows it.
        result: a model's id, or that of the training that made it.
        length: of the new training; else the next tier.
        console: for progress.

    Raises:
        CommandError: the result cannot be gone on with, or the training did not succeed.
    """
    begin = time.monotonic()
    earlier = api.job(api.model(result).job_id if result.startswith("mdl_") else result)
    tier = length.tier or (earlier.tier or Tier.FINE_TUNE).next
    asked = Length(tier, length.minutes)
    _print_quote(api, earlier.robot, asked, console)
    job = api.keep_going(earlier.id, asked)
    task = api.task(job.task_id)
    console.print(f"going on from {earlier.id}: job [bold]{job.id}[/]", highlight=False)
    job = _trained(api, job, console)
    return build_run_report(task, job, writing_s=None, total_s=time.monotonic() - begin)


def _print_quote(api: Api, robot: str, length: Length, console: Console) -> None:
    """What it will take, before it is begun; where that cannot be told it is begun all the same."""
    with contextlib.suppress(CommandError):
        words = quote_words(api.quote(robot, 1, length).training)
        tier = length.tier or Tier.FINE_TUNE
        console.print(f"tier {tier}: {words}", highlight=False, soft_wrap=True)


def _trained(api: Api, job: JobView, console: Console) -> JobView:
    """The job once it has succeeded, its events shown. Raises CommandError if it does not."""
    if job.place_in_queue and job.place_in_queue > 1:
        begins = f", starts in about {job.starts_in_s:.0f} s" if job.starts_in_s else ""
        console.print(f"place {job.place_in_queue} in the queue{begins}", highlight=False)
    try:
        job = follow(api, job, console)
    except KeyboardInterrupt:
        console.print(f"the job goes on: `tabrl jobs`, or `tabrl cancel {job.id}`")
        raise
    if job.state != "succeeded":
        raise _failed(f"training ended as {job.state}", job.failure)
    return job


def follow(api: Api, job: JobView, console: Console) -> JobView:
    """Show a job's events until it has ended; returns the job as it is then."""
    with EventDisplay(console) as display:
        for event in api.events(job.id, display.warn):
            display.show(event)
    return _settled(api, job.id)


def _written(api: Api, task: TaskView, console: Console) -> TaskView:
    with console.status("writing rewards"):
        for _ in api.events(task.job_id, lambda text: console.print(f"[yellow]{escape(text)}[/]")):
            pass
        end = time.monotonic() + 10.0
        while (task := api.task(task.id)).state == "writing" and time.monotonic() < end:
            time.sleep(0.1)
    if task.state != "ready":
        raise _failed(f"no reward was written: the task is {task.state}", task.failure)
    return task


def _settled(api: Api, job_id: str, limit_s: float = 10.0) -> JobView:
    """The job after its last event; the row may follow the event by a moment."""
    end = time.monotonic() + limit_s
    while (job := api.job(job_id)).state not in FINISHED and time.monotonic() < end:
        time.sleep(0.1)
    return job


def _show_candidates(task: TaskView, console: Console) -> None:
    if task.understood:
        console.print(f"understood: {escape(', '.join(task.understood))}", highlight=False)
    if task.not_understood:
        words = escape(", ".join(task.not_understood))
        console.print(f"[yellow]not understood: {words}[/]", highlight=False)
    for notice in task.notices:
        console.print(f"[yellow]{escape(notice)}[/]", highlight=False)
    if task.usage is not None:
        used = task.usage
        cost = "" if used.cost_usd is None else f", US$ {used.cost_usd:.4f}"
        console.print(
            f"[dim]{escape(used.model)}: {used.calls} calls, {used.prompt_tokens:,} + "
            f"{used.completion_tokens:,} tokens{cost}[/]",
            highlight=False,
        )
    for candidate in task.candidates:
        terms = ", ".join(f"{name} {weight:g}" for name, weight in candidate.weights.items())
        console.print(
            f"  {candidate.n}. [bold]{escape(candidate.name)}[/]: {escape(candidate.idea)} "
            f"[dim]({escape(terms)})[/]",
            highlight=False,
        )
        for warning in candidate.report.warnings:
            console.print(f"     [yellow]{escape(warning.message)}[/]", highlight=False)
    for dropped in task.dropped:
        console.print(
            f"  [dim]left out: {escape(dropped.name)}: {escape(dropped.message)}[/]",
            highlight=False,
        )


def _failed(what: str, failure: FailureView | None) -> CommandError:
    if failure is None:
        return CommandError(what, code="not_succeeded")
    return CommandError(f"{what} ({failure.kind}): {failure.message}", code=failure.code)
