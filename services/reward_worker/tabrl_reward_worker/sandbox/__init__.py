"""Where strangers' source is run and what it exports is read: children that can do nothing else."""

from tabrl_reward_worker.sandbox.client import BuiltReward, Sandbox
from tabrl_reward_worker.sandbox.recorded import RecordingSandbox

__all__ = ["BuiltReward", "RecordingSandbox", "Sandbox"]
