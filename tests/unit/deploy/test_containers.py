"""The trial of the containers, with an engine made of scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.containers.__main__ import written
from deploy.containers.engine import Engine, EngineError
from deploy.containers.hostile import HOSTILE
from deploy.containers.trial import Report, TrialError, waited


def engine(tmp_path: Path, pid: int = 0) -> Engine:
    """Answers `ps` and `inspect`, repeats everything else, and fails on `fail`."""
    inspected = json.dumps([{"State": {"Pid": pid}}])
    script = tmp_path / "engine"
    script.write_text(
        "#!/bin/sh\n"
        'case "$2" in\n'
        "ps) echo tabrl_api_gpu_1; echo tabrl-api-1; echo other-api-1;;\n"
        f"inspect) echo '{inspected}';;\n"
        "fail) echo no >&2; exit 3;;\n"
        '*) echo "$@";;\nesac\n'
    )
    script.chmod(0o755)
    return Engine.found(script)


def test_a_stand_in_is_asked_as_docker_is(tmp_path: Path) -> None:
    made = engine(tmp_path)
    assert made.run("up", "--detach").strip() == "compose up --detach"
    assert made.container("api") == "tabrl-api-1"
    assert made.execute("api", "true").strip() == "podman exec tabrl-api-1 true"
    with pytest.raises(EngineError, match="trainer has no container"):
        made.container("trainer")
    with pytest.raises(EngineError, match=r"ended with 3:\nno"):
        made.run("fail")


def test_a_container_is_killed_from_outside(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as victim:
        assert engine(tmp_path, victim.pid).kill("api") == "its restart policy"
        assert victim.wait() == -9


def test_the_report_says_what_stood_in_and_what_failed(tmp_path: Path) -> None:
    report = Report(rows=[("ready", "after 9 s")], doctor="✓ all", failures=["kills: no\nmore"])
    text = written(report, engine(tmp_path))
    assert "| ready | after 9 s |" in text
    assert "stand-ins made of Debian packages" in text
    assert "- kills: no\n" in text
    assert "Official images" in written(report, Engine(("docker", "compose"), ("docker",)))


def test_waiting_ends() -> None:
    assert waited(lambda: True, 1.0) < 1.0
    with pytest.raises(TrialError):
        waited(lambda: False, 0.1)


@pytest.mark.parametrize("wish", HOSTILE)
def test_hostile_rewards_are_python(wish: str) -> None:
    compile(HOSTILE[wish], "reward", "exec")
