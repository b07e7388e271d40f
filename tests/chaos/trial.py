"""A trial: the service under load, one fault after the other, and what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from tabrl.adapters.sql.engine import make_engine, reading
from tabrl.adapters.sql.tables import jobs as table
from tests.chaos.city import City
from tests.chaos.faults import Fault, Kill
from tests.chaos.load import Poster, Sample, Watcher
from tests.chaos.parts import Parts

CALM_JOBS = 4  # that may wait or run
CALM_LIMIT_S = 180.0
QUIET_S = 6.0  # undisturbed before each fault
END_LIMIT_S = 300.0


@dataclass(frozen=True)
class Phase:
    """A fault from `began` to `ended`, and the time after it until `closed` (seconds, epoch)."""

    fault: Fault
    began: float
    ended: float
    closed: float
    kills: tuple[Kill, ...]


@dataclass(frozen=True)
class JobRow:
    """What the database knows of a job in the end; times as seconds since the epoch."""

    id: str
    kind: str
    state: str
    attempt: int
    outages: int
    created_at: float
    finished_at: float | None
    failure: str | None


@dataclass
class Record:
    """What was done and seen."""

    database: str
    phases: list[Phase] = field(default_factory=list)
    left_out: list[tuple[Fault, str]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    rows: list[JobRow] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)  # ids of jobs that clients were told of
    refused: list[str] = field(default_factory=list)
    ledger: list[str] = field(default_factory=list)  # ids of trainings, one for each end


def run_trial(
    parts: Parts, plan: Sequence[Fault], say: Callable[[str], None], *, quiet_s: float = QUIET_S
) -> Record:
    """All faults of a plan, one after the other."""
    city = City(parts)
    record = Record("PostgreSQL and S3" if parts.postgres else "SQLite and a folder")
    try:
        city.open()
        poster, watcher = Poster(city.ports.values()), Watcher(city.ports.values())
        poster.prepare()
        say(f"{record.database}: ready")
        poster.start()
        watcher.start()
        for fault in plan:
            if fault.missing:
                record.left_out.append((fault, fault.missing))
                say(f"  {fault.title}: left out, for want of {fault.missing}")
                continue
            record.phases.append(_phase(city, fault, poster, quiet_s))
            phase = record.phases[-1]
            calm_s = phase.closed - phase.ended
            say(f"  {fault.title}: {fault.seconds:.0f} s, calm again after {calm_s:.1f} s")
        time.sleep(quiet_s)
        poster.stop()
        _await_calm(poster, 0, END_LIMIT_S)
        watcher.stop()
        record.samples = [*watcher.samples, *poster.samples]
        record.accepted = poster.jobs
        record.refused = poster.refused
    finally:
        city.close()
    record.rows = _rows(parts.database_url)
    if city.ledger.exists():
        record.ledger = [line.split()[0] for line in city.ledger.read_text().splitlines()]
    return record


def _phase(city: City, fault: Fault, poster: Poster, quiet_s: float) -> Phase:
    poster.rate = fault.rate
    time.sleep(quiet_s)
    began = time.time()
    killed = fault.act(city, fault.seconds)
    ended = time.time()
    _await_calm(poster, CALM_JOBS, CALM_LIMIT_S)
    return Phase(fault, began, ended, time.time(), tuple(killed))


def _await_calm(poster: Poster, jobs: int, limit_s: float) -> None:
    """Wait until few jobs wait or run; those that never end are found in the rows."""
    ends = time.monotonic() + limit_s
    while time.monotonic() < ends:
        waiting = poster.waiting()
        if waiting is not None and waiting <= jobs:
            return
        time.sleep(0.25)


def _rows(database_url: str) -> list[JobRow]:
    engine = make_engine(database_url)
    with reading(engine) as connection:
        rows = [
            JobRow(
                row.id, row.kind, row.state, row.attempt, row.outages, row.created_at.timestamp(),
                row.finished_at.timestamp() if row.finished_at else None,
                row.failure["code"] if row.failure else None,
            )
            for row in connection.execute(select(table))
        ]  # fmt: skip
    engine.dispose()
    return rows
