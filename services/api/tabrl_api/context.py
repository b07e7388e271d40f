"""What the gateway is made of, and how a request reaches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from tabrl.adapters.metrics import ApiMetrics
from tabrl.adapters.metrics.overview import Overview
from tabrl.adapters.owner_limits import OwnerLimits
from tabrl.adapters.settings import Settings
from tabrl.adapters.tracing import Tracing
from tabrl.domain.quotas import Quota
from tabrl.ports import (
    BlobStore,
    Clock,
    EventArchive,
    EventBus,
    JobRepository,
    ModelRepository,
    RetentionRepository,
    RobotCatalog,
    ShareRepository,
    SourceRepository,
    TaskQueue,
    TaskRepository,
    TicketStore,
    TokenRepository,
)
from tabrl_api.models.exports import Exporter
from tabrl_api.models.inference import InferenceServers
from tabrl_api.people.requests import RequestLimiter
from tabrl_api.progress import Progress


@dataclass(frozen=True)
class AppContext:
    """Everything the gateway talks to; `migrate` brings the database up to date."""

    settings: Settings
    clock: Clock
    jobs: JobRepository
    tasks: TaskRepository
    sources: SourceRepository
    models: ModelRepository
    tokens: TokenRepository
    shares: ShareRepository
    tickets: TicketStore
    requests: RequestLimiter
    retention: RetentionRepository
    archive: EventArchive
    blobs: BlobStore
    bus: EventBus
    queue: TaskQueue
    progress: Progress
    robots: RobotCatalog
    inference: InferenceServers
    exporter: Exporter
    registry: CollectorRegistry
    metrics: ApiMetrics
    overview: Overview
    tracing: Tracing
    migrate: Callable[[], None]

    @property
    def quota(self) -> Quota:
        """What one owner may have."""
        return OwnerLimits.of(self.settings).quota


def _context(request: Request) -> AppContext:
    context = request.app.state.context
    assert isinstance(context, AppContext)
    return context


WithContext = Annotated[AppContext, Depends(_context)]
