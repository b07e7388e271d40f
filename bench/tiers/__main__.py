"""`python -m bench.tiers`: ten minutes against one, on tasks that a minute leaves unfinished.

Trainings that the output folder already holds are not done again: a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from bench.robot import ROBOT
from bench.tasks.bodies import named
from bench.tasks.suite import suite_of

from tabrl.contracts.tiers import USUAL_MINUTES, Tier
from tabrl_local.stack import CACHE

RESULTS = Path("var/bench-tiers")
TASKS = ("hop", "run", "rear")


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m bench.tiers", description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=TASKS, metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--minutes", type=float, default=USUAL_MINUTES, help="of the long ones")
    parser.add_argument("--episodes", type=int, default=256, help="that both are scored over")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    body = named(ROBOT.id)
    try:
        tasks = suite_of(body).find(arguments.tasks)
    except ValueError as error:
        parser.error(str(error))
    if CACHE.is_dir():
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE / "compiled"))  # read by JAX
    from bench.tiers.report import markdown
    from bench.tiers.run import Length, TierBench

    began = time.monotonic()

    def log(text: str) -> None:
        print(f"{time.monotonic() - began:7.0f} s  {text}", file=sys.stderr, flush=True)

    lengths = Length(Tier.FINE_TUNE, 1.0), Length(Tier.FULL, arguments.minutes)
    bench = TierBench(body, arguments.out, lengths, arguments.episodes, log)
    duels = []
    for duel in bench.run(tasks, arguments.seeds):
        duels.append(duel)
        arguments.out.mkdir(parents=True, exist_ok=True)
        document = [one.model_dump(mode="json") for one in duels]
        (arguments.out / "tiers.json").write_text(json.dumps(document, indent=2))
        (arguments.out / "tiers.md").write_text(markdown(tasks, duels))
    print(markdown(tasks, duels))
    return 0


if __name__ == "__main__":
    sys.exit(main())
