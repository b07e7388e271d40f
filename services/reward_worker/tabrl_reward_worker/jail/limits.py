"""What a child gives up before it runs a stranger's code. Plain POSIX, no privileges needed.

A system-call filter belongs here too, as one more function called by `lock_down`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal

CPU_S = 10
ADDRESS_SPACE = 4 * 1024**3
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


def die_with_parent() -> None:
    """Be killed when the process that started this one ends (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def lock_down(keep: int) -> None:
    """Leave nothing to a reward but its own computation and the descriptor `keep`."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, 65_536)
    os.environ.clear()
    os.umask(0o077)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    _limit(resource.RLIMIT_CPU, CPU_S)
    _limit(resource.RLIMIT_AS, ADDRESS_SPACE)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (bounded, bounded))


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # not Linux: the other limits remain
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
