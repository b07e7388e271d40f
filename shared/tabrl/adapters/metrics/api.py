"""What the gateway observes of requests, and of jobs and parts that all its replicas share."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REAPER_ACTIONS = (
    "expired_queued", "expired_failed", "expired_cancelled", "sent_again", "checkpoints_cleared",
)  # fmt: skip


class ApiMetrics:
    """Counters of one process; gauges of what is shared say the same in every replica."""

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
        self.reaper_actions = Counter(
            "tabrl_sweeper_actions", "What the reaper repaired.", ["action"], registry=registry
        )
        self.reaper_failures = Counter(
            "tabrl_sweeper_failures",
            "Rounds of the reaper that a part did not answer.",
            registry=registry,
        )
        self.reaper_last_pass = Gauge(
            "tabrl_sweeper_last_pass_timestamp_seconds", "When the reaper last finished a round.",
            registry=registry,
        )  # fmt: skip
        self.shared = SharedMetrics(registry)
        for action in REAPER_ACTIONS:  # so that a rate is zero, not absent, before the first one
            self.reaper_actions.labels(action)

    @property
    def jobs(self) -> Gauge:
        """Jobs by kind and state."""
        return self.shared.jobs

    @property
    def queue_depth(self) -> Gauge:
        """Messages that wait, by kind of job."""
        return self.shared.queue_depth


class SharedMetrics:
    """The same in every replica: what is asked of database, Redis and store at every scrape.

    A replica that cannot ask has no value, instead of an old one that `max()` would believe.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.jobs = Gauge(
            "tabrl_jobs", "Jobs by kind and state.", ["kind", "state"], registry=registry
        )
        self.oldest_waiting = Gauge(
            "tabrl_oldest_waiting_seconds", "How long the oldest waiting job has waited.",
            ["kind"], registry=registry,
        )  # fmt: skip
        self.longest_running = Gauge(
            "tabrl_longest_running_seconds", "How long the longest running job has run.",
            ["kind"], registry=registry,
        )  # fmt: skip
        self.queue_depth = Gauge(
            "tabrl_queue_depth", "Messages that wait, by kind of job.", ["kind"], registry=registry
        )
        self.redis_memory = Gauge(
            "tabrl_redis_memory_bytes", "Memory that Redis uses, and may use (0: all there is).",
            ["what"], registry=registry,
        )  # fmt: skip
        self.part_up = Gauge(
            "tabrl_part_up", "Whether a part answered this replica.", ["part"], registry=registry
        )

    def forget(self) -> None:
        """Have no values of what database and Redis say."""
        for gauge in (
            self.jobs,
            self.oldest_waiting,
            self.longest_running,
            self.queue_depth,
            self.redis_memory,
        ):
            gauge.clear()
