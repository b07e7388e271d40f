"""What a worker of either kind observes of its jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tabrl.contracts.events import Stage
from tabrl.domain.jobs import Failure, Job, JobKind, JobState

_JOB_S = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 300, 900, 3600)
_ATTEMPTS = (1, 2, 3, 4, 5, 8)
NO_CODE = "none"
_DELIVERIES = ("finished", "released", "lost")
_WRITING = "writing"  # the stage of reward jobs; all others are of trainings


class WorkerMetrics:
    """What a worker observes of its jobs, which are of these kinds."""

    def __init__(self, registry: CollectorRegistry, kinds: Iterable[JobKind] = JobKind) -> None:
        self.jobs = Counter(
            "tabrl_worker_jobs", "Deliveries by how they ended.", ["kind", "outcome"],
            registry=registry,
        )  # fmt: skip
        self.job_seconds = Histogram(
            "tabrl_worker_job_seconds", "From claim to the end of an attempt.", ["kind"],
            buckets=_JOB_S, registry=registry,
        )  # fmt: skip
        self.wait_seconds = Histogram(
            "tabrl_worker_wait_seconds", "From queued to claimed.", ["kind"],
            buckets=_JOB_S, registry=registry,
        )  # fmt: skip
        self.outcomes = Counter(
            "tabrl_worker_outcomes", "Jobs that ended, by state and by the code of their failure.",
            ["kind", "state", "code"], registry=registry,
        )  # fmt: skip
        self.attempts = Histogram(
            "tabrl_worker_attempts", "Attempts that an ended job had used.", ["kind"],
            buckets=_ATTEMPTS, registry=registry,
        )  # fmt: skip
        self.stage_seconds = Histogram(
            "tabrl_worker_stage_seconds", "Stages of an attempt, however they ended.",
            ["kind", "stage"], buckets=_JOB_S, registry=registry,
        )  # fmt: skip
        self.busy = Gauge("tabrl_worker_busy", "Jobs being worked on.", registry=registry)
        self.heartbeats_failed = Counter(
            "tabrl_worker_heartbeats_failed", "Heartbeats the database did not take.",
            registry=registry,
        )  # fmt: skip
        self.events_dropped = Counter(
            "tabrl_worker_events_dropped", "Progress events that Redis did not take.",
            registry=registry,
        )  # fmt: skip

        for kind in kinds:
            self._expect(kind)

    def _expect(self, kind: JobKind) -> None:
        """Begin series at zero: of one that begins with an observation no rate sees that."""
        self.outcomes.labels(kind.value, JobState.SUCCEEDED.value, NO_CODE)
        for outcome in _DELIVERIES:
            self.jobs.labels(kind.value, outcome)
        for histogram in (self.job_seconds, self.wait_seconds, self.attempts):
            histogram.labels(kind.value)
        for stage in get_args(Stage):
            if (stage == _WRITING) is (kind is JobKind.REWARD):
                self.stage_seconds.labels(kind.value, stage)

    def observe_end(self, job: Job, state: JobState, failure: Failure | None) -> None:
        """A job has ended for good."""
        kind = job.kind.value
        self.outcomes.labels(kind, state.value, failure.code if failure else NO_CODE).inc()
        self.attempts.labels(kind).observe(job.attempt)
