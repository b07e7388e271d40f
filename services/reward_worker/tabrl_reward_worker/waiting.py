"""Waiting for work only as long as somebody wants it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from tabrl.domain.tasks import LlmUsage

_TICK_S = 0.1
_A = TypeVar("_A")
_B = TypeVar("_B")

Halt = Callable[[], bool]
"""Whether nobody wants the work any more; once true, always true."""


class HaltedError(Exception):
    """Nobody waited for the end of the work; `usage` is what it had cost by then, if anything."""

    def __init__(self, usage: LlmUsage | None = None) -> None:
        super().__init__("halted")
        self.usage = usage


def never() -> bool:
    """The halt of work that is always wanted."""
    return False


def await_all(futures: Iterable[Future[Any]], halt: Halt, longest_s: float | None = None) -> None:
    """Wait until all are done, well or not.

    Raises `HaltedError` on a halt and `TimeoutError` after `longest_s`, with all of them
    cancelled; what has begun in a thread then ends by itself, unseen.
    """
    futures = list(futures)
    ends = None if longest_s is None else time.monotonic() + longest_s
    while wait(futures, timeout=_TICK_S).not_done:
        late = ends is not None and time.monotonic() > ends
        if not (late or halt()):
            continue
        for future in futures:
            future.cancel()
        raise TimeoutError if late else HaltedError


def side_by_side(
    work: Callable[[_A], _B], items: Sequence[_A], halt: Halt = never, workers: int = 3
) -> list[_B]:
    """The work's results, in order, from at most `workers` threads.

    Raises `HaltedError` soon after a halt, and what the work raises.
    """
    pool = ThreadPoolExecutor(workers)
    futures = [pool.submit(work, item) for item in items]
    pool.shutdown(wait=False)  # no more to come; these are done all the same
    await_all(futures, halt)
    return [future.result() for future in futures]
