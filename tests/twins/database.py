"""Rows in memory, and the clock of a test."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tabrl.domain.errors import reused_key
from tabrl.domain.fairness import first_rank
from tabrl.domain.jobs import OPEN, Job, JobState
from tabrl.domain.models import BASE_VERSION, Model
from tabrl.domain.quotas import Holdings, Quota, start_of_day
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

    def earlier(self, key: IdempotencyKey | None) -> list[str] | None:
        """The ids of the first time, or `None` if the key is new."""
        if key is None or (key.scope, key.key) not in self._keys:
            return None
        body, ids = self._keys[key.scope, key.key]
        if body != key.body_sha256:
            raise reused_key()
        return ids

    def remember(self, key: IdempotencyKey | None, ids: list[str]) -> None:
        """Bind a new key to what is about to be kept."""
        if key is not None:
            self._keys[key.scope, key.key] = (key.body_sha256, ids)
            self._remembered[key.scope, key.key] = self.clock.now()

    def hold(
        self, quota: Quota, owner: str, *, jobs: int, models: int = 0, writes: bool = False
    ) -> None:
        """Raise `LimitReached` if an owner would have more than their quota."""
        now = self.clock.now()
        opened = {job.id for job in self.jobs.values() if job.owner == owner and job.state in OPEN}
        stored = [
            model
            for model in self.models.values()
            if model.owner == owner
            and (model.params_version > BASE_VERSION or model.job_id in opened)
        ]
        spent = sum(
            task.usage.cost_usd or 0.0
            for task in self.tasks.values()
            if task.owner == owner and task.usage and task.created_at >= start_of_day(now)
        )
        held = Holdings(len(opened), len(stored), spent)
        quota.check(held, now, jobs=jobs, models=models, writes=writes)

    def add_jobs(self, jobs: Sequence[Job]) -> None:
        """Keep new jobs of one owner, kind and priority, ranked behind the owner's others."""
        for job in jobs:
            alike = [
                other
                for other in self.jobs.values()
                if (other.kind, other.priority) == (job.kind, job.priority)
            ]
            own = [
                other.rank
                for other in alike
                if other.owner == job.owner and (other.fence or other.state is JobState.QUEUED)
            ]
            served = [other.rank for other in alike if other.fence]
            rank = first_rank(max(own, default=None), max(served, default=None))
            self.jobs[job.id] = job.model_copy(update={"rank": rank, "queued_at": self.clock.now()})

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
