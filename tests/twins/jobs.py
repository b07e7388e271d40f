"""Jobs in memory: the domain's own transitions under a lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import unknown_job
from tabrl.domain.jobs import Failure, Job, JobKind, JobState
from tabrl.domain.models import Model
from tabrl.domain.quotas import NO_QUOTA, Quota
from tabrl.ports.jobs import IdempotencyKey, JobIds, JobRequests, Jobs
from tests.twins.database import MemoryDatabase


class MemoryJobRepository:
    """A `JobRepository` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database

    def get(self, job_id: str) -> Job:
        """Raises `NotFound` (code `unknown_job`)."""
        with self._db.lock:
            job = self._db.jobs.get(job_id)
        if job is None:
            raise unknown_job(job_id)
        return job

    def list(
        self,
        *,
        kind: JobKind | None = None,
        state: JobState | None = None,
        task_id: str | None = None,
        owner: str | None = None,
        limit: int = 200,
    ) -> Jobs:
        """Newest first."""
        with self._db.lock:
            newest = [*reversed(self._db.jobs.values())]
        return [
            job
            for job in newest
            if (kind is None or job.kind is kind)
            and (state is None or job.state is state)
            and (task_id is None or job.task_id == task_id)
            and (owner is None or job.owner == owner)
        ][:limit]

    def create_training(
        self,
        jobs: Sequence[Job],
        models: Sequence[Model],
        key: IdempotencyKey | None = None,
        quota: Quota = NO_QUOTA,
    ) -> JobIds:
        """Keep jobs with their models."""
        ids = [job.id for job in jobs]
        with self._db.lock:
            earlier = self._db.earlier(key)
            if earlier is not None:
                return earlier
            for owner, added in Counter(job.owner for job in jobs).items():
                self._db.hold(quota, owner, jobs=added, models=added)
            self._db.remember(key, ids)
            self._db.jobs.update({job.id: job for job in jobs})
            self._db.models.update({model.id: model for model in models})
        return ids

    def place_in_queue(self, job: Job) -> int | None:
        """1 for the next job of its kind; `None` unless the job waits."""
        if job.state is not JobState.QUEUED:
            return None
        with self._db.lock:
            waiting = [
                other.id
                for other in self._db.jobs.values()
                if other.state is JobState.QUEUED and other.kind is job.kind
            ]
        return waiting.index(job.id) + 1 if job.id in waiting else 1

    def counts(self) -> dict[tuple[JobKind, JobState], int]:
        """How many jobs are in each state."""
        with self._db.lock:
            return dict(Counter((job.kind, job.state) for job in self._db.jobs.values()))

    def claim(self, job_id: str, lease_s: float, max_attempts: int) -> Job | None:
        """Take a job; see the port."""
        now = self._db.clock.now()
        with self._db.lock:
            job = self._db.jobs.get(job_id)
            if job is None or not job.claimable(now):
                return None
            job = self._keep(job.claimed(now, lease_s, max_attempts))
            return job if job.state is JobState.RUNNING else None

    def heartbeat(self, job_id: str, fence: int, lease_s: float) -> bool:
        """Extend the lease; `False` if the fence was lost."""
        with self._db.lock:
            job = self._db.leased(job_id, fence)
            if job is None:
                return False
            self._keep(job.lease_renewed(self._db.clock.now(), lease_s))
            return True

    def requests(self, job_id: str) -> JobRequests:
        """What the user requests of a job that runs."""
        with self._db.lock:
            job = self._db.jobs.get(job_id)
        if job is None:
            return JobRequests()
        return JobRequests(job.state is JobState.CANCELLING, job.weights)

    def finish(
        self,
        job_id: str,
        fence: int,
        state: JobState,
        *,
        result: TrainResult | None = None,
        failure: Failure | None = None,
    ) -> bool:
        """End a job; `False` if the fence was lost or the job has ended."""
        with self._db.lock:
            job = self._db.leased(job_id, fence)
            if job is None or not job.can_become(state):
                return False
            self._keep(job.finished(state, self._db.clock.now(), result=result, failure=failure))
            return True

    def release(self, job_id: str, fence: int) -> bool:
        """Hand a running job back, at once claimable, without using up an attempt."""
        with self._db.lock:
            job = self._db.leased(job_id, fence)
            if job is None or not job.can_become(JobState.QUEUED):
                return False
            self._keep(job.released(self._db.clock.now(), attempt_counts=False))
            return True

    def request_cancel(self, job_id: str) -> Job:
        """Ask for the end of a job. Raises `NotFound`, or `Conflict` (code `job_finished`)."""
        with self._db.lock:
            return self._keep(self.get(job_id).cancel_requested(self._db.clock.now()))

    def request_weights(self, job_id: str, changes: Mapping[str, float]) -> Job:
        """Ask for other weights of some terms; see the port."""
        with self._db.lock:
            return self._keep(self.get(job_id).weights_requested(changes))

    def mark_enqueued(self, job_id: str) -> None:
        """Note that the queue took the message."""
        with self._db.lock:
            job = self._db.jobs.get(job_id)
            if job is not None:
                self._keep(job.enqueued(self._db.clock.now()))

    def expire_leases(self, max_attempts: int) -> Jobs:
        """Take jobs away from silent holders; returns those changed, in their new state."""
        now = self._db.clock.now()
        with self._db.lock:
            lapsed = [job for job in self._db.jobs.values() if job.lease_lapsed(now)]
            return [self._keep(job.expired(now, max_attempts)) for job in lapsed]

    def waiting(self, *, unsent_for: timedelta, sent_for: timedelta) -> Jobs:
        """Jobs that wait and were never sent for `unsent_for`, or last sent `sent_for` ago."""
        now = self._db.clock.now()
        with self._db.lock:
            return [
                job
                for job in self._db.jobs.values()
                if job.message_lost(now, unsent_for=unsent_for, sent_for=sent_for)
            ]

    def _keep(self, job: Job) -> Job:
        self._db.jobs[job.id] = job
        return job
