"""Retention in SQL: what may go, and deleting it in one transaction with a note of its blobs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.tables import (
    blob_deletions,
    candidate_sources,
    candidates,
    idempotency_keys,
    job_records,
    jobs,
    models,
    revisions,
    tasks,
)
from tabrl.domain.errors import Conflict, unknown_model, unknown_task
from tabrl.domain.jobs import TERMINAL, JobKind
from tabrl.ports.blobs import CHECKPOINTS, EPISODES, PARAMS
from tabrl.ports.queue import Clock
from tabrl.ports.retention import EndedTraining, Ids, Prefixes

_ENDED = [state.value for state in TERMINAL]


class SqlRetentionRepository:
    """A `RetentionRepository` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def star(self, task_id: str, starred: bool) -> None:
        """Raises `NotFound` (code `unknown_task`)."""
        with writing(self._engine) as connection:
            changed = update(tasks).where(tasks.c.id == task_id).values(starred=starred)
            if connection.execute(changed).rowcount == 0:
                raise unknown_task(task_id)

    def delete_task(self, task_id: str) -> None:
        """Delete a task with all that belongs to it; see the port."""
        own = tasks.c.id == task_id
        with writing(self._engine) as connection:
            found = connection.execute(select(tasks.c.id).where(own).with_for_update()).first()
            rows = _locked_jobs(connection, jobs.c.task_id == task_id)
            if found is None and not rows:
                raise unknown_task(task_id)
            if any(state not in _ENDED for _, state in rows):
                raise Conflict(
                    "The task has jobs that wait or run.",
                    code="task_in_use",
                    hint="Cancel them, or wait for their end.",
                )
            self._delete_jobs(connection, [job_id for job_id, _ in rows])
            for table in (candidates, candidate_sources, revisions):
                connection.execute(delete(table).where(table.c.task_id == task_id))
            connection.execute(delete(tasks).where(own))

    def delete_model(self, model_id: str) -> None:
        """Delete a model with its training; see the port."""
        own = select(models.c.job_id).where(models.c.id == model_id)
        with writing(self._engine) as connection:
            job_id = connection.execute(own).scalar_one_or_none()
            if job_id is None:
                raise unknown_model(model_id)
            rows = _locked_jobs(connection, jobs.c.id == job_id)
            if any(state not in _ENDED for _, state in rows):
                raise Conflict(
                    "The model is being trained.",
                    code="model_in_use",
                    hint="Cancel its job, or wait for its end.",
                )
            _raise_if_gone_on_with(connection, job_id)
            self._delete_jobs(connection, [job_id])

    def expired_tasks(self, before: datetime, limit: int) -> Ids:
        """See the port; jobs whose task is gone already count as a task of their own."""
        recent = exists().where(
            jobs.c.task_id == tasks.c.id,
            jobs.c.finished_at.is_(None) | (jobs.c.finished_at >= before),
        )
        old = select(tasks.c.id).where(
            tasks.c.created_at < before, tasks.c.starred.is_(False), ~recent
        )
        lost = select(jobs.c.task_id).where(
            jobs.c.finished_at < before, ~exists().where(tasks.c.id == jobs.c.task_id)
        )
        with reading(self._engine) as connection:
            found = connection.execute(old.order_by(tasks.c.seq).limit(limit)).scalars().all()
            more = connection.execute(lost.distinct().limit(limit)).scalars().all()
        return [*found, *more][:limit]

    def forget_keys(self, before: datetime) -> int:
        """How many idempotency keys were forgotten."""
        old = delete(idempotency_keys).where(idempotency_keys.c.created_at < before)
        with writing(self._engine) as connection:
            return connection.execute(old).rowcount

    def unrecorded(self, before: datetime, limit: int) -> Ids:
        """Oldest first."""
        recorded = exists().where(job_records.c.job_id == jobs.c.id)
        query = select(jobs.c.id).where(jobs.c.finished_at < before, ~recorded)
        with reading(self._engine) as connection:
            return [*connection.execute(query.order_by(jobs.c.seq).limit(limit)).scalars()]

    def uncleared(self, before: datetime, limit: int) -> list[EndedTraining]:
        """Oldest first."""
        query = (
            select(jobs.c.id, models.c.params_key)
            .join(models, models.c.job_id == jobs.c.id)
            .join(job_records, job_records.c.job_id == jobs.c.id)
            .where(
                jobs.c.kind == JobKind.TRAIN.value,
                jobs.c.finished_at < before,
                job_records.c.cleared_at.is_(None),
            )
            .order_by(jobs.c.seq)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [EndedTraining(row.id, row.params_key) for row in connection.execute(query)]

    def mark_cleared(self, job_id: str) -> None:
        """Note that the snapshots of a recorded job are gone."""
        own = job_records.c.job_id == job_id
        with writing(self._engine) as connection:
            connection.execute(update(job_records).where(own).values(cleared_at=self._clock.now()))

    def doomed(self, limit: int) -> Prefixes:
        """Oldest first."""
        table = blob_deletions
        query = select(table.c.prefix).order_by(table.c.created_at, table.c.prefix).limit(limit)
        with reading(self._engine) as connection:
            return [*connection.execute(query).scalars()]

    def forget_doomed(self, prefix: str) -> None:
        """Note that nothing is left of a folder."""
        with writing(self._engine) as connection:
            connection.execute(delete(blob_deletions).where(blob_deletions.c.prefix == prefix))

    def _delete_jobs(self, connection: Connection, ids: Ids) -> None:
        for job_id in ids:
            folders = (PARAMS, CHECKPOINTS, EPISODES)
            self._doom(connection, [f"{folder}/{job_id}" for folder in folders])
        for table, column in (
            (models, models.c.job_id),
            (revisions, revisions.c.job_id),
            (job_records, job_records.c.job_id),
            (jobs, jobs.c.id),
        ):
            connection.execute(delete(table).where(column.in_(ids)))

    def _doom(self, connection: Connection, prefixes: Iterable[str]) -> None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        now = self._clock.now()
        rows = [{"prefix": prefix, "created_at": now} for prefix in prefixes]
        connection.execute(dialect.insert(blob_deletions).on_conflict_do_nothing(), rows)


def _raise_if_gone_on_with(connection: Connection, job_id: str) -> None:
    """Raises `Conflict` while a training that goes on from this one's result has yet to end."""
    goes_on = select(jobs.c.id).where(
        jobs.c.spec["origin"]["job_id"].as_string() == job_id, jobs.c.state.not_in(_ENDED)
    )
    following = connection.execute(goes_on.limit(1)).scalar_one_or_none()
    if following is not None:
        raise Conflict(
            "Another training goes on from the model.",
            code="model_in_use",
            hint=f"Cancel {following}, or wait for its end.",
        )


def _locked_jobs(connection: Connection, condition: ColumnElement[bool]) -> list[tuple[str, str]]:
    """Ids and states, locked so that nobody claims or cancels one of them meanwhile."""
    query = select(jobs.c.id, jobs.c.state).where(condition).with_for_update()
    return [(row.id, row.state) for row in connection.execute(query)]
