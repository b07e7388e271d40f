"""How fast and how well robots learn."""

from deploy.dashboards.model import Dashboard, lines, number
from deploy.dashboards.promql import count, mean, quantile, rate, total

_GAIN, _STAGE = "tabrl_training_gain", "tabrl_worker_stage_seconds"

TRAINING = Dashboard(
    "tabrl-training",
    "TabRL: training",
    "How fast and how well robots learn.",
    (
        number(
            "Samples a second", "Control steps, all trainers together; 0 between trainings.",
            "short", total("tabrl_training_samples_per_second"),
        ),
        number(
            "Trainings that PPO improved", "Share of the last hour's that delivered its result.",
            "percentunit",
            'sum (increase(tabrl_training_evaluations_total{delivered="result"}[1h])) '
            "/ sum (increase(tabrl_training_evaluations_total[1h]))",
        ),
        lines(
            "Samples a second, trainer by trainer", "A slow one shares its cores or its GPU.",
            "short", ("tabrl_training_samples_per_second", "{{instance}}"),
        ),
        lines(
            "Samples", "Simulated a second, search and pauses included.", "short",
            (rate("tabrl_training_samples_total"), "samples"),
        ),
        lines(
            "Gain of search and PPO", "Medians, in parts of what was earned before.", "percentunit",
            (quantile(0.5, _GAIN, "stage", window="1h"), "{{stage}}"),
        ),
        lines(
            "Evaluated trainings an hour", "`program`: PPO was not accepted.", "short",
            (count("tabrl_training_evaluations_total", "delivered"), "{{delivered}}"),
        ),
        lines(
            "Success checks", "Share that delivered policies passed.", "percentunit",
            ('sum (increase(tabrl_training_checks_total{outcome="passed"}[1h])) '
             "/ sum (increase(tabrl_training_checks_total[1h]))", "passed"),
        ),
        lines(
            "Time of stages", "Means of attempts at trainings.", "s",
            (mean(_STAGE, "stage", where='{kind="train"}', window="1h"), "{{stage}}"),
        ),
        lines(
            "Snapshots", "Policies published to be played, a second.", "ops",
            (rate("tabrl_training_snapshots_total"), "snapshots"),
        ),
        lines(
            "Compiling", "Mean time to make a robot's graphs ready; short where they are kept.",
            "s", ("sum by (robot) (tabrl_training_compile_seconds_sum) "
                  "/ sum by (robot) (tabrl_training_compile_seconds_count)", "{{robot}}"),
        ),
        lines(
            "Trainers' memory", "The largest.", "bytes",
            ('max (process_resident_memory_bytes{job="tabrl-trainer"})', "resident"),
        ),
    ),
)  # fmt: skip
