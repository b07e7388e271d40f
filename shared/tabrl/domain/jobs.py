"""A job: its states, the one table of transitions, and the changes a job can go through.

Adapters never invent a change of state: the in-memory store applies the methods below, the SQL
store turns the same table into the WHERE of a compare-and-set.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.training import TrainResult, TrainSpec
from tabrl.domain.errors import Conflict


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    # running → running is another worker taking over a lapsed lease, running → queued a handing
    # back by a worker that shuts down or by the sweeper on behalf of one that died.
    JobState.RUNNING: frozenset(
        {
            JobState.RUNNING,
            JobState.QUEUED,
            JobState.CANCELLING,
            JobState.SUCCEEDED,
            JobState.FAILED,
        }
    ),
    # A worker may finish before it reads the wish to cancel; its result then stands.
    JobState.CANCELLING: frozenset({JobState.CANCELLED, JobState.SUCCEEDED, JobState.FAILED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}

TERMINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)
HELD = frozenset({JobState.RUNNING, JobState.CANCELLING})  # a worker holds the lease


def sources_of(target: JobState) -> frozenset[JobState]:
    """The states from which `target` can be reached in one step."""
    return frozenset(state for state, following in TRANSITIONS.items() if target in following)


class JobKind(StrEnum):
    """Which worker a job is for."""

    REWARD = "reward"
    TRAIN = "train"


class FailureKind(StrEnum):
    """Who has to look: the operator, the author of the reward, or the person wording the task."""

    INFRASTRUCTURE = "infrastructure"
    CODE = "code"
    LEARNING = "learning"


class Failure(BaseModel):
    """Why a job failed; `message` holds no prompt and no generated source."""

    model_config = ConfigDict(frozen=True)

    kind: FailureKind
    code: str
    message: str
    line: int | None = None  # of the source that the job was to check


ATTEMPTS_EXHAUSTED = Failure(
    kind=FailureKind.INFRASTRUCTURE,
    code="attempts_exhausted",
    message="The worker died or lost its connection on every attempt, so the job was given up.",
)


class Job(BaseModel):
    """One piece of work. `fence` grows with every claim; only the latest holder may change it.

    `attempt` counts the claims that were not handed back by an orderly shutdown.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: JobKind
    state: JobState = JobState.QUEUED
    task_id: str
    candidate: int | None = None
    robot: str
    model_id: str | None = None
    spec: TrainSpec | None = None
    fence: int = 0
    attempt: int = 0
    lease_until: datetime | None = None
    queued_at: datetime
    enqueued_at: datetime | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None
    result: TrainResult | None = None
    weights: dict[str, float] | None = None  # asked for since it was made; else those of the spec

    @property
    def terminal(self) -> bool:
        """Whether the job can change no more."""
        return self.state in TERMINAL

    @property
    def valid_weights(self) -> dict[str, float]:
        """Weights of the reward's terms: of a result those it was learnt under, else the wish.

        A wish that came after the last update changed nothing. Empty for jobs without a spec.
        """
        if self.spec is None:
            return {}
        if self.result is not None and self.result.schedule is not None:
            schedule = self.result.schedule
            learnt = schedule.reweightings
            return dict(learnt[-1].weights if learnt else schedule.weights or self.spec.weights)
        return dict(self.weights or self.spec.weights)

    def _moved(self, state: JobState, **changes: object) -> Self:
        if state not in TRANSITIONS[self.state]:
            raise Conflict(
                f"A {self.state} job cannot become {state}.", code="transition_not_allowed"
            )
        return self.model_copy(update={"state": state, **changes})

    def lease_lapsed(self, now: datetime) -> bool:
        """Whether a worker holds the job but has not been heard of in time."""
        return self.state in HELD and self.lease_until is not None and self.lease_until < now

    def claimable(self, now: datetime) -> bool:
        """Whether a worker may take the job now: it waits, or its holder went silent."""
        lapsed = self.state is JobState.RUNNING and self.lease_lapsed(now)
        return self.state is JobState.QUEUED or lapsed

    def claimed(self, now: datetime, lease_s: float) -> Self:
        """Taken by a worker."""
        return self._moved(
            JobState.RUNNING,
            fence=self.fence + 1,
            attempt=self.attempt + 1,
            lease_until=now + timedelta(seconds=lease_s),
            started_at=self.started_at or now,
        )

    def handed_back(self, now: datetime, *, attempt_counts: bool) -> Self:
        """Waiting again; an orderly shutdown does not use up an attempt."""
        return self._moved(
            JobState.QUEUED,
            lease_until=None,
            queued_at=now,
            enqueued_at=None if attempt_counts else now,
            attempt=self.attempt if attempt_counts else self.attempt - 1,
        )

    def finished(
        self,
        state: JobState,
        now: datetime,
        *,
        result: TrainResult | None = None,
        failure: Failure | None = None,
    ) -> Self:
        """Ended for good."""
        return self._moved(state, finished_at=now, lease_until=None, result=result, failure=failure)

    def cancel_requested(self, now: datetime) -> Self:
        """The user no longer wants it: at once if it waits, by its worker if it runs.

        Raises `Conflict` (code `job_finished`) if the job has ended.
        """
        raise_if_ended(self)
        if self.state is JobState.QUEUED:
            return self.finished(JobState.CANCELLED, now)
        if self.state is JobState.CANCELLING:
            return self
        return self._moved(JobState.CANCELLING)


def raise_if_ended(job: Job) -> None:
    """Raises `Conflict` (code `job_finished`) if nothing can be changed any more."""
    if job.terminal:
        raise Conflict(
            f"The job has already {_ENDED[job.state]}.",
            code="job_finished",
            hint="Only jobs that wait or run can be changed.",
        )


_ENDED = {
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "been cancelled",
}
