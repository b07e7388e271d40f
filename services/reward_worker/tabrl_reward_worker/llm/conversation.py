"""Talking to language models within limits: retries, fallbacks, a deadline, and what is used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tabrl.domain.tasks import LlmUsage
from tabrl_reward_worker.concurrency import CancellationToken, WorkCancelledError, never_cancelled
from tabrl_reward_worker.llm.client import LlmOptions
from tabrl_reward_worker.llm.provider import (
    CallFailedError,
    CallFailure,
    Message,
    Provider,
    Question,
    Reply,
    ResponseFormat,
)

_MAX_PAUSE_S = 20.0
_FIRST_PAUSE_S = 0.5
_MIN_CALL_S = 1.0


@dataclass(frozen=True)
class Clock:
    """Time and waiting, so that tests need neither."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class UsageMeter:
    """What a writing took, over all its conversations; they add to it from several threads.

    `calls` are requests sent, with or without an answer. The cost is known only while that of
    every answer is.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    priced: bool = True
    answered_by: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self) -> None:
        """One more request."""
        with self._lock:
            self.calls += 1

    def add(self, model: str, reply: Reply) -> None:
        """One more answer."""
        with self._lock:
            self.answered_by.add(model)
            self.prompt_tokens += reply.prompt_tokens
            self.completion_tokens += reply.completion_tokens
            if reply.cost_usd is None:
                self.priced = False
            else:
                self.cost_usd += reply.cost_usd

    def usage(self, models: Sequence[str], prompt_version: str, seconds: float) -> LlmUsage:
        """The sum; `model` names those of `models` that answered, or the first if none did."""
        with self._lock:
            answered = [model for model in models if model in self.answered_by]
            known = self.priced and bool(answered)
            return LlmUsage(
                model=", ".join(answered or models[:1]),
                prompt_version=prompt_version,
                calls=self.calls,
                prompt_tokens=self.prompt_tokens,
                completion_tokens=self.completion_tokens,
                cost_usd=round(self.cost_usd, 6) if known else None,
                seconds=round(seconds, 3),
            )


class Conversation:
    """Turns with the first model that answers, until a deadline in the clock's seconds.

    `schema` is that of all answers; `formats` are those that models were found to take, which
    conversations of the same writing share.
    """

    def __init__(
        self,
        options: LlmOptions,
        provider: Provider,
        schema: Mapping[str, Any],
        usage_meter: UsageMeter,
        deadline: float,
        clock: Clock,
        cancelled: CancellationToken = never_cancelled,
        formats: dict[str, ResponseFormat] | None = None,
    ) -> None:
        self._options = options
        self._provider = provider
        self._schema = schema
        self._usage_meter = usage_meter
        self._deadline = deadline
        self._clock = clock
        self._cancelled = cancelled
        self._models = [options.model, *options.fallbacks]
        self._formats = {} if formats is None else formats

    def ask(self, messages: Sequence[Message]) -> Reply:
        """The next answer. A model that failed is not asked again in this conversation.

        Raises `CallFailedError` with the last model's failure, and `WorkCancelledError`.
        """
        while True:
            try:
                return self._ask_model(self._models[0], messages)
            except CallFailedError:
                if len(self._models) == 1 or self._left() < _MIN_CALL_S:
                    raise
                del self._models[0]

    def _ask_model(self, model: str, messages: Sequence[Message]) -> Reply:
        """Ask, and again after a passing failure or with a fallback format."""
        retries, pause = self._options.retries, _FIRST_PAUSE_S
        form, failed = self._format_of(model), False
        while True:
            try:
                return self._once(model, form, messages)
            except CallFailedError as error:
                asked, form = form, self._after(error.failure, model, form, failed)
                laxer = form is not asked
                if error.failure is CallFailure.REJECTED and laxer:
                    continue
                failed = error.failure is CallFailure.SERVER
                wait = pause if error.retry_after_s is None else error.retry_after_s
                in_time = wait <= min(_MAX_PAUSE_S, self._left() - _MIN_CALL_S)
                if not (error.failure.passing and (retries or laxer) and in_time):
                    raise
                retries, pause = max(0, retries - 1), pause * 2.0
                self._clock.sleep(wait)

    def _format_of(self, model: str) -> ResponseFormat:
        if model not in self._formats:
            self._formats[model] = self._provider.response_format(model)
        return self._formats[model]

    def _after(
        self, failure: CallFailure, model: str, asked: ResponseFormat, failed: bool
    ) -> ResponseFormat:
        """The format to ask for after one that may be at fault.

        Some servers say that they reject it; others only fail, and do so again (`failed`).
        """
        at_fault = failure is CallFailure.REJECTED or (failed and failure is CallFailure.SERVER)
        if not at_fault or asked.fallback is None:
            return asked
        self._formats[model] = asked.fallback
        return asked.fallback

    def _once(self, model: str, form: ResponseFormat, messages: Sequence[Message]) -> Reply:
        timeout_s = min(self._options.timeout_s, self._left())
        if timeout_s < _MIN_CALL_S:
            raise CallFailedError(CallFailure.TIMEOUT)
        if self._cancelled():
            raise WorkCancelledError
        self._usage_meter.sent()
        question = Question(model, tuple(messages), form, timeout_s, self._schema)
        reply = self._provider.ask(question, self._cancelled)
        self._usage_meter.add(model, reply)
        return reply

    def _left(self) -> float:
        return self._deadline - self._clock.now()
