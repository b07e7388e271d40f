"""A training's reward, loaded only if the verifier saw these very bytes."""

from __future__ import annotations

import hashlib

from tabrl.contracts.training import TrainSpec
from tabrl.domain.errors import Invalid
from tabrl.domain.jobs import FailureKind
from tabrl.ports import BlobStore, JobFailedError, VerifiedArtifacts
from tabrl.sim.reward.function import RewardFunction, load_reward
from tabrl_trainer.rollout_reward import RolloutReward


def verified_reward(
    spec: TrainSpec, blobs: BlobStore, verified: VerifiedArtifacts
) -> RolloutReward:
    """The reward with the weights it begins with. Raises as `verified_artifact` does."""
    return RolloutReward(verified_artifact(spec, blobs, verified), spec.weights)


def verified_artifact(
    spec: TrainSpec, blobs: BlobStore, verified: VerifiedArtifacts
) -> RewardFunction:
    """The reward's function.

    Only bytes whose hash the verifier recorded are ever loaded.

    Raises:
        JobFailedError: nobody verified it, or it is none any more (code `artifact_not_verified`,
            `artifact_refused` or `artifact_changed`).
        Unavailable: it is from an earlier verifier and will soon be built again.
    """
    try:
        sha256 = verified.current(spec.artifact_sha256)
    except Invalid as error:
        raise JobFailedError(FailureKind.INFRASTRUCTURE, error.code, error.message) from None
    blob = blobs.get(f"artifacts/{sha256}.bin")
    if hashlib.sha256(blob).hexdigest() != sha256:
        raise JobFailedError(
            FailureKind.INFRASTRUCTURE,
            "artifact_changed",
            "The stored reward is not the one that was checked; write the task again.",
        )
    return load_reward(blob)
