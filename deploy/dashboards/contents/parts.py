"""Whether database, Redis, queue and object store answer, and how fast."""

from deploy.dashboards.model import Dashboard, lines, number
from deploy.dashboards.promql import count, quantile, rate, shared, total

_CALL = "tabrl_part_call_seconds"

PARTS = Dashboard(
    "tabrl-parts",
    "TabRL: parts",
    "Whether database, Redis, queue and object store answer, and how fast.",
    (
        number(
            "Parts that answer", "1 where every replica of the api reaches it.", "short",
            "min by (part) (tabrl_part_up)", "{{part}}",
        ),
        number(
            "Redis's memory", "What it uses; it must not reach its limit.", "bytes",
            shared('tabrl_redis_memory_bytes{what="used"}'),
        ),
        lines(
            "Calls", "A second.", "ops", (rate(f"{_CALL}_count", "part"), "{{part}}"),
        ),
        lines(
            "Slow calls", "What one of a hundred takes.", "s",
            (quantile(0.99, _CALL, "part"), "{{part}}"),
        ),
        lines(
            "Failures an hour", "Calls that a part did not answer.", "short",
            (count("tabrl_part_failures_total", "part"), "{{part}}"),
        ),
        lines(
            "Database, by operation", "What one of twenty takes.", "s",
            (quantile(0.95, _CALL, "operation", where='{part="database"}'), "{{operation}}"),
        ),
        lines(
            "Object store, by operation", "What one of twenty takes.", "s",
            (quantile(0.95, _CALL, "operation", where='{part="store"}'), "{{operation}}"),
        ),
        lines(
            "Connections to the database", "In use, and kept open, by service.", "short",
            (total("tabrl_db_pool_used", "job"), "{{job}} used"),
            (total("tabrl_db_pool_size", "job"), "{{job}} kept"),
        ),
        lines(
            "Heartbeats that failed an hour", "A lease is lost after 15 seconds of them.", "short",
            (count("tabrl_worker_heartbeats_failed_total"), "heartbeats"),
        ),
        lines(
            "Reaper's failed rounds an hour", "A part did not answer it.", "short",
            (count("tabrl_sweeper_failures_total"), "rounds"),
        ),
        lines(
            "Exports an hour", "By format and outcome; `failed` is a fault of ours.", "short",
            (count("tabrl_exports_total", "format", "outcome"), "{{format}} {{outcome}}"),
        ),
        lines(
            "Exports, by format", "What one of twenty takes to build.", "s",
            (quantile(0.95, "tabrl_export_seconds", "format"), "{{format}}"),
        ),
    ),
)  # fmt: skip
