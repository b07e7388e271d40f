"""Tasks and candidates in SQL. A task's state is read off the job that writes it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    and_,
    delete,
    func,
    insert,
    not_,
    select,
    update,
)  # fmt: skip

from tabrl.adapters.sql.claims import insert_jobs
from tabrl.adapters.sql.database_time import DatabaseTime
from tabrl.adapters.sql.engine import reading, writing
from tabrl.adapters.sql.idempotency import remember
from tabrl.adapters.sql.job_rows import lock_leased
from tabrl.adapters.sql.quotas import hold
from tabrl.adapters.sql.tables import (
    Columns,
    Stored,
    Values,
    candidates,
    jobs,
    revisions,
    tasks,
)
from tabrl.domain.errors import no_preview, unknown_candidate, unknown_task
from tabrl.domain.jobs import TERMINAL, Job, JobKind, JobState
from tabrl.domain.quotas import NO_QUOTA, Quota
from tabrl.domain.task_filter import EVERY_TASK, Standing, TaskFilter
from tabrl.domain.tasks import Candidate, MotionPreview, Revision, Task, TaskState, WrittenTask
from tabrl.ports.jobs import IdempotencyKey
from tabrl.ports.queue import Clock
from tabrl.ports.tasks import Candidates, Tasks

_training = jobs.alias("training")
_COLUMNS = [column for column in tasks.c if column.name != "seq"]


def _tasks() -> Select[Columns]:
    return select(*_COLUMNS, jobs.c.state.label("job_state"), jobs.c.failure).join(
        jobs, jobs.c.id == tasks.c.job_id
    )


def _task(row: Stored) -> Task:
    values = dict(row._mapping)
    state = TaskState.of(JobState(values.pop("job_state")))
    return Task.model_validate({**values, "state": state})


class SqlTaskRepository:
    """A `TaskRepository` in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        """`clock` stands in for the database's, for tests that move it."""
        self._engine = engine
        self._time = DatabaseTime(engine, clock)

    def create(
        self, task: Task, job: Job, key: IdempotencyKey | None = None, quota: Quota = NO_QUOTA
    ) -> str:
        """Commit a task with the job that writes its candidates; returns the task's id."""
        with writing(self._engine) as connection:
            now = connection.execute(select(self._time.now())).scalar_one()
            if key is not None:
                earlier = remember(connection, key, [task.id], now)
                if earlier is not None:
                    return earlier[0]
            hold(connection, quota, job.owner, now, jobs=1, writes=True)
            row = task.model_dump(mode="json", include={column.name for column in _COLUMNS})
            connection.execute(insert(tasks).values({**row, "created_at": task.created_at}))
            insert_jobs(connection, [job], now)
        return task.id

    def get(self, task_id: str) -> Task:
        """Raises `NotFound` (code `unknown_task`)."""
        with reading(self._engine) as connection:
            row = connection.execute(_tasks().where(tasks.c.id == task_id)).one_or_none()
        if row is None:
            raise unknown_task(task_id)
        return _task(row)

    def list(
        self, limit: int = 100, before: str | None = None, *, owner: str | None = None,
        wanted: TaskFilter = EVERY_TASK,
    ) -> Tasks:  # fmt: skip
        """Newest first; see the port."""
        query = _tasks().where(*_conditions(wanted)).order_by(tasks.c.seq.desc()).limit(limit)
        if owner is not None:
            query = query.where(tasks.c.owner == owner)
        if before is not None:
            mark = select(tasks.c.seq).where(tasks.c.id == before).scalar_subquery()
            query = query.where(tasks.c.seq < mark)
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            return [_task(row) for row in rows]

    def store(self, task_id: str, written: WrittenTask, *, job_id: str, fence: int) -> None:
        """Replace the candidates of a task; see the port."""
        table = _CANDIDATES
        rows = [
            _candidate_row(task_id, candidate, written.previews.get(candidate.n))
            for candidate in written.candidates
        ]
        with writing(self._engine) as connection:
            lock_leased(connection, job_id, fence)
            connection.execute(delete(table).where(table.c.task_id == task_id))
            if rows:
                connection.execute(insert(table), rows)
            connection.execute(
                update(tasks).where(tasks.c.id == task_id).values(**written.columns())
            )

    def create_revision(
        self,
        revision: Revision,
        job: Job,
        key: IdempotencyKey | None = None,
        quota: Quota = NO_QUOTA,
    ) -> str:
        """Commit an edit with the job that checks it; returns the job's id."""
        body = revision.model_dump(mode="json")
        with writing(self._engine) as connection:
            now = connection.execute(select(self._time.now())).scalar_one()
            if key is not None:
                earlier = remember(connection, key, [job.id], now)
                if earlier is not None:
                    return earlier[0]
            hold(connection, quota, job.owner, now, jobs=1)
            insert_jobs(connection, [job], now)
            connection.execute(
                insert(revisions).values(job_id=job.id, task_id=revision.task_id, body=body)
            )
        return job.id

    def revision(self, job_id: str) -> Revision | None:
        """The edit a job checks; None if it writes a task."""
        query = select(revisions.c.body).where(revisions.c.job_id == job_id)
        with reading(self._engine) as connection:
            body = connection.execute(query).scalar_one_or_none()
        return None if body is None else Revision.model_validate(body)

    def add_candidate(
        self, task_id: str, candidate: Candidate, preview: MotionPreview | None, *, job_id: str,
        fence: int,
    ) -> Candidate:  # fmt: skip
        """Add a revised candidate under the next number; see the port."""
        table = _CANDIDATES
        # The task's row is the lock: two edits at once must not take the same number.
        lock = select(tasks.c.id).where(tasks.c.id == task_id).with_for_update()
        present = select(table.c.body).where(table.c.task_id == task_id)
        with writing(self._engine) as connection:
            lock_leased(connection, job_id, fence)
            connection.execute(lock)
            others = [Candidate.model_validate(row.body) for row in connection.execute(present)]
            added = candidate.added_to(others, job_id)
            if added not in others:
                connection.execute(insert(table).values(_candidate_row(task_id, added, preview)))
        return added

    def candidates(self, task_id: str) -> Candidates:
        """In order; empty until the task is ready."""
        query = _candidates(task_id).order_by(_CANDIDATES.c.n)
        with reading(self._engine) as connection:
            rows = connection.execute(query)
            return [Candidate.model_validate(row.body) for row in rows if _offered(row)]

    def candidate(self, task_id: str, n: int) -> Candidate:
        """Raises `NotFound` (code `unknown_task` or `unknown_candidate`)."""
        with reading(self._engine) as connection:
            query = _candidates(task_id).where(_CANDIDATES.c.n == n)
            row = connection.execute(query).one_or_none()
        if row is None or not _offered(row):
            self.get(task_id)
            raise unknown_candidate(task_id, n)
        return Candidate.model_validate(row.body)

    def preview(self, task_id: str, n: int) -> MotionPreview:
        """Raises `NotFound` (code `unknown_candidate` or `no_preview`)."""
        self.candidate(task_id, n)
        query = select(_CANDIDATES.c.preview).where(
            _CANDIDATES.c.task_id == task_id, _CANDIDATES.c.n == n
        )
        with reading(self._engine) as connection:
            preview = connection.execute(query).scalar_one()
        if preview is None:
            raise no_preview(n)
        return MotionPreview.model_validate(preview)

    def set_weights(self, task_id: str, n: int, changes: Mapping[str, float]) -> Candidate:
        """Replace some weights of a candidate; see the port."""
        self.candidate(task_id, n)  # or raise
        own = and_(_CANDIDATES.c.task_id == task_id, _CANDIDATES.c.n == n)
        with writing(self._engine) as connection:
            # The row is the lock: of two changes at once neither may forget the other's.
            lock = select(_CANDIDATES.c.body).where(own).with_for_update()
            candidate = Candidate.model_validate(connection.execute(lock).scalar_one())
            changed = candidate.reweighted(changes)
            body = changed.model_dump(mode="json")
            connection.execute(update(_CANDIDATES).where(own).values(body=body))
        return changed


_CANDIDATES = candidates


def _candidate_row(task_id: str, candidate: Candidate, preview: MotionPreview | None) -> Values:
    return {
        "task_id": task_id,
        "n": candidate.n,
        "body": candidate.model_dump(mode="json"),
        "preview": None if preview is None else preview.model_dump(mode="json"),
    }


def _candidates(task_id: str) -> Select[Columns]:
    return (
        select(candidates.c.body, jobs.c.state.label("job_state"))
        .join(tasks, tasks.c.id == candidates.c.task_id)
        .join(jobs, jobs.c.id == tasks.c.job_id)
        .where(candidates.c.task_id == task_id)
    )


def _offered(row: Stored) -> bool:
    return TaskState.of(JobState(row.job_state)) is TaskState.READY


def _conditions(wanted: TaskFilter) -> list[ColumnElement[bool]]:
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
