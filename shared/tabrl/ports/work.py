"""What a worker's handler sees of the job it works on, and how it says how the work ended."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from tabrl.contracts.events import Event
from tabrl.contracts.training import TrainResult
from tabrl.domain.jobs import Failure, FailureKind, Job
from tabrl.ports.jobs import Weights


class StopReason(StrEnum):
    """Why a handler should stop now."""

    CANCELLED = "cancelled"
    LOST_LEASE = "lost_lease"
    SHUTDOWN = "shutdown"


class JobStoppedError(Exception):
    """Raised by a handler that stopped because it was told to, its snapshot kept."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class JobFailedError(Exception):
    """Raised by a handler whose job cannot succeed. The message holds no prompt and no source."""

    def __init__(self, kind: FailureKind, code: str, message: str, line: int | None = None) -> None:
        super().__init__(code)
        self.failure = Failure(kind=kind, code=code, message=message, line=line)


class JobControl(Protocol):
    """What a handler may do with the job it works on. All methods may be called at any rate.

    Each call is a sign of progress: a handler that makes none for long loses its job.
    """

    @property
    def fence(self) -> int:
        """Number of this claim; part of every key the handler writes."""
        ...

    def should_stop(self) -> StopReason | None:
        """Whether to stop, at most half a second old; to be read between chunks of work."""
        ...

    def raise_if_stopped(self) -> None:
        """Raises `JobStoppedError` if the handler should stop."""
        ...

    def requested_weights(self) -> Weights | None:
        """The weights the user last asked for while the job runs, half a second old at most."""
        ...

    def publish(self, event: Event) -> None:
        """Tell the user. Never raises: a lost event must not cost a training."""
        ...


class JobHandler(Protocol):
    """The work itself.

    Returning means success. `JobStoppedError` means stopped as told, `JobFailedError` a failure
    that the user should hear about; `Unavailable` leaves the job to a later time without using up
    an attempt, and any other exception uses up one, as an error of ours.
    """

    def __call__(self, job: Job, control: JobControl, /) -> TrainResult | None: ...
