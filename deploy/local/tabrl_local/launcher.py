"""`tabrl up`: start the stack, log what is going on, keep it alive, stop it without a trace."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from tabrl_local import stack as stacks
from tabrl_local.client import LOOPBACK
from tabrl_local.errors import CommandError
from tabrl_local.robots import own_looks, refusals, robots_without_meshes
from tabrl_local.stack import LaunchOptions, Stack
from tabrl_local.supervisor import Child, Supervisor
from tabrl_local.tokens.process import raise_unless_guarded

READY_LIMIT_S = 180.0  # without progress
START_ATTEMPTS = 3
TICK_S = 0.1
STATE_FILE = "launcher.json"


def up(options: LaunchOptions, console: Console) -> None:
    """Run the stack until SIGINT or SIGTERM. Raises CommandError if it cannot be started."""
    options = replace(options, data=options.data.expanduser().absolute())
    try:
        options.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"cannot use {options.data}: {error.strerror}") from error
    with _only_launcher(options.data), _stop_signals() as stop:
        if options.host not in LOOPBACK:
            raise_unless_guarded(stacks.storage(options, os.environ))
        provide_looks(stacks.BUILT_VISUALS, options.data / "visuals")
        run(stacks.build(options, os.environ), options, console, stop)


def run(
    stack: Stack,
    options: LaunchOptions,
    console: Console,
    stop: threading.Event,
    *,
    ready_limit_s: float = READY_LIMIT_S,
) -> None:
    """Start these processes and watch them until `stop` is set; none is left afterwards."""
    supervisor = Supervisor(options.data / "logs")
    state = options.data / STATE_FILE
    try:
        begin = time.monotonic()
        _Startup(supervisor, console, stop, ready_limit_s).start(stack)
        if stop.is_set():
            return
        console.print(
            f"[bold green]ready[/] in {time.monotonic() - begin:.1f} s  "
            f"[bold]{options.url}[/]   (logs: {supervisor.logs}, Ctrl-C stops)",
            soft_wrap=True,
        )
        for line in refusals():
            console.print(line, style="yellow", markup=False, soft_wrap=True)
        children = {name: c.process.pid for name, c in supervisor.children.items()}
        _write_state(state, stack, options, children)
        while not stop.wait(TICK_S):
            for child, code in supervisor.watch():
                _log_exit(console, child, code)
            now = {name: c.process.pid for name, c in supervisor.children.items()}
            if now != children:
                children = now
                _write_state(state, stack, options, children)
    finally:
        console.print("[dim]stopping …[/]")
        state.unlink(missing_ok=True)
        supervisor.stop()
        _remove_socket(stack.redis_socket, options.data)
        console.print("[dim]stopped[/]")


@dataclass
class _Startup:
    """Children on their way: waited for as long as anything moves.

    A reason not to be ready that no child has given before is progress, such as the next one of
    the graphs that the trainer compiles. The same reasons over and over are not.
    """

    supervisor: Supervisor
    console: Console
    stop: threading.Event
    limit_s: float  # without progress
    waiting: dict[str, str] = field(default_factory=dict)  # why, by child
    seen: set[tuple[str, str]] = field(default_factory=set)
    moved: float = field(default_factory=time.monotonic)

    def start(self, stack: Stack) -> None:
        """Start everything at once, Redis first, and wait until each part says it is ready."""
        with self.console.status("starting …") as status:
            for spec in stack.specs:
                self.supervisor.start(spec)
                self.waiting[spec.name] = "starting"
                if spec.name == "redis":
                    self._await(status)
                    if self.stop.is_set():
                        return
            self._await(status)

    def _await(self, status: Status) -> None:
        while self.waiting and not self.stop.is_set():
            for child, code in self.supervisor.watch():
                if child.quick_exits >= START_ATTEMPTS:
                    raise CommandError(
                        f"{child.spec.name} ended {child.quick_exits} times with code {code}; "
                        f"the end of {child.log}:\n{child.tail()}",
                        code="start_failed",
                    )
                _log_exit(self.console, child, code)
            for name in list(self.waiting):
                self._look_at(self.supervisor.children[name])
            reasons = "; ".join(f"{name}: {reason}" for name, reason in self.waiting.items())
            status.update(f"waiting for {escape(reasons)}")
            if self.waiting and time.monotonic() - self.moved > self.limit_s:
                raise CommandError(
                    f"not ready, and nothing moved for {self.limit_s:g} s: {reasons}",
                    hint=f"see the logs in {self.supervisor.logs}",
                    code="start_timeout",
                )
            self.stop.wait(TICK_S)

    def _look_at(self, child: Child) -> None:
        """Ask a child whether it is ready, unless it waits for its restart."""
        if child.restart_at is not None:
            return
        name, reason = child.spec.name, child.spec.ready()
        if reason is None:
            del self.waiting[name]
            self.moved = time.monotonic()
            self.console.print(
                f"  [green]✓[/] {name:<14} {time.monotonic() - child.started:5.1f} s",
                highlight=False,
            )
            return
        self.waiting[name] = reason
        if (name, reason) not in self.seen:
            self.seen.add((name, reason))
            self.moved = time.monotonic()


def _log_exit(console: Console, child: Child, code: int) -> None:
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    wait = max(0.0, (child.restart_at or 0.0) - time.monotonic())
    console.print(f"[yellow]{child.spec.name} {how}, starting it again in {wait:.1f} s[/]")


def _write_state(
    path: Path, stack: Stack, options: LaunchOptions, children: dict[str, int]
) -> None:
    """What others on this machine need to find the stack; nothing secret."""
    state = {
        "url": options.url,
        "pid": os.getpid(),
        "children": children,
        "redis_socket": None if stack.redis_socket is None else str(stack.redis_socket),
        "ready": {spec.name: spec.address for spec in stack.specs if spec.address},
    }
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(state))
    draft.replace(path)


def provide_looks(built: Path, wanted: Path) -> None:
    """Put the robots' meshes and pictures, which set-up or `tabrl robots add` made, where the api
    looks; those in robots' own folders come first."""
    sources = {file.name: file for kind in ("glb", "png") for file in built.glob(f"*.{kind}")}
    for name, source in (sources | own_looks()).items():
        target = wanted / name
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            wanted.mkdir(exist_ok=True)
            shutil.copy2(source, target)
    for robot_id in robots_without_meshes():
        (wanted / f"{robot_id}.glb").unlink(missing_ok=True)


def _remove_socket(sock: Path | None, data: Path) -> None:
    if sock is None:
        return
    sock.unlink(missing_ok=True)
    if sock.parent != data:
        with contextlib.suppress(OSError):
            sock.parent.rmdir()


@contextlib.contextmanager
def _only_launcher(data: Path) -> Iterator[None]:
    """Two launchers on one data directory would fight over its database and Redis."""
    with (data / "launcher.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                f"another `tabrl up` uses {data}",
                hint="stop it, or choose another directory with --data",
                code="data_in_use",
            ) from error
        yield


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """An event that SIGINT, SIGTERM and SIGHUP set."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
