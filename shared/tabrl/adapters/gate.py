"""A gate before a part that hangs: nobody waits for what somebody has waited for in vain.

A question to a part that does not answer takes seconds, and so would each of the hundred after it.
From the first failure on all others are refused, until a thread that asks by itself has an answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tabrl.adapters.logs import logger

ASK_EVERY_S = 0.25
DOUBT_S = 0.3  # what is back within that was never gone, and nobody is refused for it


class Gate:
    """Open, until somebody doubts and the part does not answer within a moment."""

    def __init__(self, part: str, answers: Callable[[], bool]) -> None:
        """`part` is its name in the log; `answers` asks it, and may take its time."""
        self._part, self._answers = part, answers
        self._lock = threading.Lock()
        self._doubted_at: float | None = None

    @property
    def closed(self) -> bool:
        """Whether to refuse."""
        since = self._doubted_at
        return since is not None and time.monotonic() - since > DOUBT_S

    def doubt(self) -> None:
        """Somebody had no answer: find out whether there is one."""
        with self._lock:
            if self._doubted_at is not None:
                return
            self._doubted_at = time.monotonic()
        threading.Thread(target=self._ask, name=f"gate-{self._part}", daemon=True).start()

    def _ask(self) -> None:
        refused = False
        while not self._answers():
            if not refused:
                logger.warning("%s does not answer: who asks is refused until it does", self._part)
            refused = True
            time.sleep(ASK_EVERY_S)
        self._doubted_at = None
        if refused:
            logger.info("%s answers again", self._part)
