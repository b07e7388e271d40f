"""What a child gives up before it runs a stranger's code, and how it is done.

Two steps, because the child starts JAX's CPU backend in between: `drop_privileges` while there is
one thread, and `lockdown`, after which there is no way to ask the kernel for anything but memory
and time.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from tabrl_reward_worker.sandbox import landlock, seccomp
from tabrl_reward_worker.sandbox.system import prctl, syscall, unshare

CPU_S = 10
ADDRESS_SPACE = 4 * 1024**3
THREADS = 256
# Ids that Debian's policy keeps free. Children that run at once have different ones.
_FIRST_ID, _IDS = 65_000, 500
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION = 0x20080522
_NEW_USER, _NEW_NET, _NEW_IPC, _NEW_UTS = 0x10000000, 0x40000000, 0x08000000, 0x04000000


class SandboxOptions(BaseModel):
    """Which of the sandbox's layers are on: all, but for tests that show what each is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limits: bool = True
    identity: bool = True
    landlock: bool = True
    seccomp: bool = True


def die_with_parent() -> None:
    """Be killed when the process that started this one ends (Linux)."""
    with contextlib.suppress(OSError):
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def leave_namespaces() -> bool:
    """Leave the network and what else processes share, where that is allowed; whether it was.

    For the zygote, once: its children inherit it. A user namespace of one's own is what an ordinary
    user needs for it, and many containers do not allow that.
    """
    flags = _NEW_NET | _NEW_IPC | _NEW_UTS
    try:
        unshare(flags if os.geteuid() == 0 else flags | _NEW_USER)
    except OSError:
        return False
    return True


def drop_privileges(keep: int, options: SandboxOptions) -> None:
    """Leave nothing but computation and the descriptor `keep`. Call it with a single thread."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, 65_536)
    os.environ.clear()
    os.umask(0o077)
    with contextlib.suppress(OSError):
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if options.limits:
        _limit(resource.RLIMIT_CPU, CPU_S, grace=1)  # SIGXCPU says why, SIGKILL would not
        _limit(resource.RLIMIT_AS, ADDRESS_SPACE)
        _limit(resource.RLIMIT_FSIZE, 0)
        _limit(resource.RLIMIT_CORE, 0)
    if options.landlock:
        with contextlib.suppress(OSError):
            landlock.deny_all()
    if options.identity:
        _become_nobody()
    with contextlib.suppress(OSError):
        prctl(_PR_SET_DUMPABLE, 0)
    die_with_parent()  # forgotten by the kernel when the identity changed


def lockdown(options: SandboxOptions, executable: bool = False) -> bool:
    """The last step: no descriptor, no process, and a filter for system calls; whether there is
    one. `executable`: memory may be made executable."""
    if options.limits:
        _limit(resource.RLIMIT_NOFILE, 0)
        if os.getuid() >= _FIRST_ID:  # else it would count what else this user runs
            _limit(resource.RLIMIT_NPROC, THREADS)
    if not options.seccomp:
        return True
    try:
        seccomp.install(executable)
    except OSError:
        return False
    return True


def seccomp_works() -> bool:
    """Whether a child can filter its system calls here."""

    def attempt() -> None:
        seccomp.install()
        os.open("/", os.O_RDONLY)

    return _is_refused(attempt)


def landlock_works() -> bool:
    """Whether a child can give up the files here."""

    def attempt() -> None:
        landlock.deny_all()
        os.listdir("/")

    return _is_refused(attempt)


def identity_works() -> bool:
    """Whether a child can become somebody else here."""

    def attempt() -> None:
        _become_nobody()
        if os.getuid() >= _FIRST_ID:
            raise PermissionError

    return os.geteuid() == 0 and _is_refused(attempt)


def _is_refused(attempt: Callable[[], None]) -> bool:
    """Whether an attempt ends with "not permitted", in a child of its own."""
    pid = os.fork()
    if pid == 0:
        refused = 1
        try:
            attempt()
        except PermissionError as error:
            refused = 0 if error.errno in (None, errno.EPERM, errno.EACCES) else 1
        finally:
            os._exit(refused)
    return os.waitpid(pid, 0)[1] == 0


def _become_nobody() -> None:
    """An id of one's own where this runs as root, and no capability in any case."""
    if os.geteuid() == 0:
        child_id = _FIRST_ID + os.getpid() % _IDS
        with contextlib.suppress(OSError):  # not mapped in this user namespace
            os.setgroups([])
            os.setresgid(child_id, child_id, child_id)
            os.setresuid(child_id, child_id, child_id)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    number = _CAPSET.get(os.uname().machine)
    with contextlib.suppress(OSError):
        if number is None:
            raise OSError(errno.ENOSYS, "unknown machine")
        syscall(number, ctypes.byref(header), ctypes.byref(nothing))


def _limit(which: int, value: int, grace: int = 0) -> None:
    """Set a limit as low as `value`, or lower where it already is; `grace` is added to the hard
    one."""
    _, hard = resource.getrlimit(which)
    highest = value + grace
    if hard != resource.RLIM_INFINITY:
        highest = min(highest, hard)
    resource.setrlimit(which, (min(value, highest), highest))
