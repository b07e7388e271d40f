"""Whether a handler gets on: when it was last heard of, and how long that may be ago."""

from __future__ import annotations

import time

from tabrl.contracts.events import Stage
from tabrl.domain.jobs import Failure, FailureKind

# Times the usual patience: loading compiles graphs, evaluation runs many episodes in one call, and
# the first call of search and training compiles the reward.
_PATIENCE: dict[Stage, float] = {
    "writing": 8.0,
    "loading": 40.0,
    "search": 6.0,
    "value_warmup": 6.0,
    "ppo": 2.0,
    "evaluation": 20.0,
}


def stalled(seconds: float) -> Failure:
    """The failure of an attempt without progress."""
    return Failure(
        kind=FailureKind.INFRASTRUCTURE,
        code="no_progress",
        message=f"The work made no progress for {seconds:.0f} s: its worker lost it.",
    )


def late(seconds: float) -> Failure:
    """The failure of an attempt that takes too long."""
    return Failure(
        kind=FailureKind.INFRASTRUCTURE,
        code="deadline_exceeded",
        message=f"The work was not done after {seconds:.0f} s, three times what it should take.",
    )


class ProgressWatch:
    """Watches one attempt from its claim on."""

    def __init__(self, stall_s: float, deadline_s: float | None) -> None:
        self._stall_s, self._deadline_s = stall_s, deadline_s
        self._patience_s = stall_s
        self._began = self._heard = time.monotonic()

    def began(self, stage: Stage) -> None:
        """A stage began, in which the work may be silent for as long as that one takes."""
        self._patience_s = self._stall_s * _PATIENCE[stage]

    def progressed(self) -> None:
        """The handler was heard of."""
        self._heard = time.monotonic()

    def overdue(self) -> Failure | None:
        """Why the attempt must end, if it must."""
        now = time.monotonic()
        if self._deadline_s is not None and now - self._began > self._deadline_s:
            return late(self._deadline_s)
        if now - self._heard > self._patience_s:
            return stalled(self._patience_s)
        return None
