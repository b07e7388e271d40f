"""Showing a job's events while they come."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from tabrl.contracts.events import (
    EvaluationEvent,
    Event,
    MeasuredEvent,
    NoticeEvent,
    ProgressEvent,
    ReweightedEvent,
    SearchEvent,
    SnapshotEvent,
    StageEvent,
    StateEvent,
)

QUIET_S = 5.0
STAGES = {
    "writing": "writing rewards",
    "loading": "loading",
    "search": "searching movements",
    "value_warmup": "learning values",
    "ppo": "training",
    "evaluation": "evaluating",
}


class EventDisplay:
    """A progress line on a terminal; elsewhere one plain line every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[eta]}"),
            TextColumn("[dim]{task.fields[detail]}"),
            console=console,
            transient=True,
            disable=not self._live,
        )
        self._bar: TaskID = self._progress.add_task("waiting", total=None, eta="", detail="")
        self._last_line = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def log(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, highlight=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """A line that stays and is seen."""
        self.log(f"[yellow]{escape(text)}[/]")

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case StageEvent():
                name = STAGES.get(event.stage, event.stage)
                self._progress.update(self._bar, description=name, detail="")
                if not self._live:
                    self.log(f"{event.elapsed_s:5.1f} s  {name}")
            case SearchEvent():
                self._measure(
                    event.elapsed_s,
                    event.eta_s,
                    f"generation {event.generation}/{event.generations}, reward "
                    f"{event.best_reward:.3f}: {escape(event.program_words)}",
                )
            case ProgressEvent():
                self._measure(
                    event.elapsed_s,
                    event.eta_s,
                    f"update {event.update}, reward {event.reward:.3f}, {event.samples:,} samples "
                    f"({event.samples_per_s:,.0f}/s), {event.falls_per_minute:.1f} falls/min",
                )
            case SnapshotEvent():
                if event.version == 1:
                    self.log(f"first snapshot after {event.elapsed_s:.1f} s, playable on the page")
            case ReweightedEvent():
                weights = ", ".join(f"{name} {value:g}" for name, value in event.weights.items())
                self.log(f"other weights from update {event.update} on: {escape(weights)}")
            case NoticeEvent():
                self.warn(event.message)
            case MeasuredEvent():
                point = event.point
                self.log(
                    f"minute {point.minutes:.1f}: reward {point.reward:.3f} "
                    f"± {point.reward_ci95:.3f}, {point.passed} of {len(point.checks)} checks met"
                    f"{', the best so far' if point.best else ''}"
                )
            case EvaluationEvent():
                met = sum(check.passed for check in event.checks)
                self.log(f"evaluated: {met} of {len(event.checks)} checks met")
            case StateEvent(state="running") if event.attempt > 1:
                self.warn(f"attempt {event.attempt}")
            case StateEvent():
                pass

    def _measure(self, elapsed_s: float, eta_s: float, detail: str) -> None:
        whole = elapsed_s + max(eta_s, 0.0)
        self._progress.update(
            self._bar, total=whole, completed=elapsed_s, eta=f"{eta_s:3.0f} s left", detail=detail
        )
        if not self._live and time.monotonic() - self._last_line >= QUIET_S:
            self._last_line = time.monotonic()
            self.log(f"{elapsed_s:5.1f} s  {detail}")
