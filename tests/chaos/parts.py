"""What the services stand on: Redis, a database and a store, all of them real and on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3  # type: ignore[import-untyped]
import redis

from tests.chaos.proxy import Proxy
from tests.support.servers.postgres import PostgresServer
from tests.support.servers.redis import RedisServer

DISK_MB = 60
_BUCKET = "chaos"
_KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


@dataclass(frozen=True)
class Parts:
    """The parts of one system, and the environment in which services find them."""

    folder: Path
    redis: RedisServer
    database_url: str
    blob_url: str
    environment: dict[str, str] = field(default_factory=dict)
    postgres: PostgresServer | None = None
    store_port: int | None = None  # of the S3 server behind `store`
    store: Proxy | None = None
    disk: Path | None = None  # a small file system of its own that holds database and store

    def redis_client(self) -> redis.Redis:
        """A connection to Redis."""
        return redis.Redis(unix_socket_path=str(self.redis.socket))

    def behind(self, proxy: Proxy) -> dict[str, str]:
        """The environment of a service that reaches the store through another proxy."""
        return {**self.environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def embedded_parts() -> Iterator[Parts]:
    """SQLite and a folder, as on a machine of one's own."""
    with _folder() as folder, ExitStack() as stack:
        disk = _small_disk(folder, stack)
        data = disk or folder / "data"
        data.mkdir(exist_ok=True)
        yield Parts(
            folder=folder,
            redis=_redis(folder, stack),
            database_url=f"sqlite:///{data}/tabrl.db",
            blob_url=f"file://{data}/objects",
            disk=disk,
        )


@contextmanager
def shared_parts() -> Iterator[Parts]:
    """PostgreSQL and S3, the latter behind a proxy, as for a team."""
    with _folder() as folder, ExitStack() as stack:
        home = folder / "postgres"
        home.mkdir()
        postgres = PostgresServer(home)
        postgres.start()
        stack.callback(postgres.stop)
        port = _s3(folder, stack)
        store = Proxy(port)
        stack.callback(store.close)
        yield Parts(
            folder=folder,
            redis=_redis(folder, stack),
            database_url=postgres.create("chaos"),
            blob_url=f"s3://{_BUCKET}",
            environment={**_KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store.port}"},
            postgres=postgres,
            store_port=port,
            store=store,
        )


@contextmanager
def _folder() -> Iterator[Path]:
    # A socket's path may have 107 characters; PostgreSQL's user has to get into it.
    with tempfile.TemporaryDirectory(prefix="tabrl-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _redis(folder: Path, stack: ExitStack) -> RedisServer:
    home = folder / "redis"
    home.mkdir()
    server = RedisServer(home)
    server.start()
    stack.callback(server.stop)
    return server


def _s3(folder: Path, stack: ExitStack) -> int:
    port = free_port()
    log = stack.enter_context((folder / "s3.log").open("wb"))
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=log, stderr=log,
    )  # fmt: skip
    stack.callback(server.wait)
    stack.callback(server.kill)
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name=_KEYS["AWS_REGION"],
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    for _ in range(200):
        try:
            client.create_bucket(Bucket=_BUCKET)
        except Exception:
            time.sleep(0.1)
        else:
            return port
    raise RuntimeError("the S3 server did not start")


def _small_disk(folder: Path, stack: ExitStack) -> Path | None:
    """A file system of `DISK_MB`; None for whoever may not mount one."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", str(disk)], capture_output=True
    )
    if mounted.returncode != 0:
        return None
    stack.callback(subprocess.run, ["umount", "-l", str(disk)])
    return disk
