"""Every metric of the platform, declared once. Services observe, nobody else names them."""

from tabrl.adapters.metrics.api import ApiMetrics
from tabrl.adapters.metrics.parts import PartMetrics
from tabrl.adapters.metrics.process import service_registry
from tabrl.adapters.metrics.rewards import RewardMetrics
from tabrl.adapters.metrics.training import TrainingMetrics
from tabrl.adapters.metrics.worker import WorkerMetrics

__all__ = [
    "ApiMetrics",
    "PartMetrics",
    "RewardMetrics",
    "TrainingMetrics",
    "WorkerMetrics",
    "service_registry",
]
