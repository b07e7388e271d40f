"""A claimed training job and the line to its user, as every stage sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from tabrl.contracts.events import Event, Stage, StageEvent
from tabrl.contracts.training import TrainSpec
from tabrl.domain.jobs import FailureKind, Job
from tabrl.ports import JobControl, JobFailedError
from tabrl.sim.malloc import malloc_trim


@dataclass(frozen=True)
class JobSession:
    """One attempt at a job that holds all a training needs; `began` in seconds of `clock`."""

    job_id: str
    robot: str
    model_id: str
    spec: TrainSpec
    control: JobControl
    clock: Callable[[], float]
    began: float

    @classmethod
    def open(cls, job: Job, control: JobControl, clock: Callable[[], float]) -> Self:
        """Begin an attempt. Raises `JobFailedError` (code `bad_job`) for another kind of job."""
        if job.spec is None or job.model_id is None:
            raise bad_job()
        return cls(job.id, job.robot, job.model_id, job.spec, control, clock, clock())

    @property
    def elapsed_s(self) -> float:
        """Seconds since this attempt began."""
        return self.clock() - self.began

    def publish(self, event: Event) -> None:
        """Tell the user."""
        self.control.publish(event)

    def begin_stage(self, stage: Stage) -> None:
        """Tell the user that a stage begins, and give back the memory that the last one freed."""
        malloc_trim()
        self.publish(StageEvent(stage=stage, elapsed_s=self.elapsed_s))


def bad_job() -> JobFailedError:
    """The failure of a job that no trainer can do."""
    return JobFailedError(
        FailureKind.INFRASTRUCTURE, "bad_job", "The job lacks what a training needs."
    )
