"""In-memory twins of the adapters: the contract tests hold them to what the real ones do."""

from tests.twins.artifacts import MemoryVerifiedArtifacts
from tests.twins.database import ManualClock, MemoryDatabase
from tests.twins.jobs import MemoryJobRepository
from tests.twins.models import MemoryModelRepository
from tests.twins.people import MemoryShareRepository, MemoryTicketStore, MemoryTokenRepository
from tests.twins.retention import MemoryEventArchive, MemoryRetentionRepository
from tests.twins.streams import MemoryBlobStore, MemoryEventBus, MemoryTaskQueue
from tests.twins.tasks import MemorySourceRepository, MemoryTaskRepository

__all__ = [
    "ManualClock",
    "MemoryBlobStore",
    "MemoryDatabase",
    "MemoryEventArchive",
    "MemoryEventBus",
    "MemoryJobRepository",
    "MemoryModelRepository",
    "MemoryRetentionRepository",
    "MemoryShareRepository",
    "MemorySourceRepository",
    "MemoryTaskQueue",
    "MemoryTaskRepository",
    "MemoryTicketStore",
    "MemoryTokenRepository",
    "MemoryVerifiedArtifacts",
]
