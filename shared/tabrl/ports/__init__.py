"""What the services need from the outside, as protocols. Adapters implement them."""

from tabrl.ports.blobs import BlobStore
from tabrl.ports.events import EventBus, StoredEvent
from tabrl.ports.jobs import IdempotencyKey, JobRepository
from tabrl.ports.models import ModelRepository
from tabrl.ports.queue import Clock, TaskQueue
from tabrl.ports.robots import RobotCard, RobotCatalog
from tabrl.ports.tasks import SourceRepository, TaskRepository

__all__ = [
    "BlobStore",
    "Clock",
    "EventBus",
    "IdempotencyKey",
    "JobRepository",
    "ModelRepository",
    "RobotCard",
    "RobotCatalog",
    "SourceRepository",
    "StoredEvent",
    "TaskQueue",
    "TaskRepository",
]
