"""Language models, generators and the sandbox with what is measured of them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tabrl.adapters.metrics import RewardMetrics
from tabrl.domain.errors import TabrlError, Unavailable
from tabrl.domain.tasks import Dropped
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.building import RewardBuilder
from tabrl_reward_worker.concurrency import (
    CancellationToken,
    WorkCancelledError,
    never_cancelled,
)
from tabrl_reward_worker.generation import GenerationResult, History, RewardGenerator
from tabrl_reward_worker.llm.provider import (
    CallFailedError,
    Provider,
    Question,
    Reply,
    ResponseFormat,
)
from tabrl_reward_worker.sandbox import BuiltReward

# What finds a fault: the static check, the trace and its verifier, the kernel's filter, the limits
# of time and memory; what ends otherwise is the process itself.
_LAYER_OF = {
    **dict.fromkeys(
        ("reward_syntax", "reward_not_allowed", "reward_unknown_name", "reward_missing_function",
         "reward_too_long"), "static"),
    **dict.fromkeys(
        ("reward_failed", "reward_shape", "reward_primitive", "reward_type", "reward_impure",
         "reward_too_large", "reward_weights"), "trace"),
    "reward_refused": "verifier",
    "reward_forbidden": "filter",
    **dict.fromkeys(("reward_timeout", "reward_memory"), "limits"),
    "reward_crashed": "process",
}  # fmt: skip


class ObservedProvider:
    """A `Provider` in front of another."""

    def __init__(self, provider: Provider, metrics: RewardMetrics) -> None:
        self._provider = provider
        self._metrics = metrics

    def response_format(self, model: str) -> ResponseFormat:
        """See `Provider.response_format`."""
        return self._provider.response_format(model)

    def ask(self, question: Question, cancelled: CancellationToken) -> Reply:
        """See `Provider.ask`."""
        metrics, model = self._metrics, question.model
        if any(message["role"] == "assistant" for message in question.messages):
            metrics.llm_repairs.labels(model).inc()
        outcome, started = "answered", time.monotonic()
        try:
            reply = self._provider.ask(question, cancelled)
        except CallFailedError as error:
            outcome = error.failure.name.lower()
            raise
        except WorkCancelledError:
            outcome = "cancelled"
            raise
        finally:
            metrics.llm_calls.labels(model, outcome).inc()
            metrics.llm_call_seconds.labels(model).observe(time.monotonic() - started)
        metrics.llm_tokens.labels(model, "prompt").inc(reply.prompt_tokens)
        metrics.llm_tokens.labels(model, "completion").inc(reply.completion_tokens)
        metrics.llm_cost.labels(model).inc(reply.cost_usd or 0.0)
        return reply


class ObservedGenerator:
    """A `RewardGenerator` in front of another; `name` is short, the model is told elsewhere."""

    def __init__(self, generator: RewardGenerator, name: str, metrics: RewardMetrics) -> None:
        self._generator = generator
        self._name = name
        self._metrics = metrics

    def generate(
        self,
        prompt: str,
        robot: Robot,
        history: History | None = None,
        cancelled: CancellationToken = never_cancelled,
        seed: int = 0,
    ) -> GenerationResult:
        """See `RewardGenerator.generate`."""
        try:
            result = self._generator.generate(prompt, robot, history, cancelled, seed)
        except TabrlError as error:
            self._ended(error.code, getattr(error, "rejected", ()))
            raise
        except WorkCancelledError:
            self._ended("cancelled", ())
            raise
        self._ended("written", result.rejected)
        self._metrics.candidates.labels(self._name, "built").inc(len(result.candidates))
        return result

    def _ended(self, outcome: str, rejected: Iterable[Dropped]) -> None:
        self._metrics.generations.labels(self._name, outcome).inc()
        for one in rejected:
            self._metrics.candidates.labels(self._name, one.code).inc()


class ObservedRewardBuilder:
    """A `RewardBuilder` in front of another."""

    def __init__(self, builder: RewardBuilder, metrics: RewardMetrics) -> None:
        self._builder = builder
        self._metrics = metrics

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """See `RewardBuilder.build`."""
        layer, code, started = "none", "built", time.monotonic()
        try:
            return self._builder.build(source, robot, trusted)
        except RewardError as error:
            layer, code = _LAYER_OF.get(error.code, "trace"), error.code
            raise
        except Unavailable as error:
            layer, code = "sandbox", error.code
            raise
        finally:
            self._metrics.sandbox_verdicts.labels(layer, code).inc()
            self._metrics.sandbox_seconds.observe(time.monotonic() - started)
