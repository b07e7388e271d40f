"""What is kept for how long, and what is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from tabrl.ports.events import StoredEvent

Ids = list[str]
Prefixes = list[str]
Events = list[StoredEvent]


class EndedTraining(NamedTuple):
    """A training whose snapshots can go; `delivered` is the blob that its model points at."""

    job_id: str
    delivered: str


class EventArchive(Protocol):
    """The events of ended jobs, which the event bus forgets in time."""

    def keep(self, job_id: str, events: Sequence[StoredEvent]) -> None:
        """Keep them; what was kept first stays."""
        ...

    def read(self, job_id: str, after: str = "0-0") -> Events:
        """Events of a job behind the id `after`, oldest first; empty if none were kept."""
        ...


class RetentionRepository(Protocol):
    """The rows that say what may go, and the ways they go.

    Rows that name blobs are deleted together with a note of those blobs (`doomed`), so that
    whoever dies in between leaves nothing behind for ever.
    """

    def star(self, task_id: str, starred: bool) -> None:
        """Keep a task however old it gets, or no longer. Raises `NotFound` (`unknown_task`)."""
        ...

    def delete_task(self, task_id: str) -> None:
        """Delete a task with its candidates, sources, jobs and models.

        Raises `NotFound` (code `unknown_task`), or `Conflict` (code `task_in_use`) while one of
        its jobs waits or runs.
        """
        ...

    def delete_model(self, model_id: str) -> None:
        """Delete a model with the training that made it.

        Raises `NotFound` (code `unknown_model`), or `Conflict` (code `model_in_use`) while it is
        trained.
        """
        ...

    def expired_tasks(self, before: datetime, limit: int) -> Ids:
        """Tasks without a star that nothing happened to since, and of whom no job is open."""
        ...

    def forget_keys(self, before: datetime) -> int:
        """Forget idempotency keys from before; returns how many."""
        ...

    def unrecorded(self, before: datetime, limit: int) -> Ids:
        """Jobs that ended before and whose events are not kept yet."""
        ...

    def uncleared(self, before: datetime, limit: int) -> list[EndedTraining]:
        """Recorded trainings that ended before and whose snapshots are still there."""
        ...

    def mark_cleared(self, job_id: str) -> None:
        """Note that the snapshots of a recorded job are gone."""
        ...

    def doomed(self, limit: int) -> Prefixes:
        """Folders of the object store to delete."""
        ...

    def forget_doomed(self, prefix: str) -> None:
        """Note that nothing is left of a folder."""
        ...
