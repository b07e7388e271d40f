"""Which tasks somebody looks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """Where a task stands, trainings included."""

    WRITING = "writing"
    FAILED = "failed"  # or cancelled: there are no candidates
    READY = "ready"  # candidates, none of them taught or being taught
    LEARNING = "learning"  # a training waits or runs
    TAUGHT = "taught"  # a training succeeded


@dataclass(frozen=True)
class TaskFilter:
    """Every given one must hold."""

    text: str = ""  # somewhere in the sentence, whatever the case
    robot: str | None = None
    starred: bool = False  # only those with a star
    standing: Standing | None = None


EVERY_TASK = TaskFilter()
