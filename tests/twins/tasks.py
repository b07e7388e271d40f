"""Tasks, candidates and sources in memory."""

from __future__ import annotations

from collections.abc import Mapping

from tabrl.domain.errors import fence_lost, no_preview, unknown_candidate, unknown_task
from tabrl.domain.jobs import TERMINAL, Job, JobKind, JobState
from tabrl.domain.quotas import NO_QUOTA, Quota
from tabrl.domain.task_filter import EVERY_TASK, Standing, TaskFilter
from tabrl.domain.tasks import Candidate, MotionPreview, Revision, Task, TaskState, WrittenTask
from tabrl.ports.jobs import IdempotencyKey
from tabrl.ports.tasks import Candidates, Tasks
from tests.twins.database import MemoryDatabase


class MemoryTaskRepository:
    """A `TaskRepository` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database

    def create(
        self, task: Task, job: Job, key: IdempotencyKey | None = None, quota: Quota = NO_QUOTA
    ) -> str:
        """Keep a task with the job that writes its candidates; returns the task's id."""
        with self._db.lock:
            earlier = self._db.earlier(key)
            if earlier is not None:
                return earlier[0]
            self._db.hold(quota, job.owner, jobs=1, writes=True)
            self._db.remember(key, [task.id])
            self._db.tasks[task.id] = task
            self._db.add_jobs([job])
        return task.id

    def get(self, task_id: str) -> Task:
        """Raises `NotFound` (code `unknown_task`)."""
        with self._db.lock:
            task = self._db.tasks.get(task_id)
            if task is None:
                raise unknown_task(task_id)
            job = self._db.jobs[task.job_id]
        return task.model_copy(update={"state": TaskState.of(job.state), "failure": job.failure})

    def list(
        self, limit: int = 100, before: str | None = None, *, owner: str | None = None,
        wanted: TaskFilter = EVERY_TASK,
    ) -> Tasks:  # fmt: skip
        """Newest first; see the port."""
        with self._db.lock:
            newest = [*reversed(self._db.tasks)]
            if before is not None:
                newest = newest[newest.index(before) + 1 :] if before in newest else []
            found = [self.get(task_id) for task_id in newest]
            return [
                task
                for task in found
                if (owner is None or task.owner == owner) and self._like(task, wanted)
            ][:limit]

    def _like(self, task: Task, wanted: TaskFilter) -> bool:
        trainings = [
            job.state
            for job in self._db.jobs.values()
            if job.kind is JobKind.TRAIN and job.task_id == task.id
        ]
        stands = {
            Standing.WRITING: task.state is TaskState.WRITING,
            Standing.FAILED: task.state in (TaskState.FAILED, TaskState.CANCELLED),
            Standing.LEARNING: any(state not in TERMINAL for state in trainings),
            Standing.TAUGHT: JobState.SUCCEEDED in trainings,
        }
        stands[Standing.READY] = not any(stands.values())
        return (
            wanted.text.lower() in task.prompt.lower()
            and wanted.robot in (None, task.robot)
            and (task.starred or not wanted.starred)
            and (wanted.standing is None or stands[wanted.standing])
        )

    def store(self, task_id: str, written: WrittenTask, *, job_id: str, fence: int) -> None:
        """Replace the candidates of a task; see the port."""
        with self._db.lock:
            if self._db.leased(job_id, fence) is None:
                raise fence_lost(job_id)
            self._db.candidates[task_id] = {item.n: item for item in written.candidates}
            self._db.previews[task_id] = dict(written.previews)
            changed = {**self._db.tasks[task_id].model_dump(), **written.columns()}
            self._db.tasks[task_id] = Task.model_validate(changed)

    def create_revision(
        self,
        revision: Revision,
        job: Job,
        key: IdempotencyKey | None = None,
        quota: Quota = NO_QUOTA,
    ) -> str:
        """Keep an edit with the job that checks it; returns the job's id."""
        with self._db.lock:
            earlier = self._db.earlier(key)
            if earlier is not None:
                return earlier[0]
            self._db.hold(quota, job.owner, jobs=1)
            self._db.remember(key, [job.id])
            self._db.revisions[job.id] = revision
            self._db.add_jobs([job])
        return job.id

    def revision(self, job_id: str) -> Revision | None:
        """The edit a job checks; None if it writes a task."""
        with self._db.lock:
            return self._db.revisions.get(job_id)

    def add_candidate(
        self, task_id: str, candidate: Candidate, preview: MotionPreview | None, *, job_id: str,
        fence: int,
    ) -> Candidate:  # fmt: skip
        """Add a revised candidate under the next number; see the port."""
        with self._db.lock:
            if self._db.leased(job_id, fence) is None:
                raise fence_lost(job_id)
            present = self._db.candidates.setdefault(task_id, {})
            added = candidate.added_to([*present.values()], job_id)
            if added.n not in present:
                present[added.n] = added
                if preview is not None:
                    self._db.previews.setdefault(task_id, {})[added.n] = preview
            return added

    def candidates(self, task_id: str) -> Candidates:
        """In order; empty until the task is ready."""
        with self._db.lock:
            if task_id not in self._db.tasks or self.get(task_id).state is not TaskState.READY:
                return []
            return [one for _, one in sorted(self._db.candidates.get(task_id, {}).items())]

    def candidate(self, task_id: str, n: int) -> Candidate:
        """Raises `NotFound` (code `unknown_task` or `unknown_candidate`)."""
        self.get(task_id)
        for candidate in self.candidates(task_id):
            if candidate.n == n:
                return candidate
        raise unknown_candidate(task_id, n)

    def preview(self, task_id: str, n: int) -> MotionPreview:
        """Raises `NotFound` (code `unknown_candidate` or `no_preview`)."""
        self.candidate(task_id, n)
        preview = self._db.previews[task_id].get(n)
        if preview is None:
            raise no_preview(n)
        return preview

    def set_weights(self, task_id: str, n: int, changes: Mapping[str, float]) -> Candidate:
        """Replace some weights of a candidate; see the port."""
        with self._db.lock:
            changed = self.candidate(task_id, n).reweighted(changes)
            self._db.candidates[task_id][n] = changed
        return changed


class MemorySourceRepository:
    """A `SourceRepository` in memory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._db = database

    def put(self, task_id: str, sources: Mapping[int, str], *, job_id: str, fence: int) -> None:
        """Replace the sources of a task; see the port."""
        with self._db.lock:
            if self._db.leased(job_id, fence) is None:
                raise fence_lost(job_id)
            self._db.sources[task_id] = dict(sources)

    def add(self, task_id: str, n: int, source: str, *, job_id: str, fence: int) -> None:
        """Keep the source of one more candidate; see the port."""
        with self._db.lock:
            if self._db.leased(job_id, fence) is None:
                raise fence_lost(job_id)
            self._db.sources.setdefault(task_id, {})[n] = source

    def get(self, task_id: str) -> dict[int, str]:
        """Source by candidate number; empty if none was written."""
        with self._db.lock:
            return dict(self._db.sources.get(task_id, {}))
