"""`python -m bench.tasks.check TASK FILE …`: do these rollout files show what a task asks for?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from zipfile import BadZipFile

from bench.robot import ROBOT
from bench.tasks.bodies import named, read_rollout, robots
from bench.tasks.suite import suite_of
from bench.tasks.task import Recording, Task


def report_lines(task: Task, motion: Recording) -> list[str]:
    """One line per bound, then one for falls and one for the task."""
    lines = [
        f"{'ok' if bound.holds(value) else 'NOT'}  {bound.name} {value:.3g}, wanted {bound.target}"
        for bound, value in zip(task.bounds, task.values(motion), strict=True)
    ]
    lines.append(f"{'NOT' if motion.fell else 'ok'}  {'fell' if motion.fell else 'never fell'}")
    return [*lines, f"{task.name}: {'success' if task.succeeded(motion) else 'missed'}"]


def main() -> int:
    """Entry point: exit code 0 only if every file succeeds, 2 if one cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m bench.tasks.check", description=__doc__)
    parser.add_argument("task", metavar="TASK")
    parser.add_argument("files", nargs="+", type=Path)
    known = [robot.id for robot in robots()]
    parser.add_argument("--robot", choices=known, default=ROBOT.id)
    arguments = parser.parse_args()
    body = named(arguments.robot)
    try:
        (task,) = suite_of(body).find([arguments.task])
    except ValueError as error:
        parser.error(str(error))
    failures = 0
    for path in arguments.files:
        try:
            motion = read_rollout(path, body)
            lines = report_lines(task, motion)
        except (OSError, KeyError, ValueError, BadZipFile) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 2
        print("\n".join([str(path), *(f"  {line}" for line in lines)]))
        failures += not task.succeeded(motion)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
