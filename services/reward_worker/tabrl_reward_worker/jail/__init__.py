"""Where generated source runs: a forked child without secrets, with limits on time and memory."""

from tabrl_reward_worker.jail.client import BuiltReward, Jail

__all__ = ["BuiltReward", "Jail"]
