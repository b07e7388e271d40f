"""Whether robots are driven smoothly."""

from deploy.dashboards.model import Dashboard, lines, number
from deploy.dashboards.promql import count, mean, quantile, rate, total

_LATENCY, _LAG = "tabrl_inference_latency_seconds", "tabrl_inference_publish_to_play_seconds"

INFERENCE = Dashboard(
    "tabrl-inference",
    "TabRL: inference",
    "Whether robots are driven smoothly, and from how new a policy.",
    (
        number(
            "Clients", "Robots that are driven now.", "short", total("tabrl_inference_clients")
        ),
        number(
            "Policies", "Held in memory, all processes together.", "short",
            total("tabrl_inference_policies"),
        ),
        lines(
            "Clients by process", "Uneven where one has all the connections.", "short",
            ("tabrl_inference_clients", "{{instance}}"),
        ),
        lines(
            "Answered states", "50 a second for each client that plays.", "ops",
            (rate("tabrl_inference_latency_seconds_count"), "states"),
        ),
        lines(
            "Time of an answer", "From arrival to the socket; 20 ms are a control step.", "s",
            (quantile(0.5, _LATENCY), "median"), ("tabrl:inference_latency_seconds:p99_5m", "p99"),
        ),
        lines(
            "States a forward pass", "More than one where clients are answered together.", "short",
            (mean("tabrl_inference_batch_rows"), "mean"),
        ),
        lines(
            "From publishing to playing", "How long a new policy takes to the robots.", "s",
            (quantile(0.5, _LAG, window="1h"), "median"),
            (quantile(0.95, _LAG, window="1h"), "p95"),
        ),
        lines(
            "Policies taken over an hour", "While clients were connected.", "short",
            (count("tabrl_inference_swaps_total"), "swaps"),
        ),
        lines(
            "Rejected clients an hour", "By reason.", "short",
            (count("tabrl_inference_refusals_total", "code"), "{{code}}"),
        ),
        lines(
            "Looks for newer policies that failed", "In an hour.", "short",
            (count("tabrl_inference_poll_failures_total"), "looks"),
        ),
        lines(
            "CPU", "Cores in use; a process can use one.", "short",
            ('sum by (instance) (rate(process_cpu_seconds_total{job="tabrl-inference"}[5m]))',
             "{{instance}}"),
        ),
    ),
)  # fmt: skip
