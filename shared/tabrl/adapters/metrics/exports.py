"""What the exporter observes."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram


class ExportMetrics:
    """Exports by format: how they ended, and how long they took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.exports = Counter(
            "tabrl_exports", "Exports by format and outcome (done, refused or failed).",
            ["format", "outcome"], registry=registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "tabrl_export_seconds", "How long an export took to build.", ["format"],
            buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0), registry=registry,
        )  # fmt: skip
