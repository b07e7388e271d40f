"""A process that claims every job it can: `python -m tests.support.workers.claimer`.

Reads `{"url"}` as a line of JSON, says `ready`, waits for another line, then races.
"""

from __future__ import annotations

import json
import sys

from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.domain.jobs import JobKind


def main() -> None:
    """Print the ids won, as JSON."""
    order = json.loads(sys.stdin.readline())
    jobs = SqlJobRepository(make_engine(order["url"]))
    print("ready", flush=True)
    sys.stdin.readline()
    won = []
    while (job := jobs.claim_next(JobKind.TRAIN, 15)) is not None:
        won.append(job.id)
    print(json.dumps(won))


if __name__ == "__main__":
    main()
