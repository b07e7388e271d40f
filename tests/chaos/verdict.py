"""What a trial comes to: lost, doubled, late, attempts wasted, recovery, answers meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from tests.chaos.load import Sample
from tests.chaos.trial import JobRow, Phase, Record

LATE_S = 60.0
RECOVER_S = 30.0
ANSWER_S = 1.0


@dataclass(frozen=True)
class PhaseVerdict:
    """What a fault did to the jobs that were posted from its beginning until all was calm again."""

    phase: Phase
    jobs: int
    late: int
    wasted: int  # attempts beyond the first
    outages: int  # times that a job was handed back without an attempt used up
    recovered_s: float | None  # from its end, or from a kill, to the next end of a job
    answer_p99_s: float  # of lists and posts that were answered
    refused: int  # with 503 and a reason
    silent: int  # without an answer, or a failure without a reason
    alive_p99_s: float  # of /healthz


@dataclass(frozen=True)
class Verdict:
    """A trial's outcome."""

    database: str
    jobs: int
    lost: list[str]
    doubled: list[str]
    phases: list[PhaseVerdict]
    refused: list[str]
    faults: list[str] = field(default_factory=list)  # what is not as it has to be


def judge(record: Record) -> Verdict:
    """Hold a record against what has to be."""
    known = {row.id for row in record.rows}
    lost = sorted(record.accepted - known)
    lost += [
        f"{row.id}: {row.state} {row.failure or ''}".strip()
        for row in record.rows
        if row.state != "succeeded"
    ]
    ends = Counter(record.ledger)
    doubled = sorted(job for job, count in ends.items() if count > 1)
    doubled += sorted(known - record.accepted)  # that nobody was told of
    phases = [_of_phase(phase, record) for phase in record.phases]
    verdict = Verdict(record.database, len(record.rows), lost, doubled, phases, record.refused)
    verdict.faults.extend(_faults(verdict))
    return verdict


def _faults(verdict: Verdict) -> list[str]:
    """In words; none if all is well."""
    found = [f"lost: {one}" for one in verdict.lost]
    found += [f"doubled: {one}" for one in verdict.doubled]
    found += [f"refused: {one}" for one in verdict.refused]
    for one in verdict.phases:
        name = one.phase.fault.name
        if one.late:
            found.append(f"{name}: {one.late} jobs late")
        if one.wasted and not one.phase.fault.harms:
            found.append(f"{name}: {one.wasted} attempts wasted")
        if one.recovered_s is None or one.recovered_s > RECOVER_S:
            found.append(f"{name}: recovered after {one.recovered_s} s")
        if one.answer_p99_s > one.phase.fault.answer_s:
            found.append(f"{name}: p99 of answers {one.answer_p99_s:.2f} s")
        if one.silent and not one.phase.kills:
            found.append(f"{name}: {one.silent} questions without an answer or a reason")
        if one.alive_p99_s > ANSWER_S:
            found.append(f"{name}: p99 of /healthz {one.alive_p99_s:.2f} s")
    return found


def _of_phase(phase: Phase, record: Record) -> PhaseVerdict:
    rows = [row for row in record.rows if phase.began <= row.created_at < phase.closed]
    samples = [one for one in record.samples if phase.began <= one.at < phase.closed]
    asked = [one for one in samples if one.path.startswith("/api/")]
    alive = [one for one in samples if one.path == "/healthz"]
    return PhaseVerdict(
        phase=phase,
        jobs=len(rows),
        late=sum(_late(row, phase) for row in rows),
        wasted=sum(max(0, row.attempt - 1) for row in rows),
        outages=sum(row.outages for row in rows),
        recovered_s=_recovered(phase, record.rows),
        answer_p99_s=_p99([one.seconds for one in asked if one.status in (200, 202)]),
        refused=sum(one.status == 503 and one.code is not None for one in asked),
        silent=sum(_silent(one) for one in samples),
        alive_p99_s=_p99([one.seconds for one in alive if one.status is not None]),
    )


def _late(row: JobRow, phase: Phase) -> bool:
    possible = max(row.created_at, phase.ended) if phase.fault.blocks else row.created_at
    return row.finished_at is not None and row.finished_at - possible > LATE_S


def _recovered(phase: Phase, rows: Sequence[JobRow]) -> float | None:
    """The longest time from a kill, or from the fault's end, until a job ended."""
    ends = sorted(row.finished_at for row in rows if row.finished_at is not None)
    times = [kill.at for kill in phase.kills] or [phase.ended]
    gaps = [next((end - at for end in ends if end > at), None) for at in times]
    known = [gap for gap in gaps if gap is not None]
    return max(known) if len(known) == len(gaps) else None


def _silent(one: Sample) -> bool:
    return one.status is None or (one.status >= 500 and one.code is None)


def _p99(values: Sequence[float]) -> float:
    if len(values) < 2:
        return max(values, default=0.0)
    return quantiles(values, n=100, method="inclusive")[-1]
