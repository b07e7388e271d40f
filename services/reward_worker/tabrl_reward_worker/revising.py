"""A user's edit of a candidate, built like any other draft."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from tabrl.domain.jobs import FailureKind
from tabrl.domain.tasks import Candidate, Revision
from tabrl.ports import BlobStore, JobFailedError
from tabrl.rewards.errors import RewardError, did_you_mean
from tabrl.robots import Robot
from tabrl_reward_worker.building import BuiltDraft, Workshop
from tabrl_reward_worker.drafts import Draft
from tabrl_reward_worker.jail import BuiltReward

AUTHOR = "you"


def artifact_key(sha256: str) -> str:
    """Where an artifact lies in the object store."""
    return f"artifacts/{sha256}.bin"


def revised(
    revision: Revision,
    parent: Candidate,
    source: str,
    robot: Robot,
    workshop: Workshop,
    blobs: BlobStore,
) -> BuiltDraft:
    """The parent with the edit; only code that changed is built again.

    Raises `JobFailedError` (with the line at fault) or `Unavailable`.
    """
    same = revision.code is None or revision.code == source
    try:
        if same:
            reward = _stored(parent, blobs)
        else:
            assert revision.code is not None
            source = revision.code
            reward = workshop.build(source, robot)
        reward = replace(reward, weights=_weights(revision, reward))
    except RewardError as error:
        hint = f" {error.hint[0].upper()}{error.hint[1:]}." if error.hint else ""
        message = f"{error.message[0].upper()}{error.message[1:]}.{hint}"
        raise JobFailedError(FailureKind.CODE, error.code, message, error.line) from None
    checks = tuple(parent.checks if revision.checks is None else revision.checks)
    name = parent.name if parent.name.endswith(", edited") else f"{parent.name}, edited"
    draft = Draft(name, parent.idea, source, reward.weights, checks, parent.phases_s)
    return BuiltDraft(draft, reward)


def _stored(parent: Candidate, blobs: BlobStore) -> BuiltReward:
    blob = blobs.get(artifact_key(parent.artifact_sha256))
    if hashlib.sha256(blob).hexdigest() != parent.artifact_sha256:
        raise JobFailedError(
            FailureKind.INFRASTRUCTURE,
            "artifact_changed",
            "The stored reward is not the one that was checked; write the task again.",
        )
    return BuiltReward(blob, tuple(sorted(parent.weights)), dict(parent.weights))


def _weights(revision: Revision, reward: BuiltReward) -> dict[str, float]:
    """The weights of the source, with those of the edit in their place."""
    changes = revision.weights or {}
    for name in changes:
        if name not in reward.weights:
            raise RewardError(
                f"there is no term '{name}' to give a weight",
                code="reward_weights",
                hint=did_you_mean(name, list(reward.weights)),
            )
    return {**reward.weights, **changes}
