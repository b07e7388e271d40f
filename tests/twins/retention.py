"""Retention in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tabrl.domain.errors import Conflict, unknown_model, unknown_task
from tabrl.domain.jobs import Job, JobKind
from tabrl.ports.blobs import CHECKPOINTS, EPISODES, PARAMS
from tabrl.ports.events import StoredEvent
from tabrl.ports.retention import EndedTraining, Events, Ids, Prefixes
from tests.twins.database import MemoryDatabase


class MemoryEventArchive:
    """An `EventArchive` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database

    def keep(self, job_id: str, events: Sequence[StoredEvent]) -> None:
        """Keep them; what was kept first stays."""
        with self._db.lock:
            self._db.records.setdefault(job_id, [*events])

    def read(self, job_id: str, after: str = "0-0") -> Events:
        """Events of a job behind the id `after`, oldest first."""
        with self._db.lock:
            kept = self._db.records.get(job_id, [])
        return [entry for entry in kept if _order(entry.id) > _order(after)]


class MemoryRetentionRepository:
    """A `RetentionRepository` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database

    def star(self, task_id: str, starred: bool) -> None:
        """Raises `NotFound` (code `unknown_task`)."""
        with self._db.lock:
            if task_id not in self._db.tasks:
                raise unknown_task(task_id)
            changed = self._db.tasks[task_id].model_copy(update={"starred": starred})
            self._db.tasks[task_id] = changed

    def delete_task(self, task_id: str) -> None:
        """Delete a task with all that belongs to it; see the port."""
        with self._db.lock:
            own = [job for job in self._db.jobs.values() if job.task_id == task_id]
            if task_id not in self._db.tasks and not own:
                raise unknown_task(task_id)
            if any(not job.terminal for job in own):
                raise Conflict("The task has jobs.", code="task_in_use")
            self._delete_jobs(own)
            self._db.tasks.pop(task_id, None)
            for rows in (self._db.candidates, self._db.previews, self._db.sources):
                rows.pop(task_id, None)

    def delete_model(self, model_id: str) -> None:
        """Delete a model with its training; see the port."""
        with self._db.lock:
            if model_id not in self._db.models:
                raise unknown_model(model_id)
            job = self._db.jobs[self._db.models[model_id].job_id]
            if not job.terminal:
                raise Conflict("The model is being trained.", code="model_in_use")
            for other in self._db.jobs.values():
                origin = None if other.spec is None else other.spec.origin
                if origin is not None and origin.job_id == job.id and not other.terminal:
                    raise Conflict(
                        "Another training goes on from the model.", code="model_in_use",
                        hint=f"Cancel {other.id}, or wait for its end.",
                    )  # fmt: skip
            self._delete_jobs([job])

    def expired_tasks(self, before: datetime, limit: int) -> Ids:
        """See the port."""
        with self._db.lock:
            jobs = [*self._db.jobs.values()]
            old = [
                task.id
                for task in self._db.tasks.values()
                if task.created_at < before
                and not task.starred
                and all(_over(job, before) for job in jobs if job.task_id == task.id)
            ]
            lost = {
                job.task_id
                for job in jobs
                if job.task_id not in self._db.tasks and _over(job, before)
            }
        return [*old, *sorted(lost)][:limit]

    def forget_keys(self, before: datetime) -> int:
        """How many idempotency keys were forgotten."""
        return self._db.forget_keys(before)

    def unrecorded(self, before: datetime, limit: int) -> Ids:
        """Oldest first."""
        with self._db.lock:
            jobs = [job for job in self._db.jobs.values() if _over(job, before)]
            return [job.id for job in jobs if job.id not in self._db.records][:limit]

    def uncleared(self, before: datetime, limit: int) -> list[EndedTraining]:
        """Oldest first."""
        with self._db.lock:
            return [
                EndedTraining(job.id, self._db.models[job.model_id or ""].params_key)
                for job in self._db.jobs.values()
                if job.kind is JobKind.TRAIN
                and _over(job, before)
                and job.id in self._db.records
                and job.id not in self._db.cleared
            ][:limit]

    def mark_cleared(self, job_id: str) -> None:
        """Note that the snapshots of a recorded job are gone."""
        with self._db.lock:
            self._db.cleared.add(job_id)

    def doomed(self, limit: int) -> Prefixes:
        """Oldest first."""
        with self._db.lock:
            return self._db.doomed[:limit]

    def forget_doomed(self, prefix: str) -> None:
        """Note that nothing is left of a folder."""
        with self._db.lock:
            self._db.doomed.remove(prefix)

    def _delete_jobs(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            folders = (PARAMS, CHECKPOINTS, EPISODES)
            self._db.doomed += [f"{folder}/{job.id}" for folder in folders]
            self._db.models.pop(job.model_id or "", None)
            self._db.revisions.pop(job.id, None)
            self._db.records.pop(job.id, None)
            del self._db.jobs[job.id]


def _over(job: Job, before: datetime) -> bool:
    return job.finished_at is not None and job.finished_at < before


def _order(stream_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence or 0)
