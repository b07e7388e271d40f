"""Where strangers' source is run and what it exports is read: children that can do nothing else."""

from tabrl_reward_worker.jail.client import BuiltReward, Jail
from tabrl_reward_worker.jail.recorded import RecordingJail

__all__ = ["BuiltReward", "Jail", "RecordingJail"]
