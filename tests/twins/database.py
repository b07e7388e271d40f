"""Rows in memory, and the clock of a test."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tabrl.domain.errors import reused_key
from tabrl.domain.jobs import Job
from tabrl.domain.models import Model
from tabrl.domain.tasks import Candidate, MotionPreview, Revision, Task
from tabrl.ports.events import StoredEvent
from tabrl.ports.jobs import IdempotencyKey
from tabrl.ports.queue import Clock


class ManualClock:
    """A clock that moves only when told."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Verdict:
    """What became of an artifact of an earlier verifier; nothing yet while both are empty."""

    replaced_by: str = ""
    refused: str = ""


class MemoryDatabase:
    """The rows that the repositories below share, under one lock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.jobs: dict[str, Job] = {}
        self.models: dict[str, Model] = {}
        self.tasks: dict[str, Task] = {}
        self.candidates: dict[str, dict[int, Candidate]] = {}
        self.previews: dict[str, dict[int, MotionPreview]] = {}
        self.revisions: dict[str, Revision] = {}
        self.sources: dict[str, dict[int, str]] = {}
        self.verified: dict[str, str] = {}
        self.verdicts: dict[str, Verdict] = {}  # on artifacts of an earlier verifier
        self.records: dict[str, list[StoredEvent]] = {}
        self.cleared: set[str] = set()
        self.doomed: list[str] = []
        self._keys: dict[tuple[str, str], tuple[str, list[str]]] = {}
        self._remembered: dict[tuple[str, str], datetime] = {}

    def remember(self, key: IdempotencyKey | None, ids: list[str]) -> list[str] | None:
        """The ids of the first time, or `None` if the key is new."""
        if key is None:
            return None
        self._remembered.setdefault((key.scope, key.key), self.clock.now())
        body, earlier = self._keys.setdefault((key.scope, key.key), (key.body_sha256, ids))
        if body != key.body_sha256:
            raise reused_key()
        return None if earlier is ids else earlier

    def forget_keys(self, before: datetime) -> int:
        """Forget idempotency keys from before."""
        with self.lock:
            old = [key for key, at in self._remembered.items() if at < before]
            for key in old:
                del self._keys[key], self._remembered[key]
        return len(old)

    def leased(self, job_id: str, fence: int) -> Job | None:
        """The job, if `fence` has its lease."""
        job = self.jobs.get(job_id)
        return job if job is not None and job.leased_under(fence) else None
