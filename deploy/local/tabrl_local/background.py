"""A stack of one's own in the background, for `make demo` and `make bench`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tabrl_local.errors import CommandError
from tabrl_local.launcher import STATE_FILE
from tabrl_local.ports import pick_free
from tabrl_local.supervisor import die_with_parent

STOP_LIMIT_S = 40.0


@dataclass(frozen=True)
class RunningStack:
    """Where the stack answers, and its processes by name."""

    url: str
    data: Path
    children: dict[str, int]


@contextlib.contextmanager
def background_stack(data: Path, port: int) -> Iterator[RunningStack]:
    """Run `tabrl up` while the block runs, on `port` or the next free one.

    Raises CommandError if it does not start, or if a process is left when it has stopped.
    """
    data = data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    port = pick_free("127.0.0.1", port, set())
    state = data / STATE_FILE
    command = (sys.executable, "-m", "tabrl_local", "up", "--port", str(port), "--data", str(data))
    launcher = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in order
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    children: set[int] = set()
    try:
        yield _ready(launcher, state, data)
    finally:
        with contextlib.suppress(OSError, ValueError):
            children = set(json.loads(state.read_text())["children"].values())
        _stop(launcher)
    left = [pid for pid in children if _alive(pid)]
    if left:
        raise CommandError(f"processes are left: {left}", code="processes_left")


def _ready(launcher: subprocess.Popen[bytes], state: Path, data: Path) -> RunningStack:
    while True:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(state.read_text())
            if found["pid"] == launcher.pid:
                return RunningStack(found["url"], data, found["children"])
        if launcher.poll() is not None:
            raise CommandError("the services did not start", hint=f"logs: {data / 'logs'}")
        time.sleep(0.1)


def _stop(launcher: subprocess.Popen[bytes]) -> None:
    if launcher.poll() is None:
        launcher.send_signal(signal.SIGTERM)
    try:
        launcher.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        launcher.kill()
        launcher.wait()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    return True


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block like Ctrl-C does, so that everything is cleaned up."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
