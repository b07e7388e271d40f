"""What a reward worker observes of language models, generators and the sandbox."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram

_CALL_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120)
_BUILD_S = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20)
_GENERATORS = ("composer", "llm")
_EXPECTED = (
    ("none", "built"),
    ("filter", "reward_forbidden"),
    ("limits", "reward_timeout"),
    ("process", "reward_crashed"),
    ("sandbox", "jail_unavailable"),
    ("sandbox", "jail_no_seccomp"),
)


class RewardMetrics:
    """Calls, their price, and verdicts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.llm_calls = Counter(
            "tabrl_llm_calls", "Requests to language models by how they ended.",
            ["model", "outcome"], registry=registry,
        )  # fmt: skip
        self.llm_call_seconds = Histogram(
            "tabrl_llm_call_seconds", "Requests to language models.", ["model"],
            buckets=_CALL_S, registry=registry,
        )  # fmt: skip
        self.llm_tokens = Counter(
            "tabrl_llm_tokens", "Tokens of prompts and completions.", ["model", "direction"],
            registry=registry,
        )  # fmt: skip
        self.llm_cost = Counter(
            "tabrl_llm_cost_usd", "US dollars, where the model's prices are known.", ["model"],
            registry=registry,
        )  # fmt: skip
        self.llm_repairs = Counter(
            "tabrl_llm_repairs", "Requests to mend an answer that was at fault.", ["model"],
            registry=registry,
        )  # fmt: skip
        self.generations = Counter(
            "tabrl_reward_generations", "Tasks by who wrote their rewards and how it ended.",
            ["generator", "outcome"], registry=registry,
        )  # fmt: skip
        self.candidates = Counter(
            "tabrl_reward_candidates", "Written rewards: `built`, or why they were rejected.",
            ["generator", "outcome"], registry=registry,
        )  # fmt: skip
        self.sandbox_verdicts = Counter(
            "tabrl_sandbox_verdicts", "Sources by the layer that judged them, and its code.",
            ["layer", "code"], registry=registry,
        )  # fmt: skip
        self.sandbox_seconds = Histogram(
            "tabrl_sandbox_seconds", "Building one reward, however it ended.",
            buckets=_BUILD_S, registry=registry,
        )  # fmt: skip
        for generator in _GENERATORS:
            self.generations.labels(generator, "written")
            self.candidates.labels(generator, "built")
        for layer, code in _EXPECTED:  # so that an increase is seen at the first one
            self.sandbox_verdicts.labels(layer, code)

    def expect_models(self, models: Iterable[str]) -> None:
        """Begin these models' series at zero, so that the first request is seen as an increase."""
        for model in models:
            self.llm_calls.labels(model, "answered")
            for series in (self.llm_call_seconds, self.llm_cost, self.llm_repairs):
                series.labels(model)
            for direction in ("prompt", "completion"):
                self.llm_tokens.labels(model, direction)
