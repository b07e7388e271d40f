"""The services as processes, started again when they end, as containers are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RESTART_S = 0.5
STOP_S = 30.0


@dataclass(frozen=True)
class Service:
    """How a process is started."""

    name: str
    arguments: Sequence[str]  # of Python
    environment: Mapping[str, str]


class Supervisor:
    """Keeps services running until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._services: dict[str, Service] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def start(self, service: Service) -> None:
        """Start a service and keep it running; in the place of one of the same name."""
        with self._lock:
            self.stop(service.name)
            self._services[service.name] = service
            self._spawn(service)

    def stop(self, name: str) -> None:
        """Ask a service to end, and wait until it has; it stays away."""
        with self._lock:
            self._services.pop(name, None)
            process = self._processes.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart(self, name: str) -> None:
        """As a rolling upgrade does."""
        with self._lock:
            service = self._services[name]
        self.stop(name)
        self.start(service)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal; who dies of it is started again."""
        with self._lock:
            self._processes[name].send_signal(number)

    def names(self) -> list[str]:
        """Who is kept running."""
        with self._lock:
            return list(self._services)

    def close(self) -> None:
        """End them all."""
        self._closed.set()
        self._thread.join()
        for process in self._processes.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def log(self, name: str) -> str:
        """What a service has logged."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def _spawn(self, service: Service) -> None:
        with (self._folder / f"{service.name}.log").open("ab") as log:
            self._processes[service.name] = subprocess.Popen(
                [sys.executable, *service.arguments],
                env={**_plain_environment(), **service.environment},
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )

    def _watch(self) -> None:
        ended: dict[str, float] = {}
        while not self._closed.wait(0.1):
            with self._lock:
                for name, service in self._services.items():
                    if self._processes[name].poll() is None:
                        continue
                    since = ended.setdefault(name, time.monotonic())
                    if time.monotonic() - since >= RESTART_S:
                        del ended[name]
                        self._spawn(service)


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TABRL_")}
