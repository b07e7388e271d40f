"""Policies that can be played while a training goes on, and the one it delivers."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from tabrl.contracts.events import SnapshotEvent
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.ports import BlobStore, ModelRepository
from tabrl.ports.blobs import EPISODES, PARAMS
from tabrl_trainer.stages.session import JobSession
from tabrl_trainer.storage.params import params_file


class Published(NamedTuple):
    """Where a policy lies, and the hash of its params file."""

    key: str
    sha256: str


class SnapshotPublisher:
    """Puts policies into the store, the model's row and the events, equal ones once in a row."""

    def __init__(
        self, session: JobSession, blobs: BlobStore, models: ModelRepository, published: int = 0
    ) -> None:
        """`published` snapshots of the job were counted by earlier attempts."""
        self._session = session
        self._blobs = blobs
        self._models = models
        self.published = published

    def publish(
        self,
        weights: PolicyWeights,
        schedule: CommandSchedule,
        *,
        update: int,
        samples: int,
        reward: float,
    ) -> Published:
        """Publish a policy.

        Args:
            weights: The policy's weights.
            schedule: The command schedule that it follows.
            update: Updates of PPO behind it; 0 for the pretrained policy.
            samples: Control steps simulated so far, the search's included.
            reward: What it earned a control step.

        Returns:
            Where it lies.
        """
        session = self._session
        data = params_file(session.robot, weights, schedule, update, session.spec.ground)
        sha256 = hashlib.sha256(data).hexdigest()
        last = self._models.get(session.model_id)
        if sha256 == last.params_sha256:
            return Published(last.params_key, sha256)  # the last snapshot is what is delivered
        self.published += 1
        fence = session.control.fence
        key = f"{PARAMS}/{session.job_id}/{fence}/{self.published}.safetensors"
        self._blobs.put(key, data)
        model = self._models.publish(
            session.model_id, fence=fence, params_key=key, params_sha256=sha256, step=update
        )
        session.publish(
            SnapshotEvent(
                version=model.params_version,
                update=update,
                samples=samples,
                params_sha256=sha256,
                reward=reward,
                elapsed_s=session.elapsed_s,
            )
        )
        return Published(key, sha256)

    def record(self, episodes: bytes) -> None:
        """Keep evaluated episodes of what the job delivers, once in an attempt."""
        session = self._session
        key = f"{EPISODES}/{session.job_id}/{session.control.fence:06d}/evaluated.safetensors"
        self._blobs.put(key, episodes)
