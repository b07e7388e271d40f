"""How rewards are written: language models, generators, the sandbox."""

from deploy.dashboards.model import Dashboard, lines, number
from deploy.dashboards.promql import count, mean, quantile, rate

REWARDS = Dashboard(
    "tabrl-rewards",
    "TabRL: rewards and language models",
    "How rewards are written, what that costs, and what the sandbox says.",
    (
        number(
            "Cost of the last hour", "Of models whose prices are known.", "currencyUSD",
            count("tabrl_llm_cost_usd_total"),
        ),
        number(
            "Requests that fail", "Share of those to language models in 10 minutes.",
            "percentunit", "tabrl:llm_failures:ratio10m",
        ),
        lines(
            "Requests to language models", "By how they ended.", "reqps",
            (rate("tabrl_llm_calls_total", "model", "outcome"), "{{model}} {{outcome}}"),
        ),
        lines(
            "Time of requests", "To language models.", "s",
            (quantile(0.5, "tabrl_llm_call_seconds", "model", window="30m"), "{{model}} median"),
            (quantile(0.95, "tabrl_llm_call_seconds", "model", window="30m"), "{{model}} p95"),
        ),
        lines(
            "Tokens", "A second.", "short",
            (rate("tabrl_llm_tokens_total", "direction"), "{{direction}}"),
        ),
        lines(
            "Repairs", "Share of requests that mend an answer.", "percentunit",
            ("(sum (increase(tabrl_llm_repairs_total[1h])) or vector(0)) "
             "/ sum (increase(tabrl_llm_calls_total[1h]))", "repairs"),
        ),
        lines(
            "Written tasks an hour", "By generator; `composer` needs no language model.", "short",
            (count("tabrl_reward_generations_total", "generator", "outcome"),
             "{{generator}} {{outcome}}"),
        ),
        lines(
            "Candidates an hour", "`built`, or why they were rejected.", "short",
            (count("tabrl_reward_candidates_total", "generator", "outcome"),
             "{{generator}} {{outcome}}"),
        ),
        lines(
            "Sandbox's verdicts an hour", "By layer; `none` found no fault.", "short",
            (count("tabrl_sandbox_verdicts_total", "layer", "code"), "{{layer}} {{code}}"),
        ),
        lines(
            "Time to build a reward", "In the sandbox.", "s",
            (quantile(0.5, "tabrl_sandbox_seconds", window="30m"), "median"),
            (quantile(0.95, "tabrl_sandbox_seconds", window="30m"), "p95"),
        ),
        lines(
            "Time to write a task", "From claim to candidates.", "s",
            (mean("tabrl_worker_job_seconds", where='{kind="reward"}', window="30m"), "mean"),
        ),
    ),
)  # fmt: skip
