"""One question to a language model."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tabrl.domain.errors import Unavailable
from tabrl_reward_worker.llm.prompt import Message
from tabrl_reward_worker.llm.schema import LlmAnswer

Ask = Callable[[list[Message]], str]


@dataclass(frozen=True)
class LlmOptions:
    """Which model answers, where, and how long it may take (s)."""

    model: str
    api_base: str | None = None
    timeout_s: float = 60.0
    retries: int = 1


def litellm_ask(options: LlmOptions) -> Ask:
    """A function that sends messages and returns the text of the answer.

    It raises `Unavailable` (code `llm_unavailable`) for whatever goes wrong on the way, without a
    word of the messages, the key or the provider's own error text.
    """

    def ask(messages: list[Message]) -> str:
        litellm = _litellm()
        try:
            response = litellm.completion(
                model=options.model,
                messages=messages,
                api_base=options.api_base,
                # A local server wants no key, but the client wants one to send.
                api_key=None if _has_key() or not options.api_base else "none",
                timeout=options.timeout_s,
                num_retries=options.retries,
                response_format=_response_format(litellm, options.model),
            )
            return str(response.choices[0].message.content or "")
        except Exception as error:
            raise Unavailable(
                f"The language model did not answer ({type(error).__name__}).",
                code="llm_unavailable",
            ) from None

    return ask


def _response_format(litellm: Any, model: str) -> Any:
    """The strict schema where the model takes one, else plain JSON mode."""
    if litellm.supports_response_schema(model=model):
        return LlmAnswer
    return {"type": "json_object"}


def _has_key() -> bool:
    return any(name.endswith("_API_KEY") for name in os.environ)


def _litellm() -> Any:
    # Otherwise importing it fetches a price list and waits for the network.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.turn_off_message_logging = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they may quote prompts and keys
    return litellm
