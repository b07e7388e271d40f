"""Jobs in SQL: every change is one UPDATE whose row count decides who made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, func, insert, or_, select, update

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.idempotency import remember
from tabrl.adapters.sql.tables import jobs as table
from tabrl.adapters.sql.tables import models
from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import unknown_job
from tabrl.domain.jobs import (
    ATTEMPTS_EXHAUSTED,
    HELD,
    Failure,
    Job,
    JobKind,
    JobState,
    sources_of,
)
from tabrl.domain.models import Model
from tabrl.domain.weights import wished_weights
from tabrl.ports.jobs import IdempotencyKey, JobIds, Jobs, Wishes
from tabrl.ports.queue import Clock

_COLUMNS = [column for column in table.c if column.name != "seq"]


def job_row(job: Job) -> dict[str, Any]:
    """A job as column values."""
    row = {column.name: getattr(job, column.name) for column in _COLUMNS}
    for name in ("spec", "failure", "result"):
        row[name] = _json(row[name])
    return row


def _json(value: TrainResult | Failure | None) -> Any:
    return None if value is None else value.model_dump(mode="json")


def _job(row: Any) -> Job:
    return Job.model_validate(dict(row._mapping))


class SqlJobRepository:
    """A `JobRepository` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, job_id: str) -> Job:
        """Raises `NotFound` (code `unknown_job`)."""
        with reading(self._engine) as connection:
            row = connection.execute(select(*_COLUMNS).where(table.c.id == job_id)).one_or_none()
        if row is None:
            raise unknown_job(job_id)
        return _job(row)

    def list(
        self,
        *,
        kind: JobKind | None = None,
        state: JobState | None = None,
        task_id: str | None = None,
        limit: int = 200,
    ) -> Jobs:
        """Newest first."""
        query = select(*_COLUMNS).order_by(table.c.seq.desc()).limit(limit)
        for column, wanted in ((table.c.kind, kind), (table.c.state, state)):
            if wanted is not None:
                query = query.where(column == wanted.value)
        if task_id is not None:
            query = query.where(table.c.task_id == task_id)
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]

    def create_training(
        self, jobs: Sequence[Job], models_: Sequence[Model], key: IdempotencyKey | None = None
    ) -> JobIds:
        """Commit jobs with their models; see the port for repeated keys."""
        ids = [job.id for job in jobs]
        with writing(self._engine) as connection:
            if key is not None:
                earlier = remember(connection, key, ids, self._clock.now())
                if earlier is not None:
                    return earlier
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
        claimable = and_(
            table.c.id == job_id,
            or_(
                table.c.state == JobState.QUEUED.value,
                and_(table.c.state == JobState.RUNNING.value, table.c.lease_until < now),
            ),
        )
        claimed = (
            update(table)
            .where(claimable, table.c.attempt < max_attempts)
            .values(
                state=JobState.RUNNING.value,
                fence=table.c.fence + 1,
                attempt=table.c.attempt + 1,
                lease_until=now + timedelta(seconds=lease_s),
                started_at=func.coalesce(table.c.started_at, now),
            )
            .returning(*_COLUMNS)
        )
        exhausted = (
            update(table)
            .where(claimable, table.c.attempt >= max_attempts)
            .values(**self._failed_for_good())
        )
        with writing(self._engine) as connection:
            row = connection.execute(claimed).one_or_none()
            if row is None:
                connection.execute(exhausted)
        return None if row is None else _job(row)

    def heartbeat(self, job_id: str, fence: int, lease_s: float) -> bool:
        """Extend the lease; `False` if the fence was lost."""
        lease_until = self._clock.now() + timedelta(seconds=lease_s)
        return self._change(_held_under(job_id, fence), lease_until=lease_until)

    def wishes(self, job_id: str) -> Wishes:
        """What the user wants of a job that runs."""
        query = select(table.c.state, table.c.weights).where(table.c.id == job_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return Wishes()
        return Wishes(row.state == JobState.CANCELLING.value, row.weights)

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
        return self._change(
            and_(_held_under(job_id, fence), _in(sources_of(state) & HELD)),
            state=state.value,
            finished_at=self._clock.now(),
            lease_until=None,
            result=_json(result),
            failure=_json(failure),
        )

    def release(self, job_id: str, fence: int) -> bool:
        """Hand a running job back, at once claimable, without using up an attempt."""
        now = self._clock.now()
        return self._change(
            and_(_held_under(job_id, fence), table.c.state == JobState.RUNNING.value),
            state=JobState.QUEUED.value,
            lease_until=None,
            queued_at=now,
            enqueued_at=now,
            attempt=table.c.attempt - 1,
        )

    def request_cancel(self, job_id: str) -> Job:
        """Ask for the end of a job. Raises `NotFound`, or `Conflict` (code `job_finished`)."""
        while True:
            job = self.get(job_id)
            now = self._clock.now()
            wanted = job.cancel_requested(now)
            unchanged = and_(table.c.id == job_id, table.c.state == job.state.value)
            if wanted == job or self._change(
                unchanged, state=wanted.state.value, finished_at=wanted.finished_at
            ):
                return self.get(job_id)
            # Somebody moved the job between the look and the change: look again.

    def request_weights(self, job_id: str, changes: Mapping[str, float]) -> Job:
        """Ask for other weights of some terms; see the port."""
        own = table.c.id == job_id
        with writing(self._engine) as connection:
            # The row is the lock: of two wishes at once neither may forget the other's.
            row = connection.execute(select(*_COLUMNS).where(own).with_for_update()).one_or_none()
            if row is None:
                raise unknown_job(job_id)
            job = _job(row)
            weights = wished_weights(job, changes)
            connection.execute(update(table).where(own).values(weights=weights))
        return job.model_copy(update={"weights": weights})

    def mark_enqueued(self, job_id: str) -> None:
        """Note that the queue took the message."""
        self._change(table.c.id == job_id, enqueued_at=self._clock.now())

    def expire_leases(self, max_attempts: int) -> Jobs:
        """Take jobs away from silent holders; returns those changed, in their new state."""
        now = self._clock.now()
        lapsed = and_(_in(HELD), table.c.lease_until < now)
        running = and_(lapsed, table.c.state == JobState.RUNNING.value)
        changes = (
            (
                and_(lapsed, table.c.state == JobState.CANCELLING.value),
                {"state": JobState.CANCELLED.value, "finished_at": now, "lease_until": None},
            ),
            (and_(running, table.c.attempt >= max_attempts), self._failed_for_good()),
            (
                running,
                {
                    "state": JobState.QUEUED.value,
                    "lease_until": None,
                    "queued_at": now,
                    "enqueued_at": None,
                },
            ),
        )
        with reading(self._engine) as connection:
            if connection.execute(select(func.count()).where(lapsed)).scalar_one() == 0:
                return []  # the usual case takes no write lock
        changed: Jobs = []
        with writing(self._engine) as connection:
            for condition, values in changes:
                statement = update(table).where(condition).values(**values).returning(*_COLUMNS)
                changed += [_job(row) for row in connection.execute(statement)]
        return changed

    def waiting(self, *, unsent_for: timedelta, sent_for: timedelta) -> Jobs:
        """Jobs that wait and were never sent for `unsent_for`, or last sent `sent_for` ago."""
        now = self._clock.now()
        query = (
            select(*_COLUMNS)
            .where(
                table.c.state == JobState.QUEUED.value,
                or_(
                    and_(table.c.enqueued_at.is_(None), table.c.queued_at <= now - unsent_for),
                    table.c.enqueued_at <= now - sent_for,
                ),
            )
            .order_by(table.c.seq)
        )
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]

    def _failed_for_good(self) -> dict[str, Any]:
        return {
            "state": JobState.FAILED.value,
            "finished_at": self._clock.now(),
            "lease_until": None,
            "failure": _json(ATTEMPTS_EXHAUSTED),
        }

    def _change(self, condition: ColumnElement[bool], **values: Any) -> bool:
        with writing(self._engine) as connection:
            return connection.execute(update(table).where(condition).values(**values)).rowcount == 1


def _in(states: frozenset[JobState]) -> ColumnElement[bool]:
    return table.c.state.in_([state.value for state in states])


def _held_under(job_id: str, fence: int) -> ColumnElement[bool]:
    return and_(table.c.id == job_id, table.c.fence == fence, _in(HELD))


def held_under(job_id: str, fence: int) -> Any:
    """A query that locks the job's row and answers only while `fence` holds it.

    Others that write on behalf of a job run it in their transaction.
    """
    return select(table.c.task_id).where(_held_under(job_id, fence)).with_for_update()
