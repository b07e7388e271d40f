"""A sandbox whose verdicts are kept, so that a trainer can ask for them."""

from __future__ import annotations

import hashlib

from tabrl.ports import VerifiedArtifacts
from tabrl.robots import Robot
from tabrl_reward_worker.sandbox.client import BuiltReward, Sandbox


class RecordingSandbox:
    """Builds in a sandbox and records the hash of every artifact that its verifier wrote."""

    def __init__(self, sandbox: Sandbox, verified: VerifiedArtifacts) -> None:
        self._sandbox = sandbox
        self._verified = verified

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """See `Sandbox.build`."""
        built = self._sandbox.build(source, robot, trusted)
        self._verified.record(hashlib.sha256(built.blob).hexdigest(), robot.id)
        return built
