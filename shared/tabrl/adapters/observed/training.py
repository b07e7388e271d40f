"""What a training's events and result say of its speed and success."""

from __future__ import annotations

from tabrl.adapters.metrics import TrainingMetrics
from tabrl.contracts.events import Event, ProgressEvent, SearchEvent, SnapshotEvent
from tabrl.contracts.training import TrainResult


class TrainingObserver:
    """Measures one attempt at a training."""

    def __init__(self, metrics: TrainingMetrics) -> None:
        self._metrics = metrics
        self._samples: int | None = None  # so far; a resumed training begins with those of before

    def event(self, event: Event) -> None:
        """Count samples and snapshots, and show the speed."""
        match event:
            case SearchEvent():
                self._count(event.samples, begins_at=0)
            case ProgressEvent():
                self._count(event.samples, begins_at=event.samples)
                self._metrics.samples_per_second.set(event.samples_per_s)
            case SnapshotEvent():
                self._metrics.snapshots.inc()
            case _:
                pass

    def end(self, result: TrainResult | None, error: BaseException | None) -> None:
        """Nothing is simulated any more."""
        self._metrics.samples_per_second.set(0.0)
        if result is not None:
            self._metrics.observe(result)

    def _count(self, samples: int, *, begins_at: int) -> None:
        before = begins_at if self._samples is None else self._samples
        self._metrics.samples.inc(max(0, samples - before))
        self._samples = samples
