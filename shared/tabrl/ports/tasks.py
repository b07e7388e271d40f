"""Where tasks, candidates and, apart from them, generated sources are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tabrl.domain.jobs import Job
from tabrl.domain.quotas import NO_QUOTA, Quota
from tabrl.domain.task_filter import EVERY_TASK, TaskFilter
from tabrl.domain.tasks import Candidate, MotionPreview, Revision, Task, WrittenTask
from tabrl.ports.jobs import IdempotencyKey

Tasks = list[Task]  # a class with a method `list` cannot name the builtin
Candidates = list[Candidate]


class TaskRepository(Protocol):
    """Tasks and their candidates. Not for trainers: prompts and ideas are prose."""

    def create(
        self, task: Task, job: Job, key: IdempotencyKey | None = None, quota: Quota = NO_QUOTA
    ) -> str:
        """Commit a task with the job that writes its candidates; returns the task's id.

        Quota and repeated keys behave as in `JobRepository.create_training`.
        """
        ...

    def get(self, task_id: str) -> Task:
        """Raises `NotFound` (code `unknown_task`)."""
        ...

    def list(
        self, limit: int = 100, before: str | None = None, *, owner: str | None = None,
        wanted: TaskFilter = EVERY_TASK,
    ) -> Tasks:  # fmt: skip
        """Newest first, from the one made before the task `before` on.

        With `owner`, theirs; with `wanted`, those that are like that.
        """
        ...

    def store(self, task_id: str, written: WrittenTask, *, job_id: str, fence: int) -> None:
        """Replace the candidates of a task; an earlier attempt may have left some.

        Raises `Conflict` (code `fence_lost`) unless the job is leased under `fence`. Candidates
        become visible once the job has succeeded.
        """
        ...

    def create_revision(
        self,
        revision: Revision,
        job: Job,
        key: IdempotencyKey | None = None,
        quota: Quota = NO_QUOTA,
    ) -> str:
        """Commit an edit with the job that checks it; returns the job's id.

        Quota and repeated keys behave as in `JobRepository.create_training`.
        """
        ...

    def revision(self, job_id: str) -> Revision | None:
        """The edit a job checks; None if it writes a task."""
        ...

    def add_candidate(
        self, task_id: str, candidate: Candidate, preview: MotionPreview | None, *, job_id: str,
        fence: int,
    ) -> Candidate:  # fmt: skip
        """Add a revised candidate under the next number, once for each job.

        `candidate.revised_by` is the job. Raises `Conflict` (code `fence_lost`) unless the job is
        leased under `fence`.
        """
        ...

    def candidates(self, task_id: str) -> Candidates:
        """In order; empty until the task is ready."""
        ...

    def candidate(self, task_id: str, n: int) -> Candidate:
        """Raises `NotFound` (code `unknown_task` or `unknown_candidate`)."""
        ...

    def preview(self, task_id: str, n: int) -> MotionPreview:
        """Raises `NotFound` (code `unknown_candidate` or `no_preview`)."""
        ...

    def set_weights(self, task_id: str, n: int, changes: Mapping[str, float]) -> Candidate:
        """Replace some weights of a candidate; the others stay as they were set last.

        Raises `NotFound`, and as `tabrl.domain.weights.merged_weights`.
        """
        ...


class SourceRepository(Protocol):
    """Generated source, for its writer and its reader only."""

    def put(self, task_id: str, sources: Mapping[int, str], *, job_id: str, fence: int) -> None:
        """Replace the sources of a task, keyed by candidate number.

        Raises `Conflict` (code `fence_lost`) unless the job is leased under `fence`.
        """
        ...

    def add(self, task_id: str, n: int, source: str, *, job_id: str, fence: int) -> None:
        """Keep the source of one more candidate; raises as `put` does."""
        ...

    def get(self, task_id: str) -> dict[int, str]:
        """Source by candidate number; empty if none was written."""
        ...
