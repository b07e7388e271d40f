"""What the writing needs of a language model: one question, one answer, or a kind of failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from tabrl_reward_worker.concurrency import CancellationToken

Message = dict[str, str]


class ResponseFormat(StrEnum):
    """How an answer's format is asked for, strictest first."""

    SCHEMA = "schema"  # strict JSON schema
    JSON = "json"  # any JSON object
    TEXT = "text"  # in words only

    @property
    def fallback(self) -> ResponseFormat | None:
        """What to ask for when a model rejects this one."""
        return {
            ResponseFormat.SCHEMA: ResponseFormat.JSON,
            ResponseFormat.JSON: ResponseFormat.TEXT,
        }.get(self)


@dataclass(frozen=True)
class Question:
    """Messages for one model, and how long it may take, s; `schema` is the answer's."""

    model: str
    messages: tuple[Message, ...]
    response_format: ResponseFormat
    timeout_s: float
    schema: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Reply:
    """An answer and its price: tokens, and US dollars where the model's prices are known."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    refused: bool = False  # the model or its provider would not answer this
    cut_off: bool = False  # it ran into the limit of its length


class CallFailure(StrEnum):
    """Why a call brought no answer; the value is shown to the user."""

    TIMEOUT = "it took too long"
    RATE_LIMIT = "it is asked too often"
    KEY = "it does not accept the key"
    UNKNOWN_MODEL = "there is no such model"
    REJECTED = "it rejects the request"
    UNREACHABLE = "it cannot be reached"
    SERVER = "its server fails"
    NONSENSE = "its server sent no usable answer"

    @property
    def passing(self) -> bool:
        """Whether asking again soon may help."""
        return self in _PASSING


_PASSING = (
    CallFailure.RATE_LIMIT,
    CallFailure.UNREACHABLE,
    CallFailure.SERVER,
    CallFailure.NONSENSE,
)


class CallFailedError(Exception):
    """A call without an answer. Holds no word of the messages, the key or the provider."""

    def __init__(self, failure: CallFailure, retry_after_s: float | None = None) -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.retry_after_s = retry_after_s


class Provider(Protocol):
    """Language models by name."""

    def response_format(self, model: str) -> ResponseFormat:
        """The strictest format of answers that the model is known to take.

        Raises `CallFailedError` if there is no such model.
        """
        ...

    def ask(self, question: Question, cancelled: CancellationToken) -> Reply:
        """One answer, within the question's time; a cancelled one hangs up.

        Raises `CallFailedError`, `WorkCancelledError`.
        """
        ...
