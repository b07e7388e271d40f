"""Progress events, kept for a while so that a reader can resume where it stopped."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from tabrl.contracts.events import Event


class StoredEvent(NamedTuple):
    """An event with its place in the job's stream."""

    id: str
    event: Event


class EventBus(Protocol):
    """An ordered stream of events per job."""

    def publish(self, job_id: str, event: Event) -> None:
        """Append an event. Raises `Unavailable` if the bus does not answer."""
        ...

    def read(self, job_id: str, after: str = "0-0") -> list[StoredEvent]:
        """All stored events of a job behind the id `after`, oldest first."""
        ...
