"""In-memory twins of the adapters, for tests and for trying things out."""

from tabrl.adapters.memory.artifacts import MemoryVerifiedArtifacts
from tabrl.adapters.memory.database import ManualClock, MemoryDatabase
from tabrl.adapters.memory.jobs import MemoryJobRepository
from tabrl.adapters.memory.models import MemoryModelRepository
from tabrl.adapters.memory.streams import MemoryBlobStore, MemoryEventBus, MemoryTaskQueue
from tabrl.adapters.memory.tasks import MemorySourceRepository, MemoryTaskRepository

__all__ = [
    "ManualClock",
    "MemoryBlobStore",
    "MemoryDatabase",
    "MemoryEventBus",
    "MemoryJobRepository",
    "MemoryModelRepository",
    "MemorySourceRepository",
    "MemoryTaskQueue",
    "MemoryTaskRepository",
    "MemoryVerifiedArtifacts",
]
