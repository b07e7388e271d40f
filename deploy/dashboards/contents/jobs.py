"""Whether jobs get done: what waits, what runs, how it ends."""

from deploy.dashboards.model import Dashboard, lines, number
from deploy.dashboards.promql import count, mean, quantile, rate, shared, total

_WAIT, _JOB = "tabrl_worker_wait_seconds", "tabrl_worker_job_seconds"

JOBS = Dashboard(
    "tabrl-jobs",
    "TabRL: jobs",
    "Whether jobs get done: what waits, what runs, how it ends.",
    (
        number(
            "Jobs by state", "All there are; the same in every replica.", "short",
            shared("tabrl_jobs", "kind", "state"), "{{kind}} {{state}}",
        ),
        number(
            "Reaper's last round", "Seconds ago; it repairs what workers and queue lose.", "s",
            "time() - max(tabrl_sweeper_last_pass_timestamp_seconds)",
        ),
        lines(
            "Oldest waiting job", "More workers are needed where it grows.", "s",
            (shared("tabrl_oldest_waiting_seconds", "kind"), "{{kind}}"),
        ),
        lines(
            "Longest running job", "One that grows beyond minutes is stuck.", "s",
            (shared("tabrl_longest_running_seconds", "kind"), "{{kind}}"),
        ),
        lines(
            "Messages in the queue", "They only wake workers: the database decides.", "short",
            (shared("tabrl_queue_depth", "kind"), "{{kind}}"),
        ),
        lines(
            "Workers at work", "Jobs being worked on, all workers together.", "short",
            (total("tabrl_worker_busy", "job"), "{{job}}"),
        ),
        lines(
            "Ended jobs an hour, by code", "`none` is no failure.", "short",
            (count("tabrl_worker_outcomes_total", "kind", "state", "code"),
             "{{kind}} {{state}} {{code}}"),
        ),
        lines(
            "Failed jobs", "Share of those that ended in 15 minutes.", "percentunit",
            ("tabrl:job_failures:ratio15m", "{{kind}}"),
        ),
        lines(
            "Waiting time", "From queued to claimed.", "s",
            (quantile(0.5, _WAIT, "kind", window="30m"), "{{kind}} median"),
            (quantile(0.95, _WAIT, "kind", window="30m"), "{{kind}} p95"),
        ),
        lines(
            "Time of an attempt", "From claim to its end.", "s",
            (quantile(0.5, _JOB, "kind", window="30m"), "{{kind}} median"),
            (quantile(0.95, _JOB, "kind", window="30m"), "{{kind}} p95"),
        ),
        lines(
            "Attempts a job", "Above one where workers die or lose their leases.", "short",
            (mean("tabrl_worker_attempts", "kind", window="30m"), "{{kind}}"),
        ),
        lines(
            "Time of stages", "Means; what a job spends its time on.", "s",
            (mean("tabrl_worker_stage_seconds", "kind", "stage", window="30m"),
             "{{kind}} {{stage}}"),
        ),
        lines(
            "Deliveries by how they ended", "`lost` ones are sent again by the reaper.", "ops",
            (rate("tabrl_worker_jobs_total", "kind", "outcome"), "{{kind}} {{outcome}}"),
        ),
        lines(
            "What the reaper repaired", "In an hour.", "short",
            (count("tabrl_sweeper_actions_total", "action"), "{{action}}"),
        ),
    ),
)  # fmt: skip
