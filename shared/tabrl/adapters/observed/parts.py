"""Store, event bus and queue with their calls measured."""

from __future__ import annotations

from collections.abc import Sequence

from tabrl.adapters.metrics import PartMetrics
from tabrl.contracts.events import Event
from tabrl.domain.jobs import Job, JobKind
from tabrl.ports.blobs import BlobStore, Keys
from tabrl.ports.events import EventBus, StoredEvent
from tabrl.ports.queue import TaskQueue


class ObservedBlobStore:
    """A `BlobStore` in front of another."""

    def __init__(self, store: BlobStore, metrics: PartMetrics) -> None:
        self._store = store
        self._metrics = metrics

    def put(self, key: str, data: bytes) -> None:
        """See `BlobStore.put`."""
        with self._metrics.call("store", "put"):
            self._store.put(key, data)

    def get(self, key: str) -> bytes:
        """See `BlobStore.get`."""
        with self._metrics.call("store", "get"):
            return self._store.get(key)

    def exists(self, key: str) -> bool:
        """See `BlobStore.exists`."""
        with self._metrics.call("store", "exists"):
            return self._store.exists(key)

    def list(self, prefix: str) -> Keys:
        """See `BlobStore.list`."""
        with self._metrics.call("store", "list"):
            return self._store.list(prefix)

    def delete(self, keys: Sequence[str]) -> None:
        """See `BlobStore.delete`."""
        with self._metrics.call("store", "delete"):
            self._store.delete(keys)


class ObservedEventBus:
    """An `EventBus` in front of another."""

    def __init__(self, bus: EventBus, metrics: PartMetrics) -> None:
        self._bus = bus
        self._metrics = metrics

    def publish(self, job_id: str, event: Event) -> None:
        """See `EventBus.publish`."""
        with self._metrics.call("redis", "publish"):
            self._bus.publish(job_id, event)

    def read(self, job_id: str, after: str = "0-0") -> list[StoredEvent]:
        """See `EventBus.read`."""
        with self._metrics.call("redis", "read"):
            return self._bus.read(job_id, after)


class ObservedTaskQueue:
    """A `TaskQueue` in front of another."""

    def __init__(self, queue: TaskQueue, metrics: PartMetrics) -> None:
        self._queue = queue
        self._metrics = metrics

    def enqueue(self, job: Job) -> None:
        """See `TaskQueue.enqueue`."""
        with self._metrics.call("queue", "enqueue"):
            self._queue.enqueue(job)

    def depth(self, kind: JobKind) -> int:
        """See `TaskQueue.depth`."""
        with self._metrics.call("queue", "depth"):
            return self._queue.depth(kind)
