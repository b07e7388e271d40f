"""Evaluated episodes of what a training delivered, which the trainer recorded."""

from __future__ import annotations

from tabrl.domain.errors import NotFound
from tabrl.domain.jobs import Job, JobState
from tabrl.domain.models import Model
from tabrl.ports import BlobStore
from tabrl.ports.blobs import EPISODES


def episodes_url(model: Model, job: Job | None) -> str | None:
    """Where a model's episodes are; None where its training has not recorded any."""
    if job is None or job.state is not JobState.SUCCEEDED:
        return None
    recorded = job.result is not None and job.result.recorded
    return f"/api/models/{model.id}/episodes" if recorded else None


def episodes_recorded(model: Model, blobs: BlobStore) -> bytes | None:
    """The file of the last attempt, if there is one."""
    keys = blobs.list(f"{EPISODES}/{model.job_id}") if model.job_id else []
    return blobs.get(keys[-1]) if keys else None


def episodes_of(model: Model, blobs: BlobStore) -> bytes:
    """As `episodes_recorded`. Raises `NotFound` (code `no_episodes`) where there is none."""
    recorded = episodes_recorded(model, blobs)
    if recorded is None:
        raise NotFound(
            f"No episodes of {model.id} were recorded.",
            code="no_episodes",
            hint="Trainings of earlier versions recorded none: train it again.",
        )
    return recorded
