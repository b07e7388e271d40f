"""The supervisor with small real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tabrl_local.supervisor import BACKOFF_LAST_S, ChildSpec, Supervisor, backoff
from tests.support.processes import ended


def python(name: str, code: str, *, nice: int = 0, order: int = 0, grace_s: float = 5) -> ChildSpec:
    return ChildSpec(
        name=name,
        command=(sys.executable, "-S", "-c", code),
        environment=dict(os.environ),
        ready=lambda: None,
        nice=nice,
        stop_order=order,
        grace_s=grace_s,
    )


def until(condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs")
    yield supervisor
    supervisor.stop()


def test_restarts_a_child_that_died_and_reports_its_code(supervisor: Supervisor) -> None:
    child = supervisor.start(python("short", "import time; print('here'); time.sleep(60)"))
    first = child.process.pid
    child.process.kill()
    exits: list[int] = []

    def restarted() -> bool:
        exits.extend(code for _, code in supervisor.watch())
        return child.process.pid != first and child.process.poll() is None

    until(restarted)
    assert exits == [-signal.SIGKILL]
    assert child.exits == 1


def test_output_goes_to_the_log_and_its_tail_is_readable(supervisor: Supervisor) -> None:
    child = supervisor.start(python("talker", "for i in range(30): print('line', i)"))
    child.process.wait()
    assert child.tail(2) == "line 28\nline 29"


def test_backoff_grows_and_is_bounded() -> None:
    waits = [backoff(n) for n in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] < waits[3] < BACKOFF_LAST_S
    assert waits[-1] == BACKOFF_LAST_S


def test_stop_takes_grandchildren_and_the_deaf_along(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    mark = tmp_path / "grandchild"
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "p = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(mark)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(60)\n"
    )
    child = supervisor.start(python("deaf", code, grace_s=0.3))
    until(lambda: mark.exists() and mark.read_text() != "")
    grandchild = psutil.Process(int(mark.read_text()))
    supervisor.stop()
    assert child.process.poll() == -signal.SIGKILL
    until(lambda: ended(grandchild))


def test_stops_in_order(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"

    def code(name: str) -> str:
        return (
            "import signal, sys, time\n"
            "def bye(*_):\n"
            f"    open({str(order)!r}, 'a').write({name!r} + ' ')\n"
            "    sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, bye)\n"
            "print('ready', flush=True)\n"
            "time.sleep(60)\n"
        )

    store = supervisor.start(python("store", code("store"), order=1))
    user = supervisor.start(python("user", code("user"), order=0))
    until(lambda: "ready" in store.tail() and "ready" in user.tail())
    supervisor.stop()
    assert order.read_text().split() == ["user", "store"]


def test_nice_is_applied(supervisor: Supervisor) -> None:
    own = os.nice(0)
    child = supervisor.start(python("nice", "import time; time.sleep(60)", nice=4))
    assert psutil.Process(child.process.pid).nice() == min(own + 4, 19)
    group = Path(f"/proc/{child.process.pid}/autogroup")
    if group.exists():  # else this kernel schedules by nice alone
        assert group.read_text().split()[-1] == "2"


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_children_die_when_the_launcher_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tabrl_local.supervisor import ChildSpec, Supervisor\n"
        "spec = ChildSpec('c', (sys.executable, '-c', 'import time; time.sleep(60)'), {},"
        " lambda: None)\n"
        f"child = Supervisor(Path({str(tmp_path)!r})).start(spec)\n"
        "print(child.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        child = psutil.Process(int(launcher.stdout.readline()))
        assert child.is_running()
        launcher.kill()
    until(lambda: ended(child))
