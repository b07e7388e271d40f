"""The service's metrics, declared once; an instance belongs to one server."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from tabrl.adapters.metrics import PartMetrics, service_registry
from tabrl_inference.rejections import RejectReason

_LATENCY_S = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
_LAG_S = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters of one server, in a registry of their own."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self.registry = service_registry("inference")
        self.parts = PartMetrics(self.registry)
        self.clients = Gauge(
            "tabrl_inference_clients", "Clients that are being served", registry=self.registry
        )
        self.policies = Gauge(
            "tabrl_inference_policies", "Policies held in memory", registry=self.registry
        )
        self.batch_rows = Histogram(
            "tabrl_inference_batch_rows",
            "States answered by one forward pass",
            buckets=_ROWS,
            registry=self.registry,
        )
        self.latency = Histogram(
            "tabrl_inference_latency_seconds",
            "From a state's arrival to its action handed to the socket",
            buckets=_LATENCY_S,
            registry=self.registry,
        )
        self.swaps = Counter(
            "tabrl_inference_swaps",
            "Newer parameters taken over while clients were connected",
            registry=self.registry,
        )
        self.publish_to_play = Histogram(
            "tabrl_inference_publish_to_play_seconds",
            "From publishing parameters to answering from them, by the clocks of both machines",
            buckets=_LAG_S,
            registry=self.registry,
        )
        self.poll_failures = Counter(
            "tabrl_inference_poll_failures",
            "Looks for newer parameters that failed",
            registry=self.registry,
        )
        self.rejections = Counter(
            "tabrl_inference_refusals",
            "Clients rejected, by reason",
            ["code"],
            registry=self.registry,
        )
        for (
            reason
        ) in RejectReason:  # so that a rate is zero, not absent, before the first rejection
            self.rejections.labels(reason)

    def render(self) -> str:
        """The text exposition."""
        return generate_latest(self.registry).decode()
