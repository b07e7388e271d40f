"""`make chaos`: trials, their report and pictures; the exit code says whether all is well."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos import faults
from tests.chaos.faults import Fault
from tests.chaos.parts import Parts, embedded_parts, shared_parts
from tests.chaos.report import draw, table
from tests.chaos.trial import run_trial
from tests.chaos.verdict import judge

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Plan:
    """Which parts, and what is done to them."""

    parts: Callable[[], AbstractContextManager[Parts]]
    faults: Sequence[Fault]


def plans(kills: int, seed: int) -> dict[str, Plan]:
    """By the name of the database."""
    common = (faults.REDIS_STOPPED, faults.REDIS_FULL, *faults.STOPPED_SERVICES)
    return {
        "sqlite": Plan(embedded_parts, (faults.kills(kills, seed), *common, faults.DISK_FULL)),
        "postgres": Plan(
            shared_parts,
            (
                faults.kills(kills, seed),
                *common,
                faults.POSTGRES_STOPPED,
                faults.STORE_HELD,
                faults.STORE_CUT,
                *faults.STORE_REFUSES,
                faults.SICK_TRAINER,
                faults.CLOCKS,
                faults.ROLLING,
            ),
        ),
    }


def main() -> int:
    """Run them."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgres"], help="only this one")
    parser.add_argument("--kills", type=int, default=100, help="in each trial")
    parser.add_argument("--seed", type=int, default=0, help="of what is killed when")
    parser.add_argument("--only", nargs="+", default=[], metavar="FAULT", help="by their names")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="for report and pictures")
    options = parser.parse_args()
    tables, well = [], True
    for name, plan in plans(options.kills, options.seed).items():
        if options.database not in (None, name):
            continue
        chosen = [one for one in plan.faults if not options.only or one.name in options.only]
        with plan.parts() as parts:
            if parts.disk is None:
                chosen = [
                    replace(one, missing="the right to mount") if one is faults.DISK_FULL else one
                    for one in chosen
                ]
            record = run_trial(parts, chosen, lambda text: print(text, flush=True))
        verdict = judge(record)
        well = well and not verdict.faults
        picture = options.out / "images" / f"chaos-{name}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        draw(record, picture)
        tables.append(f"{table(verdict, record)}\n\n![{verdict.database}](images/{picture.name})")
        print(table(verdict, record), flush=True)
    when = datetime.now(UTC).date().isoformat()
    _write(options.out / "chaos.md", f"## Measured on {when}\n" + "\n\n".join(tables) + "\n")
    return 0 if well else 1


def _write(path: Path, report: str) -> None:
    """Replace what an earlier run wrote; what stands before it stays."""
    before = path.read_text().partition("## Measured on")[0] if path.exists() else ""
    path.write_text(before + report)


if __name__ == "__main__":
    sys.exit(main())
