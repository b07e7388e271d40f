"""`make demo` and `make demo-once`: the whole path, as a new user would walk it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tabrl.contracts.training import RunReport, measured_words
from tabrl.domain.errors import TabrlError
from tabrl.robots import get_robot
from tabrl_local.background import RunningStack, background_stack, interruptible
from tabrl_local.client import Api
from tabrl_local.errors import CommandError
from tabrl_local.robots import chosen_robot
from tabrl_local.run import RunOptions, run_task
from tabrl_local.run_report import print_run_report

ROLLOUT_S = 10.0
KEPT_RUNS = 3


@dataclass(frozen=True)
class DemoOptions:
    """What to show; without a task the robot's first example, on the first that can learn."""

    task: str | None = None
    robot: str | None = None
    candidate: int = 1

    def check_robot(self) -> None:
        """Raises CommandError for a robot that is not there, before everything is started."""
        if self.robot is None:
            return
        try:
            get_robot(self.robot)
        except TabrlError as error:
            raise CommandError(error.message, hint=error.hint, code=error.code) from error

    def for_run(self, api: Api) -> RunOptions:
        """The same with nothing left open. Raises CommandError if there is nothing to show."""
        robot = chosen_robot(api, self.robot)
        tasks = [self.task] if self.task else robot.examples
        if not tasks:
            raise CommandError(f"{robot.id} has no examples", hint="name a --task", code="no_task")
        return RunOptions(tasks[0], robot.id, self.candidate)


def demo(stack: RunningStack, wanted: DemoOptions, console: Console) -> RunReport:
    """Train the task through the public api and show its run report."""
    with Api(stack.url) as api:
        options = wanted.for_run(api)
        console.print(f"\n[bold]“{escape(options.prompt)}”[/] for the {options.robot}")
        report = run_task(api, options, console)
    print_run_report(report, console)
    return report


def with_rollout(stack: RunningStack, report: RunReport, console: Console) -> RunReport:
    """Drive the trained model for ten seconds; the run report gains what was measured."""
    from tabrl_local.rollout import rollout

    console.print(f"rollout of {ROLLOUT_S:g} s over the inference WebSocket …")
    with Api(stack.url) as api:
        recording, driven = rollout(api, report.model_id, ROLLOUT_S)
    recording.save(stack.data / "rollout.npz")
    console.print(
        f"{driven.control_hz:.1f} Hz, {driven.real_time_factor:.3f} × real time, round trip p99 "
        f"{driven.rtt_ms.p99:.1f} ms",
        highlight=False,
    )
    return report.model_copy(
        update={
            "control_hz": driven.control_hz,
            "real_time_factor": driven.real_time_factor,
            "rtt_ms": driven.rtt_ms,
        }
    )


def shortcomings(report: RunReport) -> list[str]:
    """Why a run is no success, in words; empty if it is one."""
    missed = [
        f"{check.name} is {measured_words(check.result)}, wanted {check.target}"
        for check in report.checks
        if not check.passed
    ]
    if not report.checks:
        missed.append("nothing was checked")
    if not report.reward_result > report.reward_base:
        missed.append(
            f"the reward {report.reward_result:.3f} is not above the base's "
            f"{report.reward_base:.3f}"
        )
    return missed


def run_once(options: DemoOptions, port: int, runs: Path, console: Console) -> int:
    """Start, train, roll out, stop; 0 only if the robot learnt the task."""
    data = runs / time.strftime("once-%Y%m%d-%H%M%S")
    with background_stack(data, port) as stack:
        report = demo(stack, options, console)
        report = with_rollout(stack, report, console)
    text = report.model_dump_json(indent=2)
    (data / "receipt.json").write_text(text)
    print(text, flush=True)
    _forget_old(runs)
    missed = shortcomings(report)
    for line in missed:
        console.print(f"[bold red]not met:[/] {escape(line)}", highlight=False)
    return 1 if missed else 0


def run_until_stopped(options: DemoOptions, port: int, data: Path, console: Console) -> int:
    """Start, train, and leave the page running until Ctrl-C."""
    with background_stack(data, port) as stack:
        try:
            report = demo(stack, options, console)
            address = f"{stack.url}/tasks/{report.task_id}/jobs/{report.job_id}"
        except CommandError as error:
            # The page is of use all the same, if only to see what happened.
            console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)
            address = stack.url
        console.print(f"\nopen [bold]{address}[/]   (Ctrl-C ends the demo)", highlight=False)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


def _forget_old(runs: Path) -> None:
    for old in sorted(runs.glob("once-*"))[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after a rollout")
    parser.add_argument("--task", help="what to learn; else the robot's first example")
    parser.add_argument("--robot", help="which robot; else the first that can learn")
    parser.add_argument("--candidate", type=int, default=1)
    parser.add_argument("--port", type=int, default=8400, help="or the next free one")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TABRL_DATA") or "var"))
    arguments = parser.parse_args()
    console = Console(stderr=True)
    options = DemoOptions(arguments.task, arguments.robot, arguments.candidate)
    try:
        options.check_robot()
        with interruptible():
            if arguments.once:
                return run_once(options, arguments.port, arguments.data / "runs", console)
            return run_until_stopped(options, arguments.port, arguments.data, console)
    except CommandError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
