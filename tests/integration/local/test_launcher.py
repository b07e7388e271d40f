"""The launcher with a real Redis and small services."""

from __future__ import annotations

import fcntl
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest
import redis
from rich.console import Console

from tabrl_local import redis_server
from tabrl_local.errors import CommandError
from tabrl_local.launcher import READY_LIMIT_S, STATE_FILE, run
from tabrl_local.ports import pick_free
from tabrl_local.stack import LaunchOptions, Stack, http_ready
from tabrl_local.supervisor import ChildSpec

SERVICE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


def service(port: int) -> ChildSpec:
    ready = partial(http_ready, f"http://127.0.0.1:{port}/readyz")
    command = (sys.executable, "-S", "-c", SERVICE, str(port))
    return ChildSpec("service", command, dict(os.environ), ready)


def redis_spec(data: Path) -> tuple[ChildSpec, Path]:
    sock = redis_server.socket_path(data)
    command = redis_server.command(redis_server.find_server(), sock, data / "redis")
    ready = partial(redis_server.answers, sock)
    return ChildSpec("redis", command, dict(os.environ), ready, stop_order=1), sock


def until(condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@contextmanager
def running(
    stack: Stack, options: LaunchOptions, ready_limit_s: float = READY_LIMIT_S
) -> Iterator[Callable[[], dict[str, int]]]:
    """The launcher in a thread; yields what asks for its children by name, once it is ready."""
    stop, output = threading.Event(), io.StringIO()
    console = Console(file=output)
    launch = partial(run, stack, options, console, stop, ready_limit_s=ready_limit_s)
    thread = threading.Thread(target=launch)
    thread.start()
    state = options.data / STATE_FILE

    def children() -> dict[str, int]:
        found: dict[str, int] = json.loads(state.read_text())["children"]
        return found

    try:
        until(lambda: state.exists() or not thread.is_alive())
        assert thread.is_alive(), output.getvalue()
        yield children
    finally:
        stop.set()
        thread.join()


def test_starts_restarts_and_leaves_nothing(tmp_path: Path) -> None:
    options = LaunchOptions(port=pick_free("127.0.0.1", 21_000, set()), data=tmp_path)
    redis_child, sock = redis_spec(tmp_path)
    with running(Stack((redis_child, service(options.port)), sock), options) as children:
        first = children()
        started = [psutil.Process(pid) for pid in first.values()]
        client = redis.Redis(unix_socket_path=str(sock))
        client.set("kept", "yes")
        os.kill(first["redis"], 9)
        until(lambda: children()["redis"] != first["redis"])
        until(lambda: redis_server.answers(sock) is None)
        assert client.get("kept") == b"yes", "a write survives the death of Redis"
        assert children()["service"] == first["service"]
        client.close()
        started += [psutil.Process(pid) for pid in children().values()]
    assert not any(process.is_running() for process in started)
    assert not sock.exists()
    assert not (tmp_path / STATE_FILE).exists()


def test_redis_cannot_be_reached_over_the_network(tmp_path: Path) -> None:
    options = LaunchOptions(port=pick_free("127.0.0.1", 21_100, set()), data=tmp_path)
    redis_child, sock = redis_spec(tmp_path)
    with running(Stack((redis_child,), sock), options) as children:
        process = psutil.Process(children()["redis"])
        assert process.net_connections(kind="inet") == []
        assert sock.stat().st_mode & 0o077 == 0, "the socket is its owner's alone"


def test_a_service_that_cannot_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = ChildSpec(
        "broken",
        (sys.executable, "-S", "-c", "raise SystemExit('no such table')"),
        dict(os.environ),
        lambda: "not yet",
    )
    options, console = LaunchOptions(data=tmp_path), Console(file=io.StringIO())
    with pytest.raises(CommandError) as error:
        run(Stack((broken,), None), options, console, threading.Event())
    assert error.value.code == "start_failed"
    assert "broken ended 3 times with code 1" in error.value.message
    assert "no such table" in error.value.message


def test_a_service_that_never_gets_ready_is_named(tmp_path: Path) -> None:
    slow = ChildSpec(
        "slow",
        (sys.executable, "-S", "-c", "import time; time.sleep(60)"),
        dict(os.environ),
        lambda: "still loading",
    )
    options, console = LaunchOptions(data=tmp_path), Console(file=io.StringIO())
    with pytest.raises(CommandError, match="slow: still loading"):
        run(Stack((slow,), None), options, console, threading.Event(), ready_limit_s=0.5)


def test_a_service_that_gets_on_is_waited_for_beyond_the_limit(tmp_path: Path) -> None:
    """Six parts of 0.3 s with a limit of 1 s; one that has got stuck is given up."""
    parts, part_s = 6, 0.3

    def slow(last: str | None) -> Stack:
        began = time.monotonic()

        def ready() -> str | None:
            done = int((time.monotonic() - began) / part_s)
            return f"starting: compiling {done + 1} of {parts}" if done < parts else last

        command = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
        return Stack((ChildSpec("slow", command, dict(os.environ), ready),), None)

    options = LaunchOptions(data=tmp_path)
    with running(slow(None), options, ready_limit_s=1.0) as children:
        assert set(children()) == {"slow"}
    console, stop, last = Console(file=io.StringIO()), threading.Event(), "starting: stuck"
    with pytest.raises(CommandError, match="nothing moved for 1 s: slow: starting: stuck"):
        run(slow(last), options, console, stop, ready_limit_s=1.0)


def up(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tabrl_local", "up", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_busy_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = up("--port", str(port), "--data", str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: port {port} on 127.0.0.1 is in use")
    assert ended.stderr.count("\n") == 1


def test_a_data_directory_in_use_is_one_line(tmp_path: Path) -> None:
    with (tmp_path / "launcher.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = up("--data", str(tmp_path))
    assert ended.returncode == 1
    assert "another `tabrl up` uses" in ended.stderr
    assert ended.stderr.count("\n") == 1
