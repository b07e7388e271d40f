"""The offline author: a small grammar from sentences to rewards, without a language model."""

from tabrl_reward_worker.composer.compose import compose

__all__ = ["compose"]
