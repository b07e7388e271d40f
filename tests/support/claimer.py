"""A process that claims every job it can: `python -m tests.support.claimer`.

Reads `{"url", "jobs"}` as a line of JSON, says `ready`, waits for another line, then races.
"""

from __future__ import annotations

import json
import sys

from tabrl.adapters.clock import SystemClock
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository


def main() -> None:
    """Print the ids won, as JSON."""
    order = json.loads(sys.stdin.readline())
    jobs = SqlJobRepository(make_engine(order["url"]), SystemClock())
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps([job for job in order["jobs"] if jobs.claim(job, 15, 3) is not None]))


if __name__ == "__main__":
    main()
