"""Raw system calls, for what Python's standard library does not offer."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from typing import TypeAlias

# An integer of a C type, a pointer to what it is about, or none.
Argument: TypeAlias = "ctypes._SimpleCData[int] | ctypes._CArgObject | None"
LIBC: ctypes.CDLL | None = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
MACHINE = os.uname().machine


def syscall(number: int, *arguments: Argument) -> int:
    """The result. Raises `OSError`, also where this is not Linux."""
    if LIBC is None:
        raise OSError(errno.ENOSYS, "not Linux")
    return _checked(LIBC.syscall(ctypes.c_long(number), *arguments))


def prctl(option: int, *values: Argument | int) -> int:
    """The result. Raises `OSError`, also where this is not Linux."""
    if LIBC is None:
        raise OSError(errno.ENOSYS, "not Linux")
    padded = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in values]
    padded += [ctypes.c_ulong(0)] * (4 - len(padded))
    return _checked(LIBC.prctl(option, *padded))


def unshare(flags: int) -> None:
    """Leave namespaces. Raises `OSError`, also where this is not Linux."""
    if LIBC is None:
        raise OSError(errno.ENOSYS, "not Linux")
    _checked(LIBC.unshare(flags))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
