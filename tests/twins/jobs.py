"""Jobs in memory: the domain's own transitions under a lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import SPEC_VERSION, ProgressSummary, TrainResult
from tabrl.domain.errors import unknown_job
from tabrl.domain.jobs import LEASED, Failure, Job, JobKind, JobState
from tabrl.domain.models import Model
from tabrl.domain.quotas import NO_QUOTA, Quota
from tabrl.domain.quotes import MeasuredRun, Underway
from tabrl.ports.jobs import (
    IdempotencyKey,
    JobIds,
    JobRequests,
    Jobs,
    JobsUnderway,
    MeasuredRuns,
)
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
        task_ids: Sequence[str] | None = None,
        owner: str | None = None,
        before: str | None = None,
        limit: int = 200,
    ) -> Jobs:
        """Newest first; see the port."""
        with self._db.lock:
            newest = [*reversed(self._db.jobs.values())]
        if before is not None:
            ids = [job.id for job in newest]
            newest = newest[ids.index(before) + 1 :] if before in ids else []
        return [
            job
            for job in newest
            if (kind is None or job.kind is kind)
            and (state is None or job.state is state)
            and (task_ids is None or job.task_id in task_ids)
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
            self._db.add_jobs(jobs)
            self._db.models.update({model.id: model for model in models})
        return ids

    def places(self, job_ids: Sequence[str]) -> dict[str, int]:
        """Of those that wait, by id: 1 for the next job of its kind to be claimed."""
        now, places, ahead = self._db.clock.now(), {}, Counter[JobKind]()
        with self._db.lock:
            waiting = [job for job in self._db.jobs.values() if job.state is JobState.QUEUED]
        for job in sorted(waiting, key=lambda job: job.turn):
            if job.id in job_ids:
                places[job.id] = ahead[job.kind] + 1
            ahead[job.kind] += job.due(now)
        return places

    def measured(
        self,
        kind: JobKind,
        robot: str | None = None,
        tiers: Collection[Tier] = tuple(Tier),
        limit: int = 20,
    ) -> MeasuredRuns:
        """What the last jobs of a kind took that succeeded; see the port."""
        runs = []
        for job in self.list(kind=kind, state=JobState.SUCCEEDED, limit=limit):
            if job.finished_at is None or job.claimed_at is None or robot not in (None, job.robot):
                continue
            if job.tier not in tiers:
                continue
            seconds = (job.finished_at - job.claimed_at).total_seconds()
            runs.append(MeasuredRun(seconds, job.result.samples if job.result else None))
        return runs

    def underway(self, kind: JobKind, waiting: int) -> JobsUnderway:
        """Jobs of a kind that run, then those that are due, by turn; see the port."""
        now = self._db.clock.now()
        with self._db.lock:
            jobs = [job for job in self._db.jobs.values() if job.kind is kind]
        running = [
            Underway((now - job.claimed_at).total_seconds(), job.tier, job.budget_s)
            for job in jobs
            if job.state in LEASED and job.claimed_at is not None
        ]
        due = sorted((job for job in jobs if job.due(now)), key=lambda job: job.turn)
        return [*running, *(Underway(None, job.tier, job.budget_s) for job in due[:waiting])]

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

    def claim_next(self, kind: JobKind, lease_s: float) -> Job | None:
        """Take the job whose turn it is; see the port."""
        now = self._db.clock.now()
        with self._db.lock:
            due = [
                job
                for job in self._db.jobs.values()
                if job.kind is kind and job.due(now) and job.spec_version <= SPEC_VERSION
            ]
            if not due:
                return None
            job = min(due, key=lambda job: job.turn)
            return self._keep(job.claimed(now, lease_s, job.attempt + 1))

    def heartbeat(
        self, job_id: str, fence: int, lease_s: float, *,
        stage: str | None = None, progress: ProgressSummary | None = None,
    ) -> bool:  # fmt: skip
        """Extend the lease and say how far the job is; `False` if the fence was lost."""
        told = {"stage": stage, "progress": progress}
        with self._db.lock:
            job = self._db.leased(job_id, fence)
            if job is None:
                return False
            renewed = job.lease_renewed(self._db.clock.now(), lease_s)
            changes = {name: value for name, value in told.items() if value is not None}
            self._keep(renewed.model_copy(update=changes))
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
        now = self._db.clock.now()
        released = self._hand_back(
            job_id, fence, lambda job: job.released(now, attempt_counts=False)
        )
        return released is not None

    def postpone(self, job_id: str, fence: int, delay_s: float) -> bool:
        """Hand a running job back because a part does not answer; no attempt is used up."""
        now = self._db.clock.now()
        return self._hand_back(job_id, fence, lambda job: job.postponed(now, delay_s)) is not None

    def retry(
        self, job_id: str, fence: int, failure: Failure, delay_s: float, max_attempts: int
    ) -> Job | None:
        """Hand back a running job whose attempt failed; see the port."""
        now = self._db.clock.now()
        return self._hand_back(
            job_id, fence, lambda job: job.retried(now, failure, delay_s, max_attempts)
        )

    def _hand_back(self, job_id: str, fence: int, transition: Callable[[Job], Job]) -> Job | None:
        with self._db.lock:
            job = self._db.leased(job_id, fence)
            if job is None or not job.can_become(JobState.QUEUED):
                return None
            return self._keep(transition(job))

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

    def waiting(self, *, unsent_for: timedelta, sent_for: timedelta, limit: int = 100) -> Jobs:
        """Jobs that are due and were not heard of for a while; see the port."""
        now = self._db.clock.now()
        with self._db.lock:
            lost = [
                job
                for job in self._db.jobs.values()
                if job.message_lost(now, unsent_for=unsent_for, sent_for=sent_for)
            ]
        return sorted(lost, key=lambda job: job.turn)[:limit]

    def _keep(self, job: Job) -> Job:
        self._db.jobs[job.id] = job
        return job
