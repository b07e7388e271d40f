"""Jobs in SQL: the domain's transitions, each stored by one UPDATE whose row count decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection, Engine, and_, func, insert, select, update

from tabrl.adapters.logs import logger
from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.idempotency import remember
from tabrl.adapters.sql.quotas import hold
from tabrl.adapters.sql.tables import Stored, Values, models
from tabrl.adapters.sql.tables import jobs as table
from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import fence_lost, unknown_job
from tabrl.domain.jobs import LEASED, Failure, Job, JobKind, JobState
from tabrl.domain.models import Model
from tabrl.domain.quotas import NO_QUOTA, Quota
from tabrl.ports.jobs import IdempotencyKey, JobIds, JobRequests, Jobs
from tabrl.ports.queue import Clock

_COLUMNS = [column for column in table.c if column.name != "seq"]


def job_row(job: Job) -> Values:
    """A job as column values."""
    row = {column.name: getattr(job, column.name) for column in _COLUMNS}
    for name in ("spec", "failure", "result"):
        row[name] = _json(row[name])
    return row


def _json(value: TrainResult | Failure | None) -> JsonValue:
    return None if value is None else value.model_dump(mode="json")


def _job(row: Stored) -> Job:
    return Job.model_validate(dict(row._mapping))


class SqlJobRepository:
    """A `JobRepository` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, job_id: str) -> Job:
        """Raises `NotFound` (code `unknown_job`)."""
        with reading(self._engine) as connection:
            job = _load(connection, job_id)
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
        query = select(*_COLUMNS).order_by(table.c.seq.desc()).limit(limit)
        for column, wanted in ((table.c.kind, kind), (table.c.state, state)):
            if wanted is not None:
                query = query.where(column == wanted.value)
        if task_id is not None:
            query = query.where(table.c.task_id == task_id)
        if owner is not None:
            query = query.where(table.c.owner == owner)
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]

    def create_training(
        self,
        jobs: Sequence[Job],
        models_: Sequence[Model],
        key: IdempotencyKey | None = None,
        quota: Quota = NO_QUOTA,
    ) -> JobIds:
        """Commit jobs with their models; see the port for repeated keys."""
        ids, now = [job.id for job in jobs], self._clock.now()
        with writing(self._engine) as connection:
            if key is not None:
                earlier = remember(connection, key, ids, now)
                if earlier is not None:
                    return earlier
            for owner, added in Counter(job.owner for job in jobs).items():
                hold(connection, quota, owner, now, jobs=added, models=added)
            connection.execute(insert(table), [job_row(job) for job in jobs])
            connection.execute(insert(models), [model.model_dump() for model in models_])
        return ids

    def place_in_queue(self, job: Job) -> int | None:
        """1 for the next job of its kind; `None` unless the job waits."""
        if job.state is not JobState.QUEUED:
            return None
        own = select(table.c.seq).where(table.c.id == job.id).scalar_subquery()
        ahead = select(func.count()).where(
            table.c.state == JobState.QUEUED.value,
            table.c.kind == job.kind.value,
            table.c.seq <= own,
        )
        with reading(self._engine) as connection:
            return max(1, connection.execute(ahead).scalar_one())

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
        now = self._clock.now()
        job = self._change(
            job_id,
            lambda job: job.claimed(now, lease_s, max_attempts) if job.claimable(now) else None,
        )
        return job if job is not None and job.state is JobState.RUNNING else None

    def heartbeat(self, job_id: str, fence: int, lease_s: float) -> bool:
        """Extend the lease; `False` if the fence was lost."""
        now = self._clock.now()
        renewed = self._change(
            job_id,
            lambda job: job.lease_renewed(now, lease_s) if job.leased_under(fence) else None,
        )
        return renewed is not None

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
        now = self._clock.now()

        def finished(job: Job) -> Job | None:
            if not job.leased_under(fence) or not job.can_become(state):
                return None
            return job.finished(state, now, result=result, failure=failure)

        return self._change(job_id, finished) is not None

    def release(self, job_id: str, fence: int) -> bool:
        """Hand a running job back, at once claimable, without using up an attempt."""
        now = self._clock.now()

        def released(job: Job) -> Job | None:
            if not job.leased_under(fence) or not job.can_become(JobState.QUEUED):
                return None
            return job.released(now, attempt_counts=False)

        return self._change(job_id, released) is not None

    def request_cancel(self, job_id: str) -> Job:
        """Ask for the end of a job. Raises `NotFound`, or `Conflict` (code `job_finished`)."""
        now = self._clock.now()
        job = self._change(job_id, lambda job: job.cancel_requested(now))
        if job is None:
            raise unknown_job(job_id)
        return job

    def request_weights(self, job_id: str, changes: Mapping[str, float]) -> Job:
        """Ask for other weights of some terms; see the port."""
        with writing(self._engine) as connection:
            # Weights are JSON, which PostgreSQL cannot compare: the row's lock stands in for the
            # compare-and-set, so that of two requests at once neither forgets the other's.
            job = _load(connection, job_id, lock=True)
            if job is None:
                raise unknown_job(job_id)
            changed = job.weights_requested(changes)
            _compare_and_set(connection, job, changed)
        return changed

    def mark_enqueued(self, job_id: str) -> None:
        """Note that the queue took the message."""
        now = self._clock.now()
        self._change(job_id, lambda job: job.enqueued(now))

    def expire_leases(self, max_attempts: int) -> Jobs:
        """Take jobs away from silent holders; returns those changed, in their new state."""
        now = self._clock.now()
        silent = select(*_COLUMNS).where(
            table.c.state.in_([state.value for state in LEASED]), table.c.lease_until < now
        )
        with reading(self._engine) as connection:
            lapsed = _readable(connection.execute(silent))
        changed = (
            self._change(
                job.id,
                lambda job: job.expired(now, max_attempts) if job.lease_lapsed(now) else None,
            )
            for job in lapsed
        )
        return [job for job in changed if job is not None]

    def waiting(self, *, unsent_for: timedelta, sent_for: timedelta) -> Jobs:
        """Jobs that wait and were never sent for `unsent_for`, or last sent `sent_for` ago."""
        now = self._clock.now()
        queued = (
            select(*_COLUMNS).where(table.c.state == JobState.QUEUED.value).order_by(table.c.seq)
        )
        # Narrowed in the database, decided by the job itself.
        age_from = func.coalesce(table.c.enqueued_at, table.c.queued_at)
        query = queued.where(age_from <= now - min(unsent_for, sent_for))
        with reading(self._engine) as connection:
            jobs = _readable(connection.execute(query))
        return [
            job for job in jobs if job.message_lost(now, unsent_for=unsent_for, sent_for=sent_for)
        ]

    def _change(self, job_id: str, transition: Callable[[Job], Job | None]) -> Job | None:
        """Load a job, apply a transition of the domain, and store what it gives.

        `None` if there is no such job, or if the transition gives none. Whoever loses a race looks
        again: the transition is applied to the job as the winner left it.
        """
        while True:
            with reading(self._engine) as connection:
                job = _load(connection, job_id)
            changed = None if job is None else transition(job)
            if job is None or changed is None:
                return None
            with writing(self._engine) as connection:
                if _compare_and_set(connection, job, changed):
                    return changed


def lock_leased(connection: Connection, job_id: str, fence: int) -> None:
    """Lock the job's row until the transaction ends, for those that write on behalf of a job.

    Raises `Conflict` (code `fence_lost`) unless the job is leased under `fence`.
    """
    job = _load(connection, job_id, lock=True)
    if job is None or not job.leased_under(fence):
        raise fence_lost(job_id)


def _load(connection: Connection, job_id: str, *, lock: bool = False) -> Job | None:
    query = select(*_COLUMNS).where(table.c.id == job_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _job(row)


def _readable(rows: Iterable[Stored]) -> Jobs:
    """The jobs of all rows that can be read: a broken one must not stop the care for the others."""
    jobs: Jobs = []
    for row in rows:
        try:
            jobs.append(_job(row))
        except ValidationError:
            logger.error("job %s: its row cannot be read", row.id)
    return jobs


def _compare_and_set(connection: Connection, before: Job, after: Job) -> bool:
    """Store a changed job unless somebody changed it since it was loaded.

    State and fence move with every change of hands, the lease with every heartbeat: together they
    are the version of a job. Only what has changed is written, since a trainer's role may not
    write the rest (see `grants`).
    """
    old, new = job_row(before), job_row(after)
    lease = table.c.lease_until
    version = and_(
        table.c.id == before.id,
        table.c.state == before.state.value,
        table.c.fence == before.fence,
        lease.is_(None) if before.lease_until is None else lease == before.lease_until,
    )
    values = {name: value for name, value in new.items() if value != old[name]}
    if not values:
        return True
    return connection.execute(update(table).where(version).values(**values)).rowcount == 1
