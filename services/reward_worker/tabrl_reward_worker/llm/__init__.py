"""The author with a language model, through litellm. Only this package imports litellm, lazily."""

from tabrl_reward_worker.llm.author import LlmAuthor, Validate
from tabrl_reward_worker.llm.client import LlmOptions, load_litellm

__all__ = ["LlmAuthor", "LlmOptions", "Validate", "load_litellm"]
