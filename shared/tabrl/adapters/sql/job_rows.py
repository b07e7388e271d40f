"""Rows of jobs: how they are written, and read though another version wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, JsonValue, ValidationError
from sqlalchemy import ColumnElement, Connection, Select, and_, select, update

from tabrl.adapters.logs import logger
from tabrl.adapters.sql.tables import Columns, Stored, Values
from tabrl.adapters.sql.tables import jobs as table
from tabrl.domain.errors import fence_lost
from tabrl.domain.jobs import Job
from tabrl.ports.jobs import Jobs

COLUMNS = [column for column in table.c if column.name != "seq"]
_DOCUMENTS = ("spec", "failure", "result", "weights", "progress")  # shapes that versions change


class UnreadableSpecError(Exception):
    """A job asks for what this version cannot read."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id


def job_row(job: Job) -> Values:
    """A job as column values."""
    row = {column.name: getattr(job, column.name) for column in COLUMNS}
    return {name: _json(value) for name, value in row.items()}


def _json(value: object) -> JsonValue | object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def job_of(row: Stored) -> Job:
    """The job of a row; documents that this version cannot read are left out of it."""
    values = {column.name: row._mapping[column] for column in COLUMNS}
    try:
        return _job(values)
    except ValidationError as error:
        unreadable = {place for fault in error.errors() for place in fault["loc"][:1]}
        known = {name: None if name in _DOCUMENTS else value for name, value in values.items()}
        logger.warning("job %s: %s cannot be read", row.id, ", ".join(map(str, unreadable)))
        return _job(values | {name: known[name] for name in unreadable if name in known})


def claimed_job(row: Stored) -> Job:
    """The job of a row for its worker. Raises `UnreadableSpecError`: it is for another version."""
    job = job_of(row)
    if job.spec is None and row.spec is not None:
        raise UnreadableSpecError(job.id)
    return job


def _job(values: Values) -> Job:
    # A newer version may have written more than this one knows.
    return Job.model_validate(values, extra="ignore")


def load(connection: Connection, job_id: str, *, lock: bool = False) -> Job | None:
    """A job by its id, its row locked until the transaction ends if wanted."""
    query = select(*COLUMNS).where(table.c.id == job_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else job_of(row)


def load_at(
    connection: Connection, job_id: str, now: ColumnElement[datetime]
) -> tuple[Job, datetime] | None:
    """A job by its id, and the database's time."""
    query: Select[Columns] = select(*COLUMNS, now.label("now")).where(table.c.id == job_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else (job_of(row), row.now)


def lock_leased(connection: Connection, job_id: str, fence: int) -> None:
    """Lock the job's row until the transaction ends, for those that write on behalf of a job.

    Raises `Conflict` (code `fence_lost`) unless the job is leased under `fence`.
    """
    job = load(connection, job_id, lock=True)
    if job is None or not job.leased_under(fence):
        raise fence_lost(job_id)


def readable(rows: Iterable[Stored]) -> Jobs:
    """The jobs of all rows that can be read: a broken one must not stop the care for the others."""
    jobs: Jobs = []
    for row in rows:
        try:
            jobs.append(job_of(row))
        except ValidationError:
            logger.error("job %s: its row cannot be read", row.id)
    return jobs


def compare_and_set(connection: Connection, before: Job, after: Job) -> bool:
    """Store a changed job unless somebody changed it since it was loaded.

    State and fence move with every change of hands, the lease with every heartbeat: together they
    are the version of a job. Only what has changed is written, since a trainer's role may not
    write the rest (see `grants`), and another version may have written more into it.
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
