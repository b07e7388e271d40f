"""How much of the processor tests take."""

from __future__ import annotations

import os
from pathlib import Path

_NICE = 10  # a tenth of the usual share where all is taken


def step_back() -> None:
    """Take what others leave, and little more: for workers of which nobody waits for a single test.

    Linux shares the processor out among sessions before it looks at the priorities within one
    (sched(7), autogroup), so this process becomes a session of its own.
    """
    if os.getpid() != os.getpgrp():
        os.setsid()
        group = Path("/proc/self/autogroup")
        if group.exists():
            group.write_text(str(_NICE))
    os.nice(_NICE)
