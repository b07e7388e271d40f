"""What the services need from the outside, as protocols. Adapters implement them."""

from tabrl.ports.artifacts import OutdatedArtifact, OutdatedArtifacts, VerifiedArtifacts
from tabrl.ports.blobs import BlobStore
from tabrl.ports.events import EventBus, StoredEvent
from tabrl.ports.jobs import IdempotencyKey, JobRepository, JobRequests
from tabrl.ports.models import ModelRepository
from tabrl.ports.people import ShareRepository, TicketStore, TokenRepository
from tabrl.ports.queue import Clock, TaskQueue
from tabrl.ports.retention import EndedTraining, EventArchive, RetentionRepository
from tabrl.ports.robots import RobotCard, RobotCatalog
from tabrl.ports.tasks import SourceRepository, TaskRepository
from tabrl.ports.work import JobControl, JobFailedError, JobHandler, JobStoppedError, StopReason

__all__ = [
    "BlobStore",
    "Clock",
    "EndedTraining",
    "EventArchive",
    "EventBus",
    "IdempotencyKey",
    "JobControl",
    "JobFailedError",
    "JobHandler",
    "JobRepository",
    "JobRequests",
    "JobStoppedError",
    "ModelRepository",
    "OutdatedArtifact",
    "OutdatedArtifacts",
    "RetentionRepository",
    "RobotCard",
    "RobotCatalog",
    "ShareRepository",
    "SourceRepository",
    "StopReason",
    "StoredEvent",
    "TaskQueue",
    "TaskRepository",
    "TicketStore",
    "TokenRepository",
    "VerifiedArtifacts",
]
