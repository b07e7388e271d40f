"""`make bench`: what a user waits for and how smooth the robot moves, measured on this machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tabrl_local.api_schemas import JobView
from tabrl_local.background import background_stack, interruptible
from tabrl_local.client import Api
from tabrl_local.demo import DemoOptions
from tabrl_local.errors import CommandError
from tabrl_local.rollout import rollout
from tabrl_local.run import run_task


def measure(port: int, seconds: float, console: Console) -> dict[str, object]:
    """Time a start, a task, and rollouts idle and beside a training."""
    with tempfile.TemporaryDirectory(prefix="tabrl-bench-") as folder:
        begin = time.monotonic()
        with background_stack(Path(folder), port) as stack, Api(stack.url) as api:
            start_s = time.monotonic() - begin
            report = run_task(api, DemoOptions().for_run(api), console)
            console.print(f"rollout, idle, {seconds:g} s …")
            _, idle = rollout(api, report.model_id, seconds)
            job = api.train(report.task_id, report.chosen)
            _await_running(api, job)
            console.print(f"rollout, beside a training, {seconds:g} s …")
            _, busy = rollout(api, report.model_id, seconds)
            api.cancel(job.id)
    return {
        "cores": os.cpu_count(),
        "start_s": round(start_s, 2),
        "stages_s": report.stages_s,
        "samples_per_s": report.samples_per_s,
        "rollout_idle": idle.model_dump(),
        "rollout_beside_training": busy.model_dump(),
    }


def _await_running(api: Api, job: JobView) -> None:
    for event in api.events(job.id, lambda _: None):
        if event.type in ("search", "progress"):
            return
    raise CommandError(f"{job.id} ended before it was measured")


def main() -> int:
    """Entry point: JSON on standard output."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each rollout")
    parser.add_argument("--port", type=int, default=8500, help="or the next free one")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    try:
        with interruptible():
            found = measure(arguments.port, arguments.seconds, console)
    except CommandError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
