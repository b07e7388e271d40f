"""A training's reward, loaded only if the verifier saw these very bytes."""

from __future__ import annotations

import hashlib

from tabrl.contracts.training import TrainSpec
from tabrl.domain.jobs import FailureKind
from tabrl.ports import BlobStore, JobFailedError, VerifiedArtifacts
from tabrl.sim.reward.function import load_reward
from tabrl_trainer.rollout_reward import RolloutReward


def verified_reward(
    spec: TrainSpec, blobs: BlobStore, verified: VerifiedArtifacts
) -> RolloutReward:
    """The reward with the weights it begins with.

    Raises `JobFailedError` (code `artifact_not_verified` or `artifact_changed`): only bytes whose
    hash the verifier recorded are ever loaded.
    """
    if not verified.is_verified(spec.artifact_sha256):
        raise JobFailedError(
            FailureKind.INFRASTRUCTURE,
            "artifact_not_verified",
            "This reward was never verified by this version of TabRL; write the task again.",
        )
    blob = blobs.get(f"artifacts/{spec.artifact_sha256}.bin")
    if hashlib.sha256(blob).hexdigest() != spec.artifact_sha256:
        raise JobFailedError(
            FailureKind.INFRASTRUCTURE,
            "artifact_changed",
            "The stored reward is not the one that was checked; write the task again.",
        )
    return RolloutReward(load_reward(blob), spec.weights)
