"""A worker that fails again and again stops taking work, says why, and tries anew after a rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tabrl.domain.errors import Unavailable

FAILURES = 3  # in a row before it stops
REST_S = 10.0
LONGEST_REST_S = 300.0  # each try uses up an attempt of a job
LONGEST_OUTAGE_S = 20.0  # a try costs a job a second's wait, and shows that a part is back
_TICK_S = 0.2


class SickWorkerError(Unavailable):
    """The worker takes no jobs because its own failures follow each other; the message says why."""


class Breaker:
    """Counts the failures in a row that were the worker's own, not those of a job."""

    def __init__(
        self, *, failures: int = FAILURES, rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._limit, self._rest_s, self._clock = failures, rest_s, clock
        self._lock = threading.Lock()
        self._failures: list[str] = []
        self._reason = ""
        self._rests = 0
        self._rests_until = 0.0

    def succeeded(self) -> None:
        """A job was worked on as it should be: all is well again."""
        with self._lock:
            self._failures.clear()
            self._rests = 0

    def failed(self, reason: str, *, of: str = "") -> None:
        """A failure of the worker's own.

        Args:
            reason: What failed, for whoever is on duty; holds no prompt and no source.
            of: The job at work where that may be to blame too: its failures count once.
        """
        with self._lock:
            self._reason = reason
            if not of or of not in self._failures:
                self._failures.append(of)
            if len(self._failures) < self._limit:
                return
            longest = LONGEST_REST_S if of else LONGEST_OUTAGE_S
            rest = min(longest, self._rest_s * 2.0 ** min(self._rests, 10))
            self._rests += 1
            self._rests_until = self._clock() + rest

    def raise_if_sick(self) -> None:
        """Raises `SickWorkerError` from the last failure allowed until a job succeeds."""
        with self._lock:
            if len(self._failures) >= self._limit:
                raise SickWorkerError(
                    f"{len(self._failures)} failures in a row, the last: {self._reason}",
                    code="worker_sick",
                )

    def wait(self, shutdown: threading.Event) -> bool:
        """Rest if that is due, then let one job through; `False` if shut down meanwhile."""
        while not shutdown.is_set():
            with self._lock:
                left = self._rests_until - self._clock()
            if left <= 0.0:
                return True
            shutdown.wait(min(left, _TICK_S))
        return False
