"""Landlock: the kernel's own rule that this process may touch no file and no TCP port at all."""

from __future__ import annotations

import ctypes
import os

from tabrl_reward_worker.sandbox.system import prctl, syscall

# The same numbers on every machine (added after they were unified).
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_ASK_VERSION = 1
_PR_SET_NO_NEW_PRIVS = 38
# Rights that each version of the interface knows; what it does not know must not be asked for.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP_RIGHTS = 0b11  # bind, connect: from version 4
_SCOPES = 0b11  # abstract Unix sockets, signals to processes outside: from version 6


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


def version() -> int:
    """The kernel's version of Landlock. Raises `OSError` if it has none."""
    return syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))


def deny_all() -> None:
    """Give up every right that Landlock governs, for good. Raises `OSError` without Landlock."""
    known = version()
    rules = _Ruleset(
        (1 << _FILE_RIGHTS.get(known, 16)) - 1,
        _TCP_RIGHTS if known >= 4 else 0,
        _SCOPES if known >= 6 else 0,
    )
    size = 8 if known < 4 else 16 if known < 6 else 24
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    ruleset = syscall(
        _CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    try:
        syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
