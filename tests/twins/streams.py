"""Events, messages and blobs in memory."""

from __future__ import annotations

from collections import defaultdict

from obstore.store import MemoryStore

from tabrl.adapters.blobs import ObstoreBlobStore
from tabrl.contracts.events import Event
from tabrl.domain.errors import (
    TabrlError,
)
from tabrl.domain.jobs import (
    Job,
    JobKind,
)
from tabrl.ports.events import StoredEvent


class MemoryBlobStore(ObstoreBlobStore):
    """Blobs in memory."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())


class MemoryEventBus:
    """An `EventBus` in memory; ids count from `1-0`."""

    def __init__(self) -> None:
        self._streams: dict[str, list[StoredEvent]] = defaultdict(list)

    def publish(self, job_id: str, event: Event) -> None:
        """Append an event."""
        stream = self._streams[job_id]
        stream.append(StoredEvent(f"{len(stream) + 1}-0", event))

    def read(self, job_id: str, after: str = "0-0") -> list[StoredEvent]:
        """All events of a job behind the id `after`, oldest first."""
        return self._streams[job_id][int(after.partition("-")[0]) :]


class MemoryTaskQueue:
    """A `TaskQueue` that keeps the messages; set `broken` to make it fail."""

    def __init__(self) -> None:
        self.sent: list[tuple[JobKind, str]] = []
        self.broken: TabrlError | None = None

    def enqueue(self, job: Job) -> None:
        """Keep a message."""
        if self.broken is not None:
            raise self.broken
        self.sent.append((job.kind, job.id))

    def depth(self, kind: JobKind) -> int:
        """How many messages wait."""
        if self.broken is not None:
            raise self.broken
        return sum(1 for sent, _ in self.sent if sent is kind)
