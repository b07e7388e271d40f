"""Every metric that is declared, whoever observes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from tabrl.adapters.metrics import (
    ApiMetrics,
    PartMetrics,
    RewardMetrics,
    TrainingMetrics,
    WorkerMetrics,
    service_registry,
)
from tabrl.adapters.metrics.api import SharedMetrics
from tabrl.adapters.metrics.exports import ExportMetrics
from tabrl_inference.metrics import Metrics

_WITH_STORES = ("api", "inference", "reward worker", "trainer")
_EVERY = (*_WITH_STORES, "exporter")
_OWNERS: tuple[tuple[Callable[[CollectorRegistry], object], tuple[str, ...]], ...] = (
    (ApiMetrics, ("api",)),
    (WorkerMetrics, ("reward worker", "trainer")),
    (TrainingMetrics, ("trainer",)),
    (RewardMetrics, ("reward worker",)),
    (ExportMetrics, ("exporter",)),
    (PartMetrics, _WITH_STORES),
)
_ONE_REAPER = "tabrl_sweeper_last_pass_timestamp_seconds"  # whichever replica it ran in

_AS_SEEN = "tabrl_part_up"  # each replica by itself: the worst counts


@dataclass(frozen=True)
class Declared:
    """One metric as it is exposed."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str
    services: tuple[str, ...]
    shared: bool

    @property
    def row(self) -> str:
        """Its row in the documentation's table."""
        labels = ", ".join(f"`{label}`" for label in self.labels)
        across = "`min`" if self.name == _AS_SEEN else "`max`" if self.shared else "`sum`"
        services = "every" if self.services == _EVERY else ", ".join(self.services)
        return f"| `{self.name}` | {self.kind} | {labels} | {services} | {across} | {self.text} |"

    @property
    def series(self) -> tuple[str, ...]:
        """Names of its series."""
        if self.kind != "histogram":
            return (self.name,)
        return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))


def declared() -> list[Declared]:
    """All metrics, by name."""
    registry = CollectorRegistry()
    SharedMetrics(registry)
    shared = {one._name for one in _metrics_of(registry)} | {_ONE_REAPER}
    found: dict[str, Declared] = {}
    sources = [(make_registry(owner), services) for owner, services in _OWNERS]
    sources += [(service_registry("api"), _EVERY), (Metrics().registry, ("inference",))]
    for registry, services in sources:
        for metric in _metrics_of(registry):
            one = _declared(metric, services, metric._name in shared)
            found.setdefault(one.name, one)
    return [found[name] for name in sorted(found)]


def make_registry(owner: Callable[[CollectorRegistry], object]) -> CollectorRegistry:
    """A registry with these metrics alone."""
    registry = CollectorRegistry()
    owner(registry)
    return registry


def _metrics_of(registry: CollectorRegistry) -> list[MetricWrapperBase]:
    return [one for one in registry._collector_to_names if isinstance(one, MetricWrapperBase)]


def _declared(metric: MetricWrapperBase, services: tuple[str, ...], shared: bool) -> Declared:
    suffix = "_total" if metric._type == "counter" else ""
    return Declared(
        f"{metric._name}{suffix}", metric._type, tuple(metric._labelnames),
        metric._documentation.rstrip("."), services, shared,
    )  # fmt: skip
