"""What is measured of language models, generators and the sandbox."""

from __future__ import annotations

from typing import TypeVar

import pytest
from prometheus_client import CollectorRegistry

from tabrl.adapters.metrics import RewardMetrics
from tabrl.domain.errors import Invalid, Unavailable
from tabrl.domain.tasks import Dropped
from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot, get_robot
from tabrl_reward_worker.concurrency import CancellationToken, never_cancelled
from tabrl_reward_worker.generation import GenerationResult, History, NoRewardError
from tabrl_reward_worker.llm.provider import (
    CallFailedError,
    CallFailure,
    Question,
    Reply,
    ResponseFormat,
)
from tabrl_reward_worker.observed import (
    ObservedGenerator,
    ObservedProvider,
    ObservedRewardBuilder,
)
from tabrl_reward_worker.sandbox import BuiltReward

_T = TypeVar("_T")
GO1 = get_robot("go1")
REPLY = Reply("{}", prompt_tokens=100, completion_tokens=10, cost_usd=0.5)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


class Model:
    """A provider, a generator and a builder that answer or fail as told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def response_format(self, model: str) -> ResponseFormat:
        return ResponseFormat.JSON

    def ask(self, question: Question, cancelled: CancellationToken) -> Reply:
        return self._or_raise(REPLY)

    def generate(
        self,
        prompt: str,
        robot: Robot,
        history: History | None = None,
        cancelled: CancellationToken = never_cancelled,
        seed: int = 0,
    ) -> GenerationResult:
        return self._or_raise(GenerationResult("llm:m", [], [], []))

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        return self._or_raise(BuiltReward(b"", (), {}))

    def _or_raise(self, value: _T) -> _T:
        if self.error is not None:
            raise self.error
        return value


def question(*roles: str) -> Question:
    messages = tuple({"role": role, "content": "x"} for role in roles)
    return Question("m", messages, ResponseFormat.JSON, 5.0)


def test_calls_tokens_money_and_repairs(registry: CollectorRegistry) -> None:
    metrics = RewardMetrics(registry)
    metrics.expect_models(["m"])
    provider = ObservedProvider(Model(), metrics)
    provider.ask(question("system", "user"), never_cancelled)
    provider.ask(question("system", "user", "assistant", "user"), never_cancelled)
    failing = ObservedProvider(Model(CallFailedError(CallFailure.RATE_LIMIT)), metrics)
    with pytest.raises(CallFailedError):
        failing.ask(question("user"), never_cancelled)

    value = registry.get_sample_value
    assert value("tabrl_llm_calls_total", {"model": "m", "outcome": "answered"}) == 2.0
    assert value("tabrl_llm_calls_total", {"model": "m", "outcome": "rate_limit"}) == 1.0
    assert value("tabrl_llm_repairs_total", {"model": "m"}) == 1.0
    assert value("tabrl_llm_tokens_total", {"model": "m", "direction": "prompt"}) == 200.0
    assert value("tabrl_llm_tokens_total", {"model": "m", "direction": "completion"}) == 20.0
    assert value("tabrl_llm_cost_usd_total", {"model": "m"}) == 1.0
    assert value("tabrl_llm_call_seconds_count", {"model": "m"}) == 3.0


def test_written_and_rejected(registry: CollectorRegistry) -> None:
    metrics = RewardMetrics(registry)
    dropped = Dropped(name="Quick", code="llm_bad_answer", message="No form.")
    lost = NoRewardError("Nothing works.", code="llm_no_reward", rejected=[dropped])
    ObservedGenerator(Model(), "llm", metrics).generate("x", GO1)
    with pytest.raises(NoRewardError):
        ObservedGenerator(Model(lost), "llm", metrics).generate("x", GO1)
    unknown = Invalid("What?", code="task_not_understood")
    with pytest.raises(Invalid):
        ObservedGenerator(Model(unknown), "composer", metrics).generate("x", GO1)

    def count(metric: str, generator: str, outcome: str) -> float | None:
        labels = {"generator": generator, "outcome": outcome}
        return registry.get_sample_value(f"tabrl_reward_{metric}_total", labels)

    assert count("generations", "llm", "written") == 1.0
    assert count("generations", "llm", "llm_no_reward") == 1.0
    assert count("generations", "composer", "task_not_understood") == 1.0
    assert count("candidates", "llm", "llm_bad_answer") == 1.0


@pytest.mark.parametrize(
    ("error", "layer"),
    [
        (RewardError("x", code="reward_syntax"), "static"),
        (RewardError("x", code="reward_primitive"), "trace"),
        (RewardError("x", code="reward_refused"), "verifier"),
        (RewardError("x", code="reward_forbidden"), "filter"),
        (RewardError("x", code="reward_timeout"), "limits"),
        (RewardError("x", code="reward_crashed"), "process"),
        (Unavailable("x", code="jail_unavailable"), "sandbox"),
    ],
)
def test_verdicts_by_layer(
    registry: CollectorRegistry, error: RewardError | Unavailable, layer: str
) -> None:
    with pytest.raises(type(error)):
        ObservedRewardBuilder(Model(error), RewardMetrics(registry)).build("x", GO1)
    labels = {"layer": layer, "code": error.code}
    assert registry.get_sample_value("tabrl_sandbox_verdicts_total", labels) == 1.0
