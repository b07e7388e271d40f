"""After an upgrade: rewards that an earlier verifier passed are built again from their sources."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress

from tabrl.adapters.logs import logger, where
from tabrl.domain.errors import Conflict, NotFound, TabrlError
from tabrl.ports import BlobStore, OutdatedArtifact, OutdatedArtifacts
from tabrl.rewards.errors import RewardError
from tabrl.robots import get_robot
from tabrl_reward_worker.building import RewardBuilder
from tabrl_reward_worker.generation import RULE_BASED

EVERY_S = 20.0  # workers of an earlier version may go on for a while beside this one
AT_ONCE = 20
_ANOTHER_TIME = frozenset({"reward_timeout", "reward_crashed"})


class Rebuilder:
    """Gives a verdict on every artifact of an earlier verifier; any number may run."""

    def __init__(
        self, outdated: OutdatedArtifacts, reward_builder: RewardBuilder, blobs: BlobStore
    ) -> None:
        self._outdated = outdated
        self._reward_builder = reward_builder
        self._blobs = blobs
        self._stop = threading.Event()

    def start(self) -> None:
        """Look every few seconds, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="rebuilder", daemon=True).start()

    def stop(self) -> None:
        """Stop after the present artifact."""
        self._stop.set()

    def rebuild(self) -> int:
        """One round; returns on how many artifacts a verdict was given. Raises `TabrlError`."""
        verdicts = 0
        for artifact in self._outdated.outdated(AT_ONCE):
            if self._stop.is_set():
                break
            try:
                self._outdated.replace(artifact.sha256, self._built_again(artifact))
            except RewardError as error:
                if error.code in _ANOTHER_TIME:
                    continue
                logger.warning("artifact %s: not built again (%s)", artifact.sha256, error.code)
                self._outdated.refuse(artifact.sha256, error.code)
            verdicts += 1
        return verdicts

    def _built_again(self, artifact: OutdatedArtifact) -> str:
        """The hash of the new artifact. Raises `RewardError` where there can be none."""
        candidate = artifact.candidate
        if candidate is None or not artifact.source:
            raise RewardError("its source is gone", code="reward_source_gone")
        try:
            robot = get_robot(artifact.robot)
        except NotFound:
            raise RewardError("its robot is gone", code="reward_robot_gone") from None
        # Whoever said the motion, its code is what our templates wrote.
        ours = candidate.author == RULE_BASED or candidate.motion is not None
        built = self._reward_builder.build(artifact.source, robot, trusted=ours)
        if set(built.weights) != set(candidate.weights):
            raise RewardError("its terms are others now", code="reward_weights")
        sha256 = hashlib.sha256(built.blob).hexdigest()
        with suppress(Conflict):  # equal bytes have the same name
            self._blobs.put(f"artifacts/{sha256}.bin", built.blob)
        return sha256

    def _run(self) -> None:
        while not self._stop.is_set():
            verdicts = 0
            try:
                verdicts = self.rebuild()
            except TabrlError as error:
                logger.warning("building again: %s", error.code)
            except Exception as error:  # a bug here must not end the worker's other work
                logger.error("building again: unexpected %s", where(error))
            self._stop.wait(0.0 if verdicts == AT_ONCE else EVERY_S)
