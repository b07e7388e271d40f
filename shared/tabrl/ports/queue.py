"""The notification that a job waits, and the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from tabrl.domain.jobs import Job, JobKind


class TaskQueue(Protocol):
    """Tells workers that a job waits. May lose or repeat a message: the job row is the truth."""

    def enqueue(self, job: Job) -> None:
        """Send the job's id to the workers of its kind. Raises `Unavailable` within a second."""
        ...

    def depth(self, kind: JobKind) -> int:
        """How many messages wait. Raises `Unavailable`."""
        ...


class Clock(Protocol):
    """The time, replaceable in tests."""

    def now(self) -> datetime:
        """Aware UTC time."""
        ...
