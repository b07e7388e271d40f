"""Docker Compose, or a stand-in for it that takes `compose ARGS` and `podman ARGS`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = "tabrl"
_STANDIN_POSTGRES = "localhost/tabrl-postgres:15"


class EngineError(Exception):
    """A command of the engine failed; the message holds the end of what it said."""


@dataclass(frozen=True)
class Engine:
    """How containers are run on this machine."""

    compose: tuple[str, ...]
    single: tuple[str, ...]  # for one container: kill, exec, inspect
    environment: Mapping[str, str] = field(default_factory=dict)
    name: str = "docker"

    @classmethod
    def found(cls, standin: Path | None) -> Engine:
        """The stand-in if one is named, else Docker. Raises `EngineError` without either."""
        if standin is not None:
            tool = str(standin.absolute())
            return cls(
                (tool, "compose"), (tool, "podman"), {"POSTGRES_IMAGE": _STANDIN_POSTGRES},
                standin.name,
            )  # fmt: skip
        docker = shutil.which("docker")
        if docker is None:
            raise EngineError("there is no docker; name a stand-in with --standin")
        return cls((docker, "compose"), (docker,))

    def prepare(self, root: Path) -> None:
        """Base images of a stand-in, and its PostgreSQL; nothing to do for Docker."""
        if self.name == "docker":
            return
        tool = self.compose[0]
        self._run((tool, "bases"), timeout_s=1800)
        folder = root / "deploy" / "containers" / "postgres"
        self._run((tool, "image", _STANDIN_POSTGRES, str(folder)), timeout_s=600)

    def run(self, *arguments: str, timeout_s: float = 3600.0) -> str:
        """A compose command; returns its output."""
        return self._run((*self.compose, *arguments), timeout_s)

    def container(self, service: str) -> str:
        """The name of a service's first container. Raises `EngineError` if there is none."""
        names = self._run((*self.single, "ps", "--all", "--format", "{{.Names}}"), 60).split()
        pattern = re.compile(rf"{PROJECT}[-_]{service}[-_]\d+")
        for name in sorted(names):
            if pattern.fullmatch(name):
                return name
        raise EngineError(f"{service} has no container")

    def execute(self, service: str, *command: str, timeout_s: float = 120.0) -> str:
        """A command inside a service's container; returns its output, whatever its exit code."""
        argv = (*self.single, "exec", self.container(service), *command)
        return self._run(argv, timeout_s, check=False)

    def kill(self, service: str) -> str:
        """SIGKILL the first process of a container from outside, as a crash would.

        Returns what brings it back: its restart policy, or, where this user may not signal the
        process (Docker Desktop), a start by hand.
        """
        name = self.container(service)
        pid = int(json.loads(self._run((*self.single, "inspect", name), 60))[0]["State"]["Pid"])
        try:
            os.kill(pid, signal.SIGKILL)
        except (PermissionError, ProcessLookupError):
            self._run((*self.single, "kill", name), 60)
            self._run((*self.single, "start", name), 60)
            return "started by hand"
        return "its restart policy"

    def _run(self, argv: Sequence[str], timeout_s: float, *, check: bool = True) -> str:
        environment = {**os.environ, **self.environment}
        try:
            ended = subprocess.run(
                argv, env=environment, capture_output=True, text=True, timeout=timeout_s,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"{' '.join(argv)}: not done within {timeout_s:g} s") from error
        if check and ended.returncode:
            said = (ended.stderr or ended.stdout).strip().splitlines()[-15:]
            raise EngineError(
                f"{' '.join(argv)} ended with {ended.returncode}:\n" + "\n".join(said)
            )
        return ended.stdout + ("" if check else ended.stderr)
