"""Language models through litellm. Only this module imports it, and only when first asked."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import warnings
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from time import time
from types import ModuleType
from typing import Any, TypeAlias

from tabrl_reward_worker.concurrency import CancellationToken, WorkCancelledError, gather
from tabrl_reward_worker.llm.capped import TooLongError, capped_client
from tabrl_reward_worker.llm.provider import (
    CallFailedError,
    CallFailure,
    Question,
    Reply,
    ResponseFormat,
)

Response: TypeAlias = Any  # what a server sent, as litellm passes it on: of any form
_UNCONNECTED = ("ConnectError", "ClientConnectorError", "ConnectTimeout")
_MAX_CAUSES = 10  # of a chain of errors
_MAX_TOKENS = 100_000_000
_GRACE_S = 2.0  # for a cancelled call to end
# The first that fits; litellm derives its errors from one another.
_FAILURES = (
    ("Timeout", CallFailure.TIMEOUT),
    ("RateLimitError", CallFailure.RATE_LIMIT),
    ("AuthenticationError", CallFailure.KEY),
    ("PermissionDeniedError", CallFailure.KEY),
    ("NotFoundError", CallFailure.UNKNOWN_MODEL),
    ("BadRequestError", CallFailure.REJECTED),
    ("UnprocessableEntityError", CallFailure.REJECTED),
    ("APIConnectionError", CallFailure.UNREACHABLE),
    ("ServiceUnavailableError", CallFailure.SERVER),
    ("BadGatewayError", CallFailure.SERVER),
    ("InternalServerError", CallFailure.SERVER),
)


@dataclass(frozen=True)
class LlmOptions:
    """Which models answer, where, and how long one answer and the whole writing may take (s).

    `fallbacks` are asked in turn when `model` fails. `api_base` holds for all models of the same
    provider as `model` (the part before the slash).
    """

    model: str
    fallbacks: tuple[str, ...] = ()
    api_base: str | None = None
    timeout_s: float = 60.0
    deadline_s: float = 150.0
    retries: int = 2


class LitellmProvider:
    """Any provider that litellm knows.

    Calls run on an event loop of their own, because only a cancelled coroutine closes its
    connection: an HTTP client's time limits are between two bytes, and a server that sends one
    byte a second never exceeds them.
    """

    def __init__(self, options: LlmOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def response_format(self, model: str) -> ResponseFormat:
        """A strict schema where litellm knows that the model takes one, else any JSON.

        Raises `CallFailedError` for a name that belongs to no provider.
        """
        litellm = load_litellm()
        try:
            litellm.get_llm_provider(model=model, api_base=self._base(model))
        except Exception:
            raise CallFailedError(CallFailure.UNKNOWN_MODEL) from None
        known = litellm.supports_response_schema(model=model)
        return ResponseFormat.SCHEMA if known else ResponseFormat.JSON

    def ask(self, question: Question, cancelled: CancellationToken) -> Reply:
        """See `Provider.ask`."""
        litellm = load_litellm()
        call = asyncio.wait_for(self._complete(litellm, question), question.timeout_s)
        future = asyncio.run_coroutine_threadsafe(call, self._running_loop())
        try:
            gather([future], cancelled, question.timeout_s + _GRACE_S)
            response = future.result()
        except WorkCancelledError:
            raise
        except TimeoutError:
            raise CallFailedError(CallFailure.TIMEOUT) from None
        except Exception as error:
            if isinstance(error, litellm.ContentPolicyViolationError):
                return Reply("", refused=True)
            raise _failed(litellm, error) from None
        return _reply(litellm, response, question.model)

    async def _complete(self, litellm: ModuleType, question: Question) -> Response:
        base = self._base(question.model)
        return await litellm.acompletion(
            model=question.model,
            messages=list(question.messages),
            api_base=base,
            # A local server wants no key, but the client wants one to send.
            api_key="none" if base and _lacks_key(litellm, question.model) else None,
            timeout=question.timeout_s,
            num_retries=0,
            max_retries=0,
            **_format_arguments(question),
        )

    def _base(self, model: str) -> str | None:
        same = model.partition("/")[0] == self._options.model.partition("/")[0]
        return self._options.api_base if same else None

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="llm", daemon=True).start()
            return self._loop


def _format_arguments(question: Question) -> dict[str, Any]:
    if question.response_format is ResponseFormat.SCHEMA:
        schema = {"name": "reward", "strict": True, "schema": question.schema}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if question.response_format is ResponseFormat.JSON:
        return {"response_format": {"type": "json_object"}}
    return {}


def _reply(litellm: ModuleType, response: Response, model: str) -> Reply:
    try:
        choice = response.choices[0]
        message, usage = choice.message, getattr(response, "usage", None)
        reason = choice.finish_reason
        said, called = _said(message), _called(message)
        text = called if called and "{" not in said else said or _thought(message, reason)
    except (AttributeError, IndexError, TypeError):
        raise CallFailedError(CallFailure.NONSENSE) from None
    fields = getattr(message, "provider_specific_fields", None) or {}
    refused = bool(fields.get("refusal")) or reason == "content_filter"
    prompt_tokens = _tokens(usage, "prompt_tokens")
    return Reply(
        text=text,
        prompt_tokens=prompt_tokens,
        completion_tokens=_tokens(usage, "completion_tokens"),
        # Without a count of tokens there is no price either.
        cost_usd=_cost(litellm, response, model) if prompt_tokens else None,
        refused=refused,
        cut_off=reason == "length",
    )


def _said(message: Response) -> str:
    """The answer itself, unless it is blank."""
    text = message.content
    return text if isinstance(text, str) and text.strip() else ""


def _thought(message: object, reason: str) -> str:
    """What a server took for thoughts, which holds the answer where there is no other.

    Of thoughts that were cut off nothing is an answer.
    """
    text = getattr(message, "reasoning_content", None)
    return text if isinstance(text, str) and reason != "length" else ""


def _called(message: object) -> str:
    """What a model that calls tools it was not given says to them; else nothing."""
    functions = [call.function for call in getattr(message, "tool_calls", None) or ()]
    functions += [getattr(message, "function_call", None)]  # as it was before there were tools
    return "\n".join(str(one.arguments) for one in functions if one is not None)


def _tokens(usage: object, name: str) -> int:
    """A count of tokens, 0 where what the server says is none."""
    count = int(getattr(usage, name, 0) or 0)
    return count if 0 <= count <= _MAX_TOKENS else 0


def _cost(litellm: ModuleType, response: Response, model: str) -> float | None:
    """US dollars by the price list that comes with litellm; None for a model it does not list."""
    try:
        return float(litellm.completion_cost(completion_response=response, model=model))
    except Exception:  # it raises bare ones for models without a price
        return None


def _failed(litellm: ModuleType, error: Exception) -> CallFailedError:
    roots = _roots(error)
    if any(isinstance(root, TooLongError) for root in roots):
        return CallFailedError(CallFailure.NONSENSE)
    if any(type(root).__name__ in _UNCONNECTED for root in roots):
        return CallFailedError(CallFailure.UNREACHABLE)
    for name, failure in _FAILURES:
        if isinstance(error, getattr(litellm, name)):
            return CallFailedError(failure, _retry_after(error))
    status = getattr(error, "status_code", None)
    if status == 403:
        return CallFailedError(CallFailure.KEY)
    if isinstance(status, int) and 400 <= status < 500:
        return CallFailedError(CallFailure.REJECTED)
    return CallFailedError(CallFailure.NONSENSE)


def _roots(error: BaseException | None) -> list[BaseException]:
    """An error and what it came from; litellm calls most of that a server's error."""
    chain: list[BaseException] = []
    while error is not None and len(chain) < _MAX_CAUSES:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _retry_after(error: Exception) -> float | None:
    """Seconds that the server asks to wait, from its header of either form."""
    headers = getattr(error, "litellm_response_headers", None)
    value = headers.get("retry-after") if headers else None
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (TypeError, ValueError):
        return None


def _lacks_key(litellm: ModuleType, model: str) -> bool:
    """Whether a model's provider wants a key that is not in the environment."""
    return bool(litellm.validate_environment(model=model).get("missing_keys"))


def hush() -> None:
    """Silence what quotes prompts, keys and answers where everybody reads it."""
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", message="Pydantic serializer warnings")


_LOADING = threading.Lock()


@cache
def load_litellm() -> ModuleType:
    """litellm, set up and warm. Takes seconds the first time, which no answer's limit counts."""
    # Otherwise importing it fetches a price list and waits for the network.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    with _LOADING:
        import litellm
        import openai

    # For OpenAI's protocol; litellm's own clients for other providers have no such limit.
    litellm.aclient_session = capped_client()
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.turn_off_message_logging = True
    hush()
    with _LOADING:  # both load most of themselves at their first use
        hello = [{"role": "user", "content": "hello"}]
        litellm.completion(model="openai/none", messages=hello, mock_response="hello")
        _ = openai.AsyncOpenAI(api_key="none", base_url="http://127.0.0.1").chat.completions
    return litellm
