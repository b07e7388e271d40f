"""`tabrl doctor`, `backup` and `restore`: what an operator asks of this machine's installation.

The work is done by the gateway's package, which alone knows the stores; so the same commands run
in its container (`python -m tabrl_api.operator`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tabrl_local.operating.environment import RunningStack, environment_of

Data = Annotated[Path, typer.Option(envvar="TABRL_DATA", help="The data directory of `tabrl up`.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The backup's folder.")]
_IN_STATE = ("api", "inference", "exporter")  # which the settings name too


def register(app: typer.Typer) -> None:
    """Add the commands to `tabrl`."""
    for command in (doctor, backup, restore):
        app.command()(command)


def doctor(data: Data = Path("var")) -> None:
    """Say what is set, what answers and what is missing; exit code 0 only if all is well."""
    data = data.expanduser().absolute()
    stack = RunningStack.of(data)
    parts = [f"--part={name}={url}" for name, url in stack.ready.items() if name not in _IN_STATE]
    operate(("doctor", *parts), data, stack)


def backup(folder: Folder, data: Data = Path("var")) -> None:
    """Write database and store into a new folder, while everything runs."""
    _keep("backup", folder, data)


def restore(folder: Folder, data: Data = Path("var")) -> None:
    """Fill a new data directory, or an empty database and a store, from a backup."""
    _keep("restore", folder, data)


def _keep(command: str, folder: Path, data: Path) -> None:
    data = data.expanduser().absolute()
    operate((command, str(folder.expanduser().absolute())), data, RunningStack.of(data))


def operate(arguments: Sequence[str], data: Path, stack: RunningStack) -> None:
    """Run an operator's command of the gateway's package and end as it ends."""
    command = [sys.executable, "-m", "tabrl_api.operator", *arguments]
    ended = subprocess.run(command, env=environment_of(data, stack, os.environ), check=False)
    sys.exit(ended.returncode)
