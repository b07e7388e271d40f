"""Jobs in SQL: the domain's transitions, each stored by one UPDATE whose row count decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, func, insert, or_, select, update

from tabrl.adapters.sql.claims import (
    claim_statement,
    due,
    insert_jobs,
    jobs_underway,
    measured_runs,
    places_query,
)
from tabrl.adapters.sql.database_time import DatabaseTime
from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.idempotency import remember
from tabrl.adapters.sql.job_rows import (
    COLUMNS,
    UnreadableSpecError,
    claimed_job,
    compare_and_set,
    load,
    load_at,
    readable,
)
from tabrl.adapters.sql.quotas import hold
from tabrl.adapters.sql.tables import Values, models
from tabrl.adapters.sql.tables import jobs as table
from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import ProgressSummary, TrainResult
from tabrl.domain.errors import unknown_job
from tabrl.domain.jobs import LEASED, Failure, Job, JobKind, JobState
from tabrl.domain.models import Model
from tabrl.domain.quotas import NO_QUOTA, Quota
from tabrl.ports.jobs import (
    IdempotencyKey,
    JobIds,
    JobRequests,
    Jobs,
    JobsUnderway,
    MeasuredRuns,
)
from tabrl.ports.queue import Clock

_IN_LEASE = table.c.state.in_([state.value for state in LEASED])


class SqlJobRepository:
    """A `JobRepository` in SQLite or PostgreSQL, by the database's clock."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        """`clock` stands in for the database's, for tests that move it."""
        self._engine = engine
        self._time = DatabaseTime(engine, clock)

    def get(self, job_id: str) -> Job:
        """Raises `NotFound` (code `unknown_job`)."""
        with reading(self._engine) as connection:
            job = load(connection, job_id)
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
        query = select(*COLUMNS).order_by(table.c.seq.desc()).limit(limit)
        for column, wanted in ((table.c.kind, kind), (table.c.state, state)):
            if wanted is not None:
                query = query.where(column == wanted.value)
        if task_ids is not None:
            query = query.where(table.c.task_id.in_(task_ids))
        if owner is not None:
            query = query.where(table.c.owner == owner)
        if before is not None:
            mark = select(table.c.seq).where(table.c.id == before).scalar_subquery()
            query = query.where(table.c.seq < mark)
        with reading(self._engine) as connection:
            return readable(connection.execute(query))

    def create_training(
        self,
        jobs: Sequence[Job],
        models_: Sequence[Model],
        key: IdempotencyKey | None = None,
        quota: Quota = NO_QUOTA,
    ) -> JobIds:
        """Commit jobs with their models; see the port for repeated keys."""
        ids = [job.id for job in jobs]
        with writing(self._engine) as connection:
            now = connection.execute(select(self._time.now())).scalar_one()
            if key is not None:
                earlier = remember(connection, key, ids, now)
                if earlier is not None:
                    return earlier
            for owner, added in Counter(job.owner for job in jobs).items():
                hold(connection, quota, owner, now, jobs=added, models=added)
            insert_jobs(connection, jobs, now)
            connection.execute(insert(models), [model.model_dump() for model in models_])
        return ids

    def places(self, job_ids: Sequence[str]) -> dict[str, int]:
        """Of those that wait, by id: 1 for the next job of its kind to be claimed."""
        if not job_ids:
            return {}
        query = places_query(job_ids, self._time.now())
        with reading(self._engine) as connection:
            return {row.id: row.place for row in connection.execute(query)}

    def measured(
        self,
        kind: JobKind,
        robot: str | None = None,
        tiers: Collection[Tier] = tuple(Tier),
        limit: int = 20,
    ) -> MeasuredRuns:
        """What the last jobs of a kind took that succeeded; see the port."""
        with reading(self._engine) as connection:
            return measured_runs(connection, kind, robot, tiers, limit)

    def underway(self, kind: JobKind, waiting: int) -> JobsUnderway:
        """Jobs of a kind that run, then those that are due, by turn; see the port."""
        with reading(self._engine) as connection:
            return jobs_underway(connection, kind, self._time.now(), waiting)

    def counts(self) -> dict[tuple[JobKind, JobState], int]:
        """How many jobs are in each state."""
        query = select(table.c.kind, table.c.state, func.count()).group_by(
            table.c.kind, table.c.state
        )
        with reading(self._engine) as connection:
            return {
                (JobKind(kind), JobState(state)): count
                for kind, state, count in connection.execute(query)
            }

    def claim(self, job_id: str, lease_s: float, max_attempts: int) -> Job | None:
        """Take a job; see the port."""
        job = self._change(
            job_id,
            lambda job, now: (
                job.claimed(now, lease_s, max_attempts) if job.claimable(now) else None
            ),
        )
        return job if job is not None and job.state is JobState.RUNNING else None

    def claim_next(self, kind: JobKind, lease_s: float) -> Job | None:
        """Take the job whose turn it is; see the port."""
        unreadable: set[str] = set()
        while True:
            now, until = self._time.now(), self._time.now(after_s=lease_s)
            try:
                with writing(self._engine) as connection:
                    row = connection.execute(
                        claim_statement(kind, now, until, unreadable)
                    ).one_or_none()
                    return None if row is None else claimed_job(row)
            except UnreadableSpecError as error:  # the claim is rolled back: no attempt is used up
                unreadable.add(error.job_id)

    def heartbeat(
        self, job_id: str, fence: int, lease_s: float, *,
        stage: str | None = None, progress: ProgressSummary | None = None,
    ) -> bool:  # fmt: skip
        """Extend the lease and say how far the job is; `False` if the fence was lost."""
        told: Values = {} if stage is None else {"stage": stage}
        if progress is not None:
            told["progress"] = progress.model_dump(mode="json")
        renewed = (
            update(table)
            .where(table.c.id == job_id, table.c.fence == fence, _IN_LEASE)
            .values(lease_until=self._time.now(after_s=lease_s), **told)
        )
        with writing(self._engine) as connection:
            return connection.execute(renewed).rowcount == 1

    def requests(self, job_id: str) -> JobRequests:
        """What the user requests of a job that runs."""
        query = select(table.c.state, table.c.weights).where(table.c.id == job_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return JobRequests()
        return JobRequests(row.state == JobState.CANCELLING.value, row.weights)

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

        def finished(job: Job, now: datetime) -> Job | None:
            if not job.leased_under(fence) or not job.can_become(state):
                return None
            return job.finished(state, now, result=result, failure=failure)

        return self._change(job_id, finished) is not None

    def release(self, job_id: str, fence: int) -> bool:
        """Hand a running job back, at once claimable, without using up an attempt."""
        return self._hand_back(
            job_id, fence, lambda job, now: job.released(now, attempt_counts=False)
        ) is not None  # fmt: skip

    def postpone(self, job_id: str, fence: int, delay_s: float) -> bool:
        """Hand a running job back because a part does not answer; no attempt is used up."""
        return self._hand_back(
            job_id, fence, lambda job, now: job.postponed(now, delay_s)
        ) is not None  # fmt: skip

    def retry(
        self, job_id: str, fence: int, failure: Failure, delay_s: float, max_attempts: int
    ) -> Job | None:
        """Hand back a running job whose attempt failed; see the port."""
        return self._hand_back(
            job_id, fence, lambda job, now: job.retried(now, failure, delay_s, max_attempts)
        )

    def _hand_back(
        self, job_id: str, fence: int, transition: Callable[[Job, datetime], Job]
    ) -> Job | None:
        def handed_back(job: Job, now: datetime) -> Job | None:
            if not job.leased_under(fence) or not job.can_become(JobState.QUEUED):
                return None
            return transition(job, now)

        return self._change(job_id, handed_back)

    def request_cancel(self, job_id: str) -> Job:
        """Ask for the end of a job. Raises `NotFound`, or `Conflict` (code `job_finished`)."""
        job = self._change(job_id, lambda job, now: job.cancel_requested(now))
        if job is None:
            raise unknown_job(job_id)
        return job

    def request_weights(self, job_id: str, changes: Mapping[str, float]) -> Job:
        """Ask for other weights of some terms; see the port."""
        with writing(self._engine) as connection:
            # Weights are JSON, which PostgreSQL cannot compare: the row's lock stands in for the
            # compare-and-set, so that of two requests at once neither forgets the other's.
            job = load(connection, job_id, lock=True)
            if job is None:
                raise unknown_job(job_id)
            changed = job.weights_requested(changes)
            compare_and_set(connection, job, changed)
        return changed

    def mark_enqueued(self, job_id: str) -> None:
        """Note that the queue took the message."""
        with writing(self._engine) as connection:
            sent = update(table).where(table.c.id == job_id)
            connection.execute(sent.values(enqueued_at=self._time.now()))

    def expire_leases(self, max_attempts: int) -> Jobs:
        """Take jobs away from silent holders; returns those changed, in their new state."""
        silent = select(*COLUMNS).where(_IN_LEASE, table.c.lease_until < self._time.now())
        with reading(self._engine) as connection:
            lapsed = readable(connection.execute(silent))
        changed = (
            self._change(
                job.id,
                lambda job, now: job.expired(now, max_attempts) if job.lease_lapsed(now) else None,
            )
            for job in lapsed
        )
        return [job for job in changed if job is not None]

    def waiting(self, *, unsent_for: timedelta, sent_for: timedelta, limit: int = 100) -> Jobs:
        """Jobs that are due and were not heard of for a while; see the port."""

        def ago(age: timedelta) -> ColumnElement[datetime]:
            return self._time.now(after_s=-age.total_seconds())

        unsent = and_(
            table.c.enqueued_at.is_(None),
            or_(table.c.not_before <= self._time.now(), table.c.queued_at <= ago(unsent_for)),
        )
        query = (
            select(*COLUMNS)
            .where(
                table.c.state == JobState.QUEUED.value,
                due(self._time.now()),
                or_(unsent, table.c.enqueued_at <= ago(sent_for)),
            )
            .order_by(table.c.priority, table.c.rank, table.c.seq)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return readable(connection.execute(query))

    def _change(self, job_id: str, transition: Callable[[Job, datetime], Job | None]) -> Job | None:
        """Load a job, apply a transition of the domain at the database's time, store the outcome.

        `None` if there is no such job, or if the transition gives none. Whoever loses a race looks
        again: the transition is applied to the job as the winner left it.
        """
        while True:
            with reading(self._engine) as connection:
                found = load_at(connection, job_id, self._time.now())
            if found is None:
                return None
            job, now = found
            changed = transition(job, now)
            if changed is None:
                return None
            with writing(self._engine) as connection:
                if compare_and_set(connection, job, changed):
                    return changed
