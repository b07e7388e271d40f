"""Looking for tasks in SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, not_, select

from tabrl.adapters.sql.tables import jobs, tasks
from tabrl.domain.jobs import TERMINAL, JobKind, JobState
from tabrl.domain.task_filter import Standing, TaskFilter

_training = jobs.alias("training")


def conditions(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    """What holds of the tasks; `jobs` is the job that writes each."""
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        text = func.lower(tasks.c.prompt)
        found.append(text.contains(wanted.text.lower(), autoescape=True))
    if wanted.robot is not None:
        found.append(tasks.c.robot == wanted.robot)
    if wanted.starred:
        found.append(tasks.c.starred.is_(True))
    if wanted.standing is not None:
        found.append(_stands(wanted.standing))
    return found


def _stands(standing: Standing) -> ColumnElement[bool]:
    written = jobs.c.state == JobState.SUCCEEDED
    learning = _has_training(_training.c.state.not_in(TERMINAL))
    taught = _has_training(_training.c.state == JobState.SUCCEEDED)
    match standing:
        case Standing.WRITING:
            return jobs.c.state.not_in(TERMINAL)
        case Standing.FAILED:
            return and_(jobs.c.state.in_(TERMINAL), not_(written))
        case Standing.LEARNING:
            return learning
        case Standing.TAUGHT:
            return taught
        case Standing.READY:
            return and_(written, not_(learning), not_(taught))


def _has_training(state: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(_training.c.id)
        .where(_training.c.task_id == tasks.c.id, _training.c.kind == JobKind.TRAIN, state)
        .exists()
    )
