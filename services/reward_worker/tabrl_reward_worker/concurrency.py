"""Waiting for work until it is done, or until it is cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any, TypeVar

from tabrl.domain.tasks import LlmUsage

_TICK_S = 0.1
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

CancellationToken = Callable[[], bool]
"""Whether nobody wants the work any more; once true, always true."""


class WorkCancelledError(Exception):
    """The work was cancelled; `usage` is what it had cost by then, if anything."""

    def __init__(self, usage: LlmUsage | None = None) -> None:
        super().__init__("cancelled")
        self.usage = usage


def never_cancelled() -> bool:
    """The token of work that is always wanted."""
    return False


def gather(
    futures: Iterable[Future[Any]], cancelled: CancellationToken, timeout_s: float | None = None
) -> None:
    """Wait until all are done, well or not.

    What has begun in a thread when the wait ends early then ends by itself, unseen.

    Raises:
        WorkCancelledError: soon after the token is cancelled, with all futures cancelled.
        TimeoutError: after `timeout_s`, with all futures cancelled.
    """
    futures = list(futures)
    ends = None if timeout_s is None else time.monotonic() + timeout_s
    while wait(futures, timeout=_TICK_S).not_done:
        late = ends is not None and time.monotonic() > ends
        if not (late or cancelled()):
            continue
        for future in futures:
            future.cancel()
        raise TimeoutError if late else WorkCancelledError


def parallel_map(
    work: Callable[[_Item], _Result],
    items: Sequence[_Item],
    cancelled: CancellationToken = never_cancelled,
    workers: int = 3,
) -> list[_Result]:
    """The work's results, in order, from at most `workers` threads.

    Raises `WorkCancelledError` soon after the token is cancelled, and what the work raises.
    """
    pool = ThreadPoolExecutor(workers)
    # With the ids that log lines and spans carry.
    futures = [pool.submit(copy_context().run, work, item) for item in items]
    pool.shutdown(wait=False)  # no more to come; these are done all the same
    gather(futures, cancelled)
    return [future.result() for future in futures]
