"""The generator with a language model. Only this package imports litellm, lazily."""

from tabrl_reward_worker.llm.client import LitellmProvider, LlmOptions, load_litellm
from tabrl_reward_worker.llm.code_writer import Validate
from tabrl_reward_worker.llm.generator import LlmGenerator

__all__ = ["LitellmProvider", "LlmGenerator", "LlmOptions", "Validate", "load_litellm"]
