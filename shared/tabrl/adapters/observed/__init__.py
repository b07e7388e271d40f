"""The parts and the work of a service, with what is measured and traced of them."""

from tabrl.adapters.observed.database import observe_engine
from tabrl.adapters.observed.jobs import JobObserver, ObservedHandler, StageObserver
from tabrl.adapters.observed.models import TracedModels
from tabrl.adapters.observed.parts import (
    ObservedBlobStore,
    ObservedEventBus,
    ObservedTaskQueue,
)
from tabrl.adapters.observed.traces import TraceObserver
from tabrl.adapters.observed.training import TrainingObserver

__all__ = [
    "JobObserver",
    "ObservedBlobStore",
    "ObservedEventBus",
    "ObservedHandler",
    "ObservedTaskQueue",
    "StageObserver",
    "TraceObserver",
    "TracedModels",
    "TrainingObserver",
    "observe_engine",
]
