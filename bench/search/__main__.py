"""`python -m bench.search`: a table of pairs; see the package."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from bench.robot import ROBOT
from bench.tasks.body import named
from bench.tasks.suite import suite_of

TASKS = ("run", "hop", "march", "nod", "rear")


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for, of this process unless `arguments` are given."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args(arguments)
    try:
        options.tasks = suite_of(named(ROBOT.id)).find(options.tasks)
    except ValueError as error:
        parser.error(str(error))
    return options


def main() -> int:
    """Entry point: prints a line a pair as it goes, then the means."""
    options = read_options()
    # As the trainer has it; before anything imports JAX.
    os.environ["JAX_DEFAULT_MATMUL_PRECISION"] = "highest"
    from bench.search.measure import Searcher, reward_of
    from bench.search.table import HEAD, row, summary
    from bench.speed.base import find_base

    from tabrl_trainer.context import TrainingContext

    context = TrainingContext(ROBOT, find_base()[1])
    context.warm_up()
    searcher, pairs = Searcher(context), []
    print(HEAD)
    for task in options.tasks:
        reward = reward_of(task, context)
        for seed in options.seeds:
            fine, coarse = (
                searcher.search(reward, seed, coarse=coarse) for coarse in (False, True)
            )
            pairs.append((fine, coarse))
            print(row(task.name, seed, fine, coarse), flush=True)
    print(summary(pairs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
