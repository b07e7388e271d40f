"""A language model made of prepared replies, and a reward builder made of two words."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from tabrl.rewards.errors import RewardError
from tabrl.robots import Robot
from tabrl_reward_worker.concurrency import CancellationToken
from tabrl_reward_worker.llm.provider import (
    CallFailedError,
    CallFailure,
    Question,
    Reply,
    ResponseFormat,
)
from tabrl_reward_worker.sandbox import BuiltReward
from tests.support.servers.llm import UNSAID, style_of

CHECK = {"id": "forward", "quantity": "forward_speed", "statistic": "mean", "at_least": 0.2}
Given = str | dict[str, Any] | list[Any] | CallFailure | CallFailedError | Reply


class FakeRewardBuilder:
    """Builds what says `good`, faults what says `bad`, in the way a sandbox would."""

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        if "slow" in source:
            raise RewardError("too slow", code="reward_timeout")
        if "bad" in source:
            raise RewardError.at(source, 1, "this is bad", code="reward_failed")
        return BuiltReward(b"blob", ("good",), {"good": 1.0})


class Model:
    """Answers each writer in turn, the last answer for ever; keeps what it was asked.

    Unless there are answers for `motion`, a motion can say nothing and code is asked for.
    """

    def __init__(self, *answers: Given, **by_style: Sequence[Given]) -> None:
        self._left: dict[str, list[Given]] = defaultdict(lambda: list(answers))
        self._left |= {"motion": [UNSAID]}
        self._left |= {style: list(given) for style, given in by_style.items()}
        self._lock = threading.Lock()
        self.asked: dict[str, list[Question]] = defaultdict(list)
        self.strictest = ResponseFormat.SCHEMA
        self.reaction: Callable[[Question], Given | None] = lambda _: None

    def response_format(self, model: str) -> ResponseFormat:
        return self.strictest

    def ask(self, question: Question, cancelled: CancellationToken) -> Reply:
        style = style_of({"messages": question.messages})
        with self._lock:
            self.asked[style].append(question)
            left = self._left[style]
            given = self.reaction(question) or (left.pop(0) if len(left) > 1 else left[0])
        if isinstance(given, CallFailure):
            raise CallFailedError(given)
        if isinstance(given, CallFailedError):
            raise given
        if isinstance(given, Reply):
            return given
        text = given if isinstance(given, str) else json.dumps(given)
        return Reply(text, prompt_tokens=100, completion_tokens=10, cost_usd=0.001)


def candidate(code: str = "good", **changes: Any) -> dict[str, Any]:
    """A candidate's answer whose code the reward_builder can build."""
    return {
        "declined": False,
        "name": f"Named {code}",
        "idea": "An idea",
        "code": code,
        "weights": [{"term": "good", "weight": 1.0}],
        "success_checks": [CHECK],
    } | changes
