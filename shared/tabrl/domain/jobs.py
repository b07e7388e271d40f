"""A job: its states, the one table of transitions, and the changes a job can go through.

Every rule about jobs is a method below. A store loads a job, applies one of them and keeps the
changed job if nobody was faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.tiers import Tier
from tabrl.contracts.training import FIRST_VERSION, ProgressSummary, TrainResult, TrainSpec
from tabrl.domain.errors import Conflict, Invalid
from tabrl.domain.people import LOCAL
from tabrl.domain.weights import merged_weights


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
    # back by a worker that shuts down or by the reaper on behalf of one that died.
    JobState.RUNNING: frozenset(
        {
            JobState.RUNNING,
            JobState.QUEUED,
            JobState.CANCELLING,
            JobState.SUCCEEDED,
            JobState.FAILED,
        }
    ),
    # A worker may finish before it reads the request to cancel; its result then stands.
    JobState.CANCELLING: frozenset({JobState.CANCELLED, JobState.SUCCEEDED, JobState.FAILED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}

TERMINAL = frozenset(state for state, following in TRANSITIONS.items() if not following)
OPEN = frozenset(TRANSITIONS) - TERMINAL
LEASED = frozenset({JobState.RUNNING, JobState.CANCELLING})  # a worker holds the lease


class JobKind(StrEnum):
    """Which worker a job is for."""

    REWARD = "reward"
    TRAIN = "train"


class Priority(StrEnum):
    """Which work waits for which; a row holds its `rank`, the lowest is claimed first."""

    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """As `Job.priority` has it."""
        return list(Priority).index(self)


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

    `attempt` counts the claims that were not handed back by an orderly shutdown or because a part
    did not answer. Jobs of a kind are claimed by `priority`, the lowest first, within it by `rank`
    (see `tabrl.domain.fairness`), and none before `not_before`.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: JobKind
    state: JobState = JobState.QUEUED
    priority: int = 0
    rank: int = 0
    task_id: str
    owner: str = LOCAL
    candidate: int | None = None
    robot: str
    model_id: str | None = None
    spec: TrainSpec | None = None
    spec_version: int = FIRST_VERSION
    fence: int = 0
    attempt: int = 0
    outages: int = 0  # how often it was handed back because a part did not answer
    deadline_s: float | None = None  # from a claim to its end
    lease_until: datetime | None = None
    not_before: datetime | None = None
    queued_at: datetime
    enqueued_at: datetime | None = None
    created_at: datetime
    started_at: datetime | None = None
    claimed_at: datetime | None = None
    stage: str | None = None
    progress: ProgressSummary | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None
    result: TrainResult | None = None
    weights: dict[str, float] | None = None  # asked for since it was made; else those of the spec

    @property
    def terminal(self) -> bool:
        """Whether the job can change no more."""
        return self.state in TERMINAL

    @property
    def tier(self) -> Tier:
        """How long it may take; for other work than training it says nothing."""
        return Tier.FINE_TUNE if self.spec is None else self.spec.tier

    @property
    def budget_s(self) -> float | None:
        """Seconds that a training may take; None for other work."""
        return None if self.spec is None else self.spec.budget.seconds

    @property
    def valid_weights(self) -> dict[str, float]:
        """Weights of the reward's terms: those a result was learnt under, else requested.

        A request that came after the last update changed nothing. Empty for jobs without a spec.
        """
        if self.spec is None:
            return {}
        if self.result is not None and self.result.schedule is not None:
            schedule = self.result.schedule
            learnt = schedule.reweightings
            return dict(learnt[-1].weights if learnt else schedule.weights or self.spec.weights)
        return dict(self.weights or self.spec.weights)

    def can_become(self, state: JobState) -> bool:
        """Whether one step leads there."""
        return state in TRANSITIONS[self.state]

    def leased_under(self, fence: int) -> bool:
        """Whether this fence has the lease: its worker alone may write for the job."""
        return self.state in LEASED and self.fence == fence

    def lease_lapsed(self, now: datetime) -> bool:
        """Whether a worker has the lease but was not heard of in time."""
        return self.state in LEASED and self.lease_until is not None and self.lease_until < now

    def due(self, now: datetime) -> bool:
        """Whether it waits, and not for a later time."""
        return self.state is JobState.QUEUED and (self.not_before is None or self.not_before <= now)

    @property
    def turn(self) -> tuple[int, int]:
        """What orders the jobs of a kind; of equals the earlier one is first."""
        return self.priority, self.rank

    def claimable(self, now: datetime) -> bool:
        """Whether a worker may take the job now: it waits, or its holder went silent."""
        lapsed = self.state is JobState.RUNNING and self.lease_lapsed(now)
        return self.state is JobState.QUEUED or lapsed

    def message_lost(self, now: datetime, *, unsent_for: timedelta, sent_for: timedelta) -> bool:
        """Whether the job waits and the queue must have lost, or never got, its message."""
        if not self.due(now):
            return False
        if self.enqueued_at is None:
            # Whoever waits for a later time than that has no message on its way.
            return self.not_before is not None or self.queued_at <= now - unsent_for
        return self.enqueued_at <= now - sent_for

    def claimed(self, now: datetime, lease_s: float, max_attempts: int) -> Self:
        """Taken by a worker; failed instead if all attempts are used up."""
        if self.attempt >= max_attempts:
            return self._given_up(now)
        return self._moved(
            JobState.RUNNING,
            fence=self.fence + 1,
            attempt=self.attempt + 1,
            lease_until=now + timedelta(seconds=lease_s),
            not_before=None,
            started_at=self.started_at or now,
            claimed_at=now,
        )

    def lease_renewed(self, now: datetime, lease_s: float) -> Self:
        """Heard of: its holder keeps it for another lease."""
        return self.model_copy(update={"lease_until": now + timedelta(seconds=lease_s)})

    def released(self, now: datetime, *, attempt_counts: bool) -> Self:
        """Waiting again; an orderly shutdown does not use up an attempt."""
        return self._moved(
            JobState.QUEUED,
            lease_until=None,
            queued_at=now,
            enqueued_at=None if attempt_counts else now,
            attempt=self.attempt if attempt_counts else self.attempt - 1,
        )

    def postponed(self, now: datetime, delay_s: float) -> Self:
        """Waiting for a part to answer again, which uses up no attempt."""
        waiting = self.released(now, attempt_counts=False)
        return waiting._held_until(now + timedelta(seconds=delay_s), outages=self.outages + 1)

    def retried(self, now: datetime, failure: Failure, delay_s: float, max_attempts: int) -> Self:
        """Waiting for its next attempt after one that failed; failed for good after the last."""
        if self.attempt >= max_attempts:
            return self.finished(JobState.FAILED, now, failure=failure)
        waiting = self.released(now, attempt_counts=True)
        return waiting._held_until(now + timedelta(seconds=delay_s))

    def _held_until(self, moment: datetime, **changes: object) -> Self:
        return self.model_copy(update={"not_before": moment, "enqueued_at": None, **changes})

    def expired(self, now: datetime, max_attempts: int) -> Self:
        """Taken away from a silent holder.

        A running job waits again, or fails once its attempts are used up; a cancelling one is
        cancelled.
        """
        if self.state is JobState.CANCELLING:
            return self.finished(JobState.CANCELLED, now)
        if self.attempt >= max_attempts:
            return self._given_up(now)
        return self.released(now, attempt_counts=True)

    def enqueued(self, now: datetime) -> Self:
        """Its message was taken by the queue."""
        return self.model_copy(update={"enqueued_at": now})

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
        self._raise_if_ended()
        if self.state is JobState.QUEUED:
            return self.finished(JobState.CANCELLED, now)
        if self.state is JobState.CANCELLING:
            return self
        return self._moved(JobState.CANCELLING)

    def weights_requested(self, changes: Mapping[str, float]) -> Self:
        """The user wants other weights of some terms from the next update on.

        Raises `Invalid` as `merged_weights` and for a job without weights (code `not_a_training`),
        or `Conflict` (code `job_finished`).
        """
        if self.spec is None:
            raise Invalid("Only a training has weights to change.", code="not_a_training")
        self._raise_if_ended()
        return self.model_copy(update={"weights": merged_weights(self.valid_weights, changes)})

    def _given_up(self, now: datetime) -> Self:
        return self.finished(JobState.FAILED, now, failure=ATTEMPTS_EXHAUSTED)

    def _moved(self, state: JobState, **changes: object) -> Self:
        if not self.can_become(state):
            raise Conflict(
                f"A {self.state} job cannot become {state}.", code="transition_not_allowed"
            )
        return self.model_copy(update={"state": state, **changes})

    def _raise_if_ended(self) -> None:
        if self.terminal:
            raise Conflict(
                f"The job has already {_ENDED[self.state]}.",
                code="job_finished",
                hint="Only jobs that wait or run can be changed.",
            )


_ENDED = {
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "been cancelled",
}
