"""Claiming by turn: which job is next, how many are ahead, and the rank of a new one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from tabrl.adapters.sql.job_rows import job_row
from tabrl.adapters.sql.tables import Columns
from tabrl.adapters.sql.tables import jobs as table
from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import SPEC_VERSION
from tabrl.domain.fairness import first_rank
from tabrl.domain.jobs import LEASED, Job, JobKind, JobState
from tabrl.domain.quotes import MeasuredRun, Underway

_QUEUED = table.c.state == JobState.QUEUED.value
_IN_LEASE = table.c.state.in_([state.value for state in LEASED])
# What has none is of the time before there were tiers, or no training.
_TIER = func.coalesce(table.c.spec["tier"].as_string(), Tier.FINE_TUNE.value)
_TURN = (table.c.priority, table.c.rank, table.c.seq)


def claim_statement(
    kind: JobKind, now: ColumnElement[datetime], lease_until: ColumnElement[datetime],
    passed_over: Collection[str],
) -> ReturningUpdate[Columns]:  # fmt: skip
    """Take the next due job of a kind but for some; touches the columns of a claim alone."""
    following = (
        select(table.c.seq)
        .where(
            _QUEUED,
            table.c.kind == kind.value,
            table.c.spec_version <= SPEC_VERSION,
            due(now),
            table.c.id.not_in(passed_over),
        )
        .order_by(*_TURN)
        .limit(1)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer at a time
    )
    return (
        update(table)
        .where(table.c.seq == following.scalar_subquery(), _QUEUED)
        .values(
            state=JobState.RUNNING.value,
            fence=table.c.fence + 1,
            attempt=table.c.attempt + 1,
            lease_until=lease_until,
            not_before=None,
            started_at=func.coalesce(table.c.started_at, now),
            claimed_at=now,
        )
        .returning(*table.c)
    )


def places_query(job_ids: Sequence[str], now: ColumnElement[datetime]) -> Select[tuple[str, int]]:
    """Place by id, from 1, of those jobs that wait; who waits for a later time holds nobody up."""
    ahead = func.sum(due(now).cast(Integer)).over(
        partition_by=table.c.kind, order_by=_TURN, rows=(None, -1)
    )
    places = select(table.c.id, func.coalesce(ahead, 0).label("ahead")).where(_QUEUED).subquery()
    return select(places.c.id, (places.c.ahead + 1).label("place")).where(places.c.id.in_(job_ids))


def measured_runs(
    connection: Connection, kind: JobKind, robot: str | None, tiers: Collection[Tier], limit: int
) -> list[MeasuredRun]:
    """What the last jobs of a kind took that succeeded."""
    query = (
        select(
            table.c.finished_at,
            func.coalesce(table.c.claimed_at, table.c.started_at).label("began_at"),
            table.c.result["samples"].as_integer().label("samples"),
        )
        .where(
            table.c.kind == kind.value,
            table.c.state == JobState.SUCCEEDED.value,
            _TIER.in_([tier.value for tier in tiers]),
        )
        .order_by(table.c.seq.desc())
        .limit(limit)
    )
    if robot is not None:
        query = query.where(table.c.robot == robot)
    return [
        MeasuredRun(max(0.0, (row.finished_at - row.began_at).total_seconds()), row.samples)
        for row in connection.execute(query)
    ]


def jobs_underway(
    connection: Connection, kind: JobKind, now: ColumnElement[datetime], waiting: int
) -> list[Underway]:
    """Jobs that run, then those that are due, by turn and at most so many."""
    budget = table.c.spec["budget"]
    parts = [budget[name].as_float() for name in ("search_s", "ppo_s", "evaluation_s")]
    columns = (
        table.c.claimed_at,
        now.label("now"),
        _TIER.label("tier"),
        sum(parts[1:], parts[0]).label("budget_s"),
    )
    of_kind = select(*columns).where(table.c.kind == kind.value)
    running = of_kind.where(_IN_LEASE, table.c.claimed_at.is_not(None))
    due_ones = of_kind.where(_QUEUED, due(now)).order_by(*_TURN).limit(waiting)
    return [
        *(
            Underway(
                max(0.0, (row.now - row.claimed_at).total_seconds()), Tier(row.tier), row.budget_s
            )
            for row in connection.execute(running)
        ),
        *(Underway(None, Tier(row.tier), row.budget_s) for row in connection.execute(due_ones)),
    ]


def insert_jobs(connection: Connection, jobs: Sequence[Job], now: datetime) -> None:
    """Store new jobs of one owner, kind and priority, which wait from now on."""
    if not jobs:
        return
    first = _first_rank(connection, jobs[0])
    changes = [{"rank": first + n, "queued_at": now} for n in range(len(jobs))]
    rows = [job_row(job) | change for job, change in zip(jobs, changes, strict=True)]
    connection.execute(insert(table), rows)


def _first_rank(connection: Connection, job: Job) -> int:
    """The rank of an owner's next job, behind those the owner has already."""
    highest = select(func.max(table.c.rank)).where(
        table.c.kind == job.kind.value, table.c.priority == job.priority
    )
    own = highest.where(table.c.owner == job.owner, or_(_QUEUED, table.c.fence > 0))
    served = highest.where(text("fence > 0"))  # as the partial index has it
    return first_rank(connection.execute(own).scalar_one(), connection.execute(served).scalar_one())


def due(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether a job waits for no later time."""
    return or_(table.c.not_before.is_(None), table.c.not_before <= now)
