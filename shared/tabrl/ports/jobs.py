"""Where jobs are kept, and the only ways they change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import ProgressSummary, TrainResult
from tabrl.domain.jobs import Failure, Job, JobKind, JobState
from tabrl.domain.models import Model
from tabrl.domain.quotas import NO_QUOTA, Quota
from tabrl.domain.quotes import MeasuredRun, Underway

Jobs = list[Job]  # a class with a method `list` cannot name the builtin
JobIds = list[str]
MeasuredRuns = list[MeasuredRun]
JobsUnderway = list[Underway]
Weights = dict[str, float]


class IdempotencyKey(NamedTuple):
    """A client's name for one request; `scope` is the operation, `body_sha256` what it asked."""

    scope: str
    key: str
    body_sha256: str


class JobRequests(NamedTuple):
    """What a user requests of a running job: its end, or other weights of the reward's terms."""

    cancel: bool = False
    weights: Weights | None = None


class JobRepository(Protocol):
    """The truth about jobs. Every change is a compare-and-set; `False` or `None` means it lost."""

    def get(self, job_id: str) -> Job:
        """Raises `NotFound` (code `unknown_job`)."""
        ...

    def list(
        self,
        *,
        kind: JobKind | None = None,
        state: JobState | None = None,
        task_ids: Sequence[str] | None = None,
        owner: str | None = None,
        before: str | None = None,
        limit: int = 200,
    ) -> Jobs:
        """Newest first, from the one made before the job `before` on."""
        ...

    def create_training(
        self,
        jobs: Sequence[Job],
        models: Sequence[Model],
        key: IdempotencyKey | None = None,
        quota: Quota = NO_QUOTA,
    ) -> JobIds:
        """Commit training jobs with their models; returns the jobs' ids.

        Raises `LimitReached` if their owner would have more than `quota`.

        A repeated key with the same body returns the ids of the first time and creates nothing;
        with another body it raises `Conflict` (code `idempotency_key_reused`).
        """
        ...

    def places(self, job_ids: Sequence[str]) -> dict[str, int]:
        """Of those that wait, by id: 1 for the next job of its kind to be claimed."""
        ...

    def measured(
        self,
        kind: JobKind,
        robot: str | None = None,
        tiers: Collection[Tier] = tuple(Tier),
        limit: int = 20,
    ) -> MeasuredRuns:
        """What the last jobs of a kind took that succeeded.

        Args:
            kind: Of the jobs.
            robot: Only those for one robot.
            tiers: Only trainings of these.
            limit: How many at most.
        """
        ...

    def underway(self, kind: JobKind, waiting: int) -> JobsUnderway:
        """Jobs of a kind that run, then those that are due, by turn and at most so many."""
        ...

    def counts(self) -> dict[tuple[JobKind, JobState], int]:
        """How many jobs are in each state."""
        ...

    # --- workers

    def claim(self, job_id: str, lease_s: float, max_attempts: int) -> Job | None:
        """Take a job that waits or whose holder went silent.

        `None` if it is not ours to take: somebody holds it, it has ended, or it does not exist.
        With all attempts used up it is marked failed instead, and `None` returned.
        """
        ...

    def claim_next(self, kind: JobKind, lease_s: float) -> Job | None:
        """Take the job of a kind whose turn it is; `None` if none waits that is due.

        Jobs whose specification is of a version this code does not know are left to others.
        """
        ...

    def heartbeat(
        self, job_id: str, fence: int, lease_s: float, *,
        stage: str | None = None, progress: ProgressSummary | None = None,
    ) -> bool:  # fmt: skip
        """Extend the lease and say how far the job is; `False` if the fence was lost."""
        ...

    def requests(self, job_id: str) -> JobRequests:
        """What the user requests of a job that runs; nothing of one that does not exist."""
        ...

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
        ...

    def release(self, job_id: str, fence: int) -> bool:
        """Hand a running job back, at once claimable, without using up an attempt."""
        ...

    def postpone(self, job_id: str, fence: int, delay_s: float) -> bool:
        """Hand a running job back because a part does not answer; no attempt is used up."""
        ...

    def retry(
        self, job_id: str, fence: int, failure: Failure, delay_s: float, max_attempts: int
    ) -> Job | None:
        """Hand back a running job whose attempt failed, or fail it with that after the last one.

        `None` if the fence was lost, or the job was cancelled meanwhile.
        """
        ...

    # --- the api

    def request_cancel(self, job_id: str) -> Job:
        """Ask for the end of a job. Raises `NotFound`, or `Conflict` (code `job_finished`)."""
        ...

    def request_weights(self, job_id: str, changes: Mapping[str, float]) -> Job:
        """Ask for other weights of some terms from the next update on.

        The others stay as they were asked for last, by whomever. Raises `NotFound`, and as
        `tabrl.domain.jobs.Job.weights_requested`.
        """
        ...

    def mark_enqueued(self, job_id: str) -> None:
        """Note that the queue took the message."""
        ...

    def expire_leases(self, max_attempts: int) -> Jobs:
        """Take jobs away from silent holders; returns those changed, in their new state.

        A running job waits again (or fails once its attempts are used up), a cancelling one is
        cancelled.
        """
        ...

    def waiting(self, *, unsent_for: timedelta, sent_for: timedelta, limit: int = 100) -> Jobs:
        """Jobs that are due and were never sent for `unsent_for`, or last sent `sent_for` ago.

        Those whose turn comes first; a worker who is told of one goes on to the next by itself.
        """
        ...
