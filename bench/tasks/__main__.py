"""`python -m bench.tasks`: train all tasks, score them, write tables, JSON and film strips.

Pairs of task and seed that the output folder already holds, for the same pretrained policy and
time, are not trained again: a run that was stopped goes on, and other seeds can be added.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from bench.robot import ROBOT
from bench.tasks.bodies import named, robots
from bench.tasks.suite import suite_of

from tabrl_local.stack import CACHE

RESULTS = Path("var/bench-tasks")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m bench.tasks", description=__doc__)
    known = [robot.id for robot in robots()]
    names = ", ".join(task.name for task in suite_of(named(ROBOT.id)).tasks)
    parser.add_argument("--robot", choices=known, default=ROBOT.id, help="who learns")
    parser.add_argument("--tasks", nargs="*", default=[], metavar="NAME", help=f"of: {names}")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=60.0, help="what a minute is cut to")
    parser.add_argument("--episodes", type=int, default=128, help="of each of the three policies")
    parser.add_argument("--out", type=Path, help="var/bench-tasks/ROBOT without it")
    parser.add_argument("--base", type=Path, help="folder with another pretrained policy's files")
    parser.add_argument(
        "--simulator", choices=("auto", "cpu", "mjx", "warp"), default="auto", help="to learn on"
    )
    parser.add_argument("--no-films", action="store_true")
    arguments = parser.parse_args()
    body = named(arguments.robot)
    try:
        tasks = suite_of(body).find(arguments.tasks)
    except ValueError as error:
        parser.error(str(error))
    if CACHE.is_dir():
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE / "compiled"))  # read by JAX
    from bench.tasks.experiment import Experiment

    began = time.monotonic()

    def log(text: str) -> None:
        print(f"{time.monotonic() - began:7.0f} s  {text}", file=sys.stderr, flush=True)

    experiment = Experiment(
        body, arguments.out or RESULTS / body.robot.id, arguments.base, arguments.seconds,
        arguments.episodes, log, film_strips=not arguments.no_films, simulator=arguments.simulator,
    )  # fmt: skip
    print(experiment.markdown(experiment.run(tasks, arguments.seeds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
