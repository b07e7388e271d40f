"""Every metric of the platform, declared once. Services observe, nobody else names them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_JOB_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 300, 900, 3600)


class WorkerMetrics:
    """What a worker observes of its jobs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.jobs = Counter(
            "tabrl_worker_jobs", "Deliveries by how they ended.", ["kind", "outcome"],
            registry=registry,
        )  # fmt: skip
        self.job_seconds = Histogram(
            "tabrl_worker_job_seconds", "From claim to the end of an attempt.", ["kind"],
            buckets=_JOB_BUCKETS, registry=registry,
        )  # fmt: skip
        self.wait_seconds = Histogram(
            "tabrl_worker_wait_seconds", "From queued to claimed.", ["kind"],
            buckets=_JOB_BUCKETS, registry=registry,
        )  # fmt: skip
        self.busy = Gauge("tabrl_worker_busy", "Jobs being worked on.", registry=registry)
        self.heartbeats_failed = Counter(
            "tabrl_worker_heartbeats_failed", "Heartbeats the database did not take.",
            registry=registry,
        )  # fmt: skip
        self.events_dropped = Counter(
            "tabrl_worker_events_dropped", "Progress events that Redis did not take.",
            registry=registry,
        )  # fmt: skip


class ApiMetrics:
    """What the gateway observes of requests, jobs and the queue."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "tabrl_http_requests", "Requests by route and status.", ["method", "route", "status"],
            registry=registry,
        )  # fmt: skip
        self.request_seconds = Histogram(
            "tabrl_http_request_seconds", "Time until the response began.", ["method", "route"],
            registry=registry,
        )  # fmt: skip
        self.streams = Gauge("tabrl_sse_streams", "Open event streams.", registry=registry)
        self.jobs = Gauge(
            "tabrl_jobs", "Jobs by kind and state.", ["kind", "state"], registry=registry
        )
        self.queue_depth = Gauge(
            "tabrl_queue_depth", "Messages that wait, by kind of job.", ["kind"], registry=registry
        )
        self.reaper_actions = Counter(
            "tabrl_sweeper_actions", "What the reaper repaired.", ["action"], registry=registry
        )
        self.reaper_failures = Counter(
            "tabrl_sweeper_failures",
            "Rounds of the reaper that a part did not answer.",
            registry=registry,
        )
