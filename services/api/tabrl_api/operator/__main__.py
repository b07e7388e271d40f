"""`python -m tabrl_api.operator`: the doctor, backups and restores, beside the running services."""

from __future__ import annotations

import argparse
import os
import sys

from tabrl.domain.errors import TabrlError
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
    arguments = parser.parse_args()
    try:
        return _doctor(arguments)
    except TabrlError as error:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"error: {error.message}{hint}", file=sys.stderr)
        return 1


def _doctor(arguments: argparse.Namespace) -> int:
    others = dict(part.split("=", 1) for part in arguments.part)
    findings = diagnose(os.environ, others)
    print(screen(findings))
    return 1 if any(found.level is Level.BAD for found in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
