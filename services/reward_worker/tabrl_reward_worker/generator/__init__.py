"""The rule-based generator: a small grammar from sentences to rewards, without a language model."""

from tabrl_reward_worker.generator.generate import candidates_of, generate, has_words_for

__all__ = ["candidates_of", "generate", "has_words_for"]
