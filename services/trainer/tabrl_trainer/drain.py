"""Training without Celery: a process that is started because jobs wait, and ends when none do."""

from __future__ import annotations

import time
from collections.abc import Callable

from tabrl.adapters.worker import DeliveryOutcome, JobRunner
from tabrl.domain.jobs import JobKind, JobState
from tabrl.ports import JobRepository

IDLE_S = 20.0  # a person who watches a training often asks for the next one at once
POLL_S = 1.0


def drain(
    runner: JobRunner,
    *,
    until: float,
    idle_s: float = IDLE_S,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Work on waiting trainings, in their turn, until none has come for a while.

    Args:
        runner: What claims them and works on them.
        until: No job is begun after this moment of `clock`.
        idle_s: Seconds without a job after which it ends.
        clock: Seconds that only grow.
        sleep: Waits so many seconds.

    Returns:
        How many jobs it had.
    """
    worked, idle_since = 0, clock()
    while clock() < until and clock() - idle_since < idle_s:
        if runner.run() is not DeliveryOutcome.NOT_OURS:
            worked, idle_since = worked + 1, clock()
        else:
            sleep(POLL_S)
    return worked


def trainers_wanted(jobs: JobRepository, at_most: int) -> int:
    """How many trainers the waiting and running trainings are worth."""
    counts = jobs.counts()
    states = (JobState.QUEUED, JobState.RUNNING, JobState.CANCELLING)
    return min(at_most, sum(counts.get((JobKind.TRAIN, state), 0) for state in states))
