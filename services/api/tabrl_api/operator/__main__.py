"""`python -m tabrl_api.operator`: the doctor, backups and restores, beside the running services."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tabrl.adapters.secret_files import read_secret_files
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.migrate import roll_back, upgrade
from tabrl.domain.errors import TabrlError
from tabrl_api.operator.backup import Manifest, backup, restore
from tabrl_api.operator.doctor import diagnose
from tabrl_api.operator.findings import Level, screen


def main() -> int:
    """Run one of them; the exit code says whether all is well."""
    parser = argparse.ArgumentParser(prog="tabrl_api.operator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    doctor = commands.add_parser("doctor", help="what is set, what answers, what is missing")
    doctor.add_argument(
        "--part", action="append", default=[], metavar="NAME=URL", help="a further /readyz"
    )
    for name, text in (
        ("backup", "write database and store into a new folder, while everything runs"),
        ("restore", "fill an empty database and a store from a backup"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("folder", type=Path)
    commands.add_parser("migrate", help="bring the database up to date, as the api does")
    commands.add_parser("roll-back", help="make the database ready for the version before this one")
    arguments = parser.parse_args()
    read_secret_files(os.environ)
    try:
        if arguments.command == "doctor":
            return _doctor(arguments.part)
        if arguments.command in ("migrate", "roll-back"):
            change = upgrade if arguments.command == "migrate" else roll_back
            change(make_engine(Settings().database))
            return 0
        keep = backup if arguments.command == "backup" else restore
        print(_told(keep(Settings(), arguments.folder), arguments))
    except TabrlError as error:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"error: {error.message}{hint}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _doctor(parts: list[str]) -> int:
    findings = diagnose(os.environ, dict(part.split("=", 1) for part in parts))
    print(screen(findings))
    return 1 if any(found.level is Level.BAD for found in findings) else 0


def _told(manifest: Manifest, arguments: argparse.Namespace) -> str:
    """What was kept or restored, in words."""
    rows = manifest.rows
    text = (
        f"{arguments.command}: {rows.get('tasks', 0)} tasks, {rows.get('jobs', 0)} jobs, "
        f"{rows.get('models', 0)} models, {len(manifest.blobs)} blobs "
        f"({manifest.bytes / 2**20:.1f} MB), {arguments.folder}"
    )
    if manifest.missing:
        text += f"\n{len(manifest.missing)} blobs were missing in the store already"
    return text


if __name__ == "__main__":
    sys.exit(main())
