"""What went before a follow-up task, put together from what was stored."""

from __future__ import annotations

from collections import defaultdict

from tabrl.contracts.events import ProgressEvent
from tabrl.contracts.training import TrainResult
from tabrl.domain.errors import NotFound, TabrlError
from tabrl.domain.tasks import Lineage, Task
from tabrl.ports import (
    EventArchive,
    EventBus,
    JobRepository,
    SourceRepository,
    TaskRepository,
)
from tabrl_reward_worker.generation import History

MAX_GENERATIONS = 8  # follow-ups of follow-ups that are looked back on
_POINTS = 24  # of a term's curve: enough to see where it rose


class HistoryService:
    """Reads what earlier tasks and trainings left behind."""

    def __init__(
        self,
        tasks: TaskRepository,
        sources: SourceRepository,
        jobs: JobRepository,
        bus: EventBus,
        archive: EventArchive,
    ) -> None:
        self._tasks = tasks
        self._sources = sources
        self._jobs = jobs
        self._bus = bus
        self._archive = archive

    def history_of(self, task: Task) -> History | None:
        """What a task goes on from; None if it begins anew."""
        if task.parent is None:
            return None
        lineage = task.parent
        candidate = self._tasks.candidate(lineage.task_id, lineage.candidate)
        result = self._result(lineage)
        return History(
            sentences=self._sentences(lineage),
            name=candidate.name,
            idea=candidate.idea,
            code=self._sources.get(lineage.task_id).get(lineage.candidate, ""),
            weights=candidate.weights,
            curves=self._curves(lineage),
            checks=result.checks if result else (),
            fall_rate_base=result.base.fall_rate if result else None,
            fall_rate_result=result.result.fall_rate if result else None,
            motion=candidate.motion,
        )

    def _sentences(self, lineage: Lineage) -> tuple[str, ...]:
        """What the user asked for so far, oldest first."""
        sentences: list[str] = []
        parent: Lineage | None = lineage
        while parent is not None and len(sentences) < MAX_GENERATIONS:
            try:
                task = self._tasks.get(parent.task_id)
            except NotFound:  # deleted since
                break
            sentences.insert(0, task.prompt)
            parent = task.parent
        return tuple(sentences)

    def _result(self, lineage: Lineage) -> TrainResult | None:
        if lineage.job_id is None:
            return None
        try:
            return self._jobs.get(lineage.job_id).result
        except NotFound:  # deleted since
            return None

    def _curves(self, lineage: Lineage) -> dict[str, list[float]]:
        """Means of every weighted term over the training; empty if its events were lost."""
        if lineage.job_id is None:
            return {}
        try:
            stored = self._bus.read(lineage.job_id) or self._archive.read(lineage.job_id)
        except TabrlError:
            return {}  # a follow-up without curves is better than none
        events = [entry.event for entry in stored if isinstance(entry.event, ProgressEvent)]
        curves: dict[str, list[float]] = defaultdict(list)
        for event in events[:: max(1, len(events) // _POINTS)]:
            for term, value in event.terms.items():
                curves[term].append(value)
        return dict(curves)
