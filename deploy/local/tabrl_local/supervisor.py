"""Starting processes, keeping them alive, and stopping every one of them.

Each child leads its own process group: a Ctrl-C in the terminal reaches the launcher alone, which
then stops the children in order, and stopping a child takes its own children along. Should the
launcher itself be killed, the kernel kills the children (`PR_SET_PDEATHSIG`).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
BACKOFF_FIRST_S = 0.5
BACKOFF_LAST_S = 15.0
STEADY_S = 30.0
LOG_LIMIT_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class ChildSpec:
    """One process: what to run, with which environment, and how it says that it is ready.

    `ready` returns None when the child serves, otherwise the reason why not yet. Children of a
    higher `stop_order` are stopped later. `address` is where it says so over HTTP, if it does.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready: Callable[[], str | None]
    nice: int = 0
    stop_order: int = 0
    grace_s: float = 8.0
    address: str = ""


@dataclass
class Child:
    """A running child and the history of its restarts."""

    spec: ChildSpec
    log: Path
    process: subprocess.Popen[bytes]
    started: float
    exits: int = 0
    quick_exits: int = 0
    restart_at: float | None = None
    last_code: int | None = None

    def tail(self, lines: int = 12) -> str:
        """The end of the child's log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


@dataclass
class Supervisor:
    """Watches a set of children; all methods must be called from one and the same thread.

    (The kernel ties a child's death signal to the thread that started it.)
    """

    logs: Path
    children: dict[str, Child] = field(default_factory=dict)

    def start(self, spec: ChildSpec) -> Child:
        """Start a child; its output goes to `{logs}/{name}.log`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{spec.name}.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        child = Child(spec, log, _spawn(spec, log), time.monotonic())
        self.children[spec.name] = child
        return child

    def watch(self) -> list[tuple[Child, int]]:
        """Restart what has died and waited long enough; returns new exits with their codes."""
        exits: list[tuple[Child, int]] = []
        now = time.monotonic()
        for child in self.children.values():
            if child.restart_at is not None:
                if now >= child.restart_at:
                    child.process = _spawn(child.spec, child.log)
                    child.started, child.restart_at = now, None
                continue
            code = child.process.poll()
            if code is None:
                if child.quick_exits and now - child.started > STEADY_S:
                    child.quick_exits = 0
                continue
            _kill_group(child.process.pid)
            child.exits += 1
            child.quick_exits += 1
            child.last_code = code
            child.restart_at = now + backoff(child.quick_exits)
            exits.append((child, code))
        return exits

    def stop(self) -> None:
        """Stop all children: SIGTERM, a grace period, SIGKILL; returns when none is left."""
        for order in sorted({child.spec.stop_order for child in self.children.values()}):
            group = [c for c in self.children.values() if c.spec.stop_order == order]
            for child in group:
                child.restart_at = None
                if child.process.poll() is None:
                    child.process.send_signal(signal.SIGTERM)
            begin = time.monotonic()
            for child in group:
                left = max(0.0, begin + child.spec.grace_s - time.monotonic())
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(left)
                _kill_group(child.process.pid)
                child.process.wait()
        self.children.clear()


def backoff(quick_exits: int) -> float:
    """Seconds to wait before the restart after so many exits in a row."""
    return float(min(BACKOFF_FIRST_S * 2 ** max(quick_exits - 1, 0), BACKOFF_LAST_S))


def die_with_parent(sign: int = signal.SIGKILL, nice: int = 0) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends `sign` to the child when the starting thread ends."""
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
            if os.getppid() != parent:  # it died before the call above
                os._exit(1)
        if nice:
            os.nice(nice)
            _lower_session(nice // 2)

    return prepare


def _lower_session(nice: int) -> None:
    """Lower a session's share of the CPU: each child has one of its own.

    With Linux's autogroup scheduling (sched(7)) `nice` counts within a session only. Half of it is
    enough to keep the servers smooth, and by the scheduler's weights a training beside a
    browser that renders on the CPU still gets a quarter of it instead of a tenth.
    """
    with contextlib.suppress(OSError):  # a kernel without autogroups goes by nice alone
        Path("/proc/self/autogroup").write_text(str(nice))


def _spawn(spec: ChildSpec, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab", buffering=0) as sink:
        return subprocess.Popen(
            spec.command,
            env=dict(spec.environment),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(nice=spec.nice),
        )


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
