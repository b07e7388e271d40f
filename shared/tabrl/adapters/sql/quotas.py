"""Quotas held within the transaction that adds what they limit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, or_, select, text

from tabrl.adapters.sql.tables import jobs, models, tasks
from tabrl.domain.jobs import OPEN
from tabrl.domain.models import BASE_VERSION
from tabrl.domain.quotas import Holdings, Quota, start_of_day
from tabrl.domain.tasks import LlmUsage

_LOCK = 7_262_032  # any number; the same for everybody who counts
_OPEN = [state.value for state in OPEN]


def hold(
    connection: Connection,
    quota: Quota,
    owner: str,
    now: datetime,
    *,
    jobs: int,
    models: int = 0,
    writes: bool = False,
) -> None:
    """Raise `LimitReached` if an owner would have more than their quota.

    Of one owner's requests each waits for the one before: two at once cannot both be the last.
    """
    if quota.unlimited:
        return
    if connection.dialect.name == "postgresql":  # on SQLite a transaction that writes is alone
        own = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:owner))")
        connection.execute(own, {"lock": _LOCK, "owner": owner})
    held = Holdings(
        _open_jobs(connection, owner), _models(connection, owner), _spent(connection, owner, now)
    )
    quota.check(held, now, jobs=jobs, models=models, writes=writes)


def _open_jobs(connection: Connection, owner: str) -> int:
    query = select(func.count()).where(jobs.c.owner == owner, jobs.c.state.in_(_OPEN))
    return connection.execute(query).scalar_one()


def _models(connection: Connection, owner: str) -> int:
    """Models with parameters of their own, and those that are about to get some."""
    stored = or_(models.c.params_version > BASE_VERSION, jobs.c.state.in_(_OPEN))
    query = (
        select(func.count())
        .select_from(models.join(jobs, jobs.c.id == models.c.job_id))
        .where(models.c.owner == owner, stored)
    )
    return connection.execute(query).scalar_one()


def _spent(connection: Connection, owner: str, now: datetime) -> float:
    """Dollars for language models since midnight; what has no known price counts as nothing."""
    query = select(tasks.c.usage).where(
        tasks.c.owner == owner, tasks.c.created_at >= start_of_day(now), tasks.c.usage.is_not(None)
    )
    usages = (LlmUsage.model_validate(row.usage) for row in connection.execute(query))
    return sum(usage.cost_usd or 0.0 for usage in usages)
