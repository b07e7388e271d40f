"""A PostgreSQL cluster on a socket of its own, run without privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tests.support.missing import missing

_OPTIONS = "-c listen_addresses='' -c max_connections=60"


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else missing("PostgreSQL", "postgresql")


class PostgresServer:
    """One cluster; `url(database)` names a database in it."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """Unless it is `durable`, it leaves it to the system when to write to disk."""
        self._options = _OPTIONS if durable else f"{_OPTIONS} -c fsync=off"
        self._binaries = _binaries()
        self._data = folder / "data"
        self._folder = folder
        self._user = _unprivileged_user()

    def start(self) -> None:
        """Create the cluster and start it."""
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self._run("initdb", "-D", str(self._data), "-U", "tabrl", "-A", "trust", "-E", "UTF8", "-N")
        self._control("start", "-w", "-o", f"{self._options} -k {self._folder}")

    def stop(self) -> None:
        """Stop at once."""
        self._control("stop", "-m", "immediate")

    def url(self, database: str, user: str = "tabrl") -> str:
        """SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://{user}@/{database}?host={self._folder}"

    def create(self, database: str) -> str:
        """Create an empty database; returns its URL."""
        self._run("createdb", "-h", str(self._folder), "-U", "tabrl", database)
        return self.url(database)

    def _control(self, action: str, *options: str) -> None:
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, action, *options)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            user=self._user,
            cwd="/",
        )


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return missing("an unprivileged user", "postgresql")
