"""The filter for system calls: what a child may still ask of the kernel is on this list.

Written out by hand as classic BPF, because the filter is twenty lines while the bindings of
libseccomp need a shared library that not every machine has (see docs/adr). Numbers are those of
`asm/unistd_64.h` and `asm-generic/unistd.h`.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from dataclasses import dataclass

from tabrl_reward_worker.sandbox.system import MACHINE, prctl, syscall

_KILL = 0x80000000  # the whole process, with SIGSYS
_ALLOW = 0x7FFF0000
_DENY = 0x00050000 | errno.EPERM
_ABSENT = 0x00050000 | errno.ENOSYS
_SET_MODE_FILTER = 1
_ON_ALL_THREADS = 1  # SECCOMP_FILTER_FLAG_TSYNC
_PR_SET_NO_NEW_PRIVS = 38
_PROT_EXEC = 4
_CLONE_THREAD = 0x10000

# name: (x86_64, aarch64); None where the machine has no such call
_Numbers = dict[str, tuple[int | None, int | None]]
_ALLOWED: _Numbers = {
    # computing: memory, threads that exist, time, its own descriptor
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "times": (100, 153),
    "sigaltstack": (131, 132),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_getaffinity": (204, 123),
    "membarrier": (324, 283),
    "getcpu": (309, 168),
    "gettid": (186, 178),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "set_tid_address": (218, 96),
    "set_robust_list": (273, 99),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
    "rseq": (334, 293),
}
# Harmless to ask and answered with "not permitted": Python and XLA ask, and go on without.
_DENIED: _Numbers = {
    "open": (2, None),
    "stat": (4, None),
    "lstat": (6, None),
    "poll": (7, None),
    "ioctl": (16, 29),
    "access": (21, None),
    "fcntl": (72, 25),
    "prctl": (157, 167),
    "getcwd": (79, 17),
    "chdir": (80, 49),
    "rename": (82, None),
    "mkdir": (83, None),
    "creat": (85, None),
    "unlink": (87, None),
    "readlink": (89, None),
    "chmod": (90, None),
    "sysinfo": (99, 179),
    "sched_setaffinity": (203, 122),
    "getdents64": (217, 61),
    "openat": (257, 56),
    "mkdirat": (258, 34),
    "newfstatat": (262, 79),
    "unlinkat": (263, 35),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "prlimit64": (302, 261),
    "renameat2": (316, 276),
    "statx": (332, 291),
    "faccessat2": (439, 439),
}
# Answered with "no such call": the C library then takes the older call, whose flags can be read.
_MISSING: _Numbers = {"openat2": (437, 437), "clone3": (435, 435)}
# Memory may be mapped and protected, but is made executable by nobody but the compiler.
_MEMORY: _Numbers = {"mmap": (9, 222), "mprotect": (10, 226)}
# MLIR starts threads as it goes; a process cannot be started this way.
_THREADS_ONLY: _Numbers = {"clone": (56, 220)}
# Everything else (exec, fork, sockets, kill, ptrace, mount, bpf, …) kills the process.


@dataclass(frozen=True)
class _Machine:
    column: int
    audit: int  # AUDIT_ARCH_…
    seccomp: int  # number of seccomp(2)
    last: int  # numbers from here on are another calling convention


_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E, 317, 0x40000000),
    "aarch64": _Machine(1, 0xC00000B7, 277, 0x40000000),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install(executable: bool = False) -> None:
    """Filter this process for good, all its threads. Raises `OSError` where that cannot be had.

    `executable`: memory may be made executable, as a compiler needs it.
    """
    machine = _MACHINES.get(MACHINE)
    if machine is None:
        raise OSError(errno.ENOSYS, "no filter is written for this machine")
    code = program(machine.column, machine.audit, machine.last, executable)
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    described = _Program(len(code) // 8, code)
    syscall(
        machine.seccomp,
        ctypes.c_uint(_SET_MODE_FILTER),
        ctypes.c_uint(_ON_ALL_THREADS),
        ctypes.byref(described),
    )


def program(column: int, audit: int, last: int, executable: bool) -> bytes:
    """The filter as classic BPF over `struct seccomp_data` (number at 0, machine at 4, arguments
    from 16)."""
    code = [
        _load(4),
        _equal(audit, 1, 0),
        _answer(_KILL),
        _load(0),
        _at_least(last, 0, 1),
        _answer(_KILL),
    ]
    for number in _numbers(_MEMORY, column):
        # the third argument's lower half; the upper half has no meaning to the kernel
        code += [_equal(number, 0, 4), _load(32), _any_bit(_PROT_EXEC, 0, 1)]
        code += [_answer(_ALLOW if executable else _DENY), _answer(_ALLOW)]
    for number in _numbers(_THREADS_ONLY, column):
        code += [_equal(number, 0, 4), _load(16), _any_bit(_CLONE_THREAD, 0, 1)]
        code += [_answer(_ALLOW), _answer(_KILL)]
    for numbers, answer in ((_ALLOWED, _ALLOW), (_DENIED, _DENY), (_MISSING, _ABSENT)):
        for number in _numbers(numbers, column):
            code += [_equal(number, 0, 1), _answer(answer)]
    code.append(_answer(_KILL))
    return b"".join(code)


def _numbers(table: _Numbers, column: int) -> list[int]:
    found = (entry[column] for entry in table.values())
    return [number for number in found if number is not None]


def _instruction(code: int, yes: int, no: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _load(offset: int) -> bytes:
    return _instruction(0x20, 0, 0, offset)  # BPF_LD | BPF_W | BPF_ABS


def _equal(value: int, yes: int, no: int) -> bytes:
    return _instruction(0x15, yes, no, value)  # BPF_JMP | BPF_JEQ | BPF_K


def _at_least(value: int, yes: int, no: int) -> bytes:
    return _instruction(0x35, yes, no, value)  # BPF_JMP | BPF_JGE | BPF_K


def _any_bit(value: int, yes: int, no: int) -> bytes:
    return _instruction(0x45, yes, no, value)  # BPF_JMP | BPF_JSET | BPF_K


def _answer(value: int) -> bytes:
    return _instruction(0x06, 0, 0, value)  # BPF_RET | BPF_K
