"""What a training has reached, so that it can go on after its worker died."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from tabrl.contracts.tiers import EvaluationPoint
from tabrl.contracts.training import Reweighting
from tabrl.control.command_schedule import ScheduleDocument
from tabrl.domain.errors import TabrlError
from tabrl.ports import BlobStore
from tabrl.ports.blobs import CHECKPOINTS
from tabrl.sim.learning.checkpoint import dump_tree, load_tree, read_metadata
from tabrl_trainer.finetune import FineTuneState

MAX_CHECKPOINTS = 2  # of a job that stay in the store
METADATA_KEY = "progress"  # of files written since the first version


class KeptSnapshot(BaseModel):
    """A published policy that may yet be delivered; `reward` as measured, `steady` if it falls no
    more often than may be delivered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    update: int
    params_key: str
    reward: float
    steady: bool


class CheckpointMetadata(BaseModel):
    """The part of a checkpoint that is not arrays.

    `program` is the command schedule; `weights` are those the training began with, where they
    were not the spec's; `stages_s` are the seconds that each stage took so far. A full training
    has `history`, the evaluations on the way, and `kept`, its best policies, best first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    program: ScheduleDocument
    search_samples: int
    weights: dict[str, float] = {}
    generations: tuple[int, ...]
    restarts: tuple[int, ...]
    reweightings: tuple[Reweighting, ...] = ()
    snapshots: int
    stages_s: dict[str, float]
    history: tuple[EvaluationPoint, ...] = ()
    kept: tuple[KeptSnapshot, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """A point from which a training can go on."""

    metadata: CheckpointMetadata
    state: FineTuneState


class CheckpointStore:
    """Checkpoints of one job under `checkpoints/{job}/{fence}/{update}`; keys are written once.

    An update has one more for every evaluation, whose number is part of the key.
    """

    def __init__(self, blobs: BlobStore, job_id: str) -> None:
        self._blobs = blobs
        self._prefix = f"{CHECKPOINTS}/{job_id}"

    def save(self, checkpoint: Checkpoint, fence: int) -> None:
        """Write a checkpoint and drop the oldest beyond `MAX_CHECKPOINTS`."""
        update = int(checkpoint.state.update)
        # Without what earlier versions do not know, unless it is used.
        noted = checkpoint.metadata.model_dump_json(exclude_defaults=True)
        data = dump_tree(checkpoint.state, {METADATA_KEY: noted})
        measured = len(checkpoint.metadata.history)
        name = f"{update:06d}-{measured:04d}" if measured else f"{update:06d}"
        self._blobs.put(f"{self._prefix}/{fence:06d}/{name}.safetensors", data)
        self._blobs.delete(self._blobs.list(self._prefix)[:-MAX_CHECKPOINTS])

    def latest(self, template: FineTuneState) -> Checkpoint | None:
        """The newest checkpoint that can be read, if any."""
        for key in reversed(self._blobs.list(self._prefix)):
            try:
                data = self._blobs.get(key)
                metadata = CheckpointMetadata.model_validate_json(read_metadata(data)[METADATA_KEY])
                return Checkpoint(metadata, load_tree(data, template))
            except (TabrlError, ValueError, KeyError):
                continue
        return None
