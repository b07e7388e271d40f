"""A trial as a table and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tests.chaos.trial import Record
from tests.chaos.verdict import PhaseVerdict, Verdict

_BIN_S = 5.0
_HEAD = (
    "| fault | lasted | jobs | late | attempts wasted | handed back | recovered after | "
    "p99 of answers | 503 | no answer | p99 of /healthz |"
)


def table(verdict: Verdict, record: Record) -> str:
    """One trial in Markdown."""
    lines = [
        f"### {verdict.database}",
        f"{verdict.jobs:,} jobs, {len(verdict.lost)} lost, {len(verdict.doubled)} doubled.",
        "",
        _HEAD,
        "| --- |" + " ---: |" * (_HEAD.count("|") - 2),
        *(_row(one) for one in verdict.phases),
    ]
    lines += [
        f"| {fault.title} | not run: needs {missing} |" + " |" * 9
        for fault, missing in record.left_out
    ]
    if verdict.faults:
        lines += ["", "Not as it has to be:", *(f"- {fault}" for fault in verdict.faults)]
    return "\n".join(lines)


def _row(one: PhaseVerdict) -> str:
    phase = one.phase
    recovered = "never" if one.recovered_s is None else f"{one.recovered_s:.1f} s"
    cells = (
        phase.fault.title, f"{phase.ended - phase.began:.0f} s", one.jobs, one.late, one.wasted,
        one.outages, recovered, f"{1000 * one.answer_p99_s:.0f} ms", one.refused, one.silent,
        f"{1000 * one.alive_p99_s:.0f} ms",
    )  # fmt: skip
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def draw(record: Record, path: Path) -> None:
    """Jobs that ended, and how long answers took, over the minutes; faults are shaded."""
    figure = Figure(figsize=(13.0, 6.0), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True)
    begin = min((one.at for one in record.samples), default=0.0)
    ends = [(row.finished_at - begin) / 60.0 for row in record.rows if row.finished_at is not None]
    last = max((one.at - begin for one in record.samples), default=1.0)
    upper.hist(ends, bins=_bins(last), weights=[1.0 / _BIN_S] * len(ends), color="#3b7dd8")
    upper.set_ylabel("jobs ended a second")
    for status, color, label in (
        (200, "#2f9e60", "list"), (202, "#3b7dd8", "post"), (503, "#d97706", "503 with a reason"),
    ):  # fmt: skip
        shown = [one for one in record.samples if one.status == status and one.path[1] == "a"]
        lower.semilogy(
            [(one.at - begin) / 60.0 for one in shown], [one.seconds for one in shown],
            ".", markersize=2, color=color, label=label,
        )  # fmt: skip
    lower.set_ylabel("time to an answer [s]")
    lower.set_xlabel("minutes")
    lower.legend(loc="upper right", markerscale=5)
    for phase in record.phases:
        span = ((phase.began - begin) / 60.0, (phase.ended - begin) / 60.0)
        for axes in (upper, lower):
            axes.axvspan(*span, color="#b91c1c", alpha=0.12, linewidth=0)
        upper.text(
            span[0], upper.get_ylim()[1], f" {phase.fault.name}", rotation=60, fontsize=7,
            ha="left", va="bottom",
        )  # fmt: skip
    figure.savefig(path, dpi=80, metadata={"Software": None})


def _bins(last_s: float) -> Sequence[float]:
    return [n * _BIN_S / 60.0 for n in range(int(last_s / _BIN_S) + 2)]
