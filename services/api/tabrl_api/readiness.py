"""Whether the parts answer, asked so that one that hangs holds nobody but its own probe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from tabrl.domain.errors import Unavailable
from tabrl.domain.jobs import JobKind
from tabrl_api.context import AppContext

ANSWER_S = 0.8  # a prober waits a second
_NAMES = {
    "database_unavailable": "database",
    "queue_unavailable": "queue",
    "blob_store_unavailable": "object store",
}


class Readiness:
    """Asks every part at once; of each at most one question is on its way, whoever probes."""

    def __init__(self, checks: Mapping[str, Callable[[], object]]) -> None:
        """`checks` by the code of the problem: each raises `Unavailable`, or takes its time."""
        self._checks = checks
        self._asked: dict[str, Future[object]] = {}
        self._threads = ThreadPoolExecutor(len(checks), thread_name_prefix="readiness")

    @classmethod
    def of(cls, context: AppContext) -> Readiness:
        """Of the gateway's parts."""
        return cls(
            {
                "database_unavailable": lambda: context.jobs.requests("readyz"),
                "queue_unavailable": lambda: context.queue.depth(JobKind.TRAIN),
                "blob_store_unavailable": lambda: context.blobs.exists("readyz"),
            }
        )

    async def raise_unless_ready(self) -> None:
        """Raises `Unavailable` for the first part that does not answer within a second."""
        pending = {code: asyncio.wrap_future(self._ask(code)) for code in self._checks}
        await asyncio.wait(pending.values(), timeout=ANSWER_S)
        for code, answer in pending.items():
            if not answer.done():
                raise Unavailable(
                    f"The {_NAMES.get(code, 'part')} did not answer within a second.", code=code
                )
            # Only now is it asked anew: an answer that came too late counts for the next probe,
            # or a part that takes a second and more would never be ready.
            self._asked.pop(code, None)
            answer.result()

    def close(self) -> None:
        """Ask no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, code: str) -> Future[object]:
        asked = self._asked.get(code)
        if asked is None:
            asked = self._asked[code] = self._threads.submit(self._checks[code])
        return asked
