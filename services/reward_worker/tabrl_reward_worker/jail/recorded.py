"""A jail whose verdicts are kept, so that a trainer can ask for them."""

from __future__ import annotations

import hashlib

from tabrl.ports import VerifiedArtifacts
from tabrl.robots import Robot
from tabrl_reward_worker.jail.client import BuiltReward, Jail


class RecordingJail:
    """Builds in a jail and records the hash of every artifact that its verifier wrote."""

    def __init__(self, jail: Jail, verified: VerifiedArtifacts) -> None:
        self._jail = jail
        self._verified = verified

    def build(self, source: str, robot: Robot, trusted: bool = False) -> BuiltReward:
        """See `Jail.build`."""
        built = self._jail.build(source, robot, trusted)
        self._verified.record(hashlib.sha256(built.blob).hexdigest(), robot.id)
        return built
