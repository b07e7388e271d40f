"""Whether people are served: the api, and every process."""

from deploy.dashboards.model import Dashboard, lines, number
from deploy.dashboards.promql import quantile, rate, total

_REQUEST = "tabrl_http_request_seconds"

SERVICE = Dashboard(
    "tabrl-service",
    "TabRL: service",
    "Whether people are served, and by which processes.",
    (
        number(
            "Processes that answer", "By kind; one that is missing here is down.", "short",
            'sum by (job) (up{job=~"tabrl-.*"})', "{{job}}",
        ),
        number(
            "Requests that fail", "Share of answers with a status of 500 or above.", "percentunit",
            "tabrl:http_errors:ratio5m",
        ),
        lines(
            "Requests by status", "How much is asked, and what is answered.", "reqps",
            ("sum by (status) (tabrl:http_requests:rate5m)", "{{status}}"),
        ),
        lines(
            "Time until an answer begins", "The slowest of a hundred should stay below a second.",
            "s",
            (quantile(0.5, _REQUEST), "median"), ("tabrl:http_request_seconds:p99_5m", "p99"),
        ),
        lines(
            "Slowest routes", "Where the time goes.", "s",
            (f"topk(5, {quantile(0.95, _REQUEST, 'method', 'route')} > 0)",
             "{{method}} {{route}}"),
        ),
        lines(
            "Open event streams", "Pages and command lines that follow a job.", "short",
            (total("tabrl_sse_streams"), "streams"),
        ),
        lines(
            "CPU", "Cores in use.", "short",
            ('sum by (job) (rate(process_cpu_seconds_total{job=~"tabrl-.*"}[5m]))', "{{job}}"),
        ),
        lines(
            "Memory", "Resident, all replicas together.", "bytes",
            (total('process_resident_memory_bytes{job=~"tabrl-.*"}', "job"), "{{job}}"),
        ),
        lines(
            "Open files", "The fullest process; its limit is usually 1024 or more.", "short",
            ('max by (job) (process_open_fds{job=~"tabrl-.*"})', "{{job}}"),
        ),
        number(
            "Versions", "More than one runs only during an upgrade.", "short",
            "count by (service, version) (tabrl_build_info)", "{{service}} {{version}}",
        ),
        lines(
            "Messages and events lost", "Progress that Redis did not take; jobs go on without it.",
            "ops", (rate("tabrl_worker_events_dropped_total"), "events"),
        ),
    ),
)  # fmt: skip
