"""Storage with one running training job, and policies to publish in it, without a trainer."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from tabrl.adapters.blobs import make_blob_store
from tabrl.adapters.clock import SystemClock
from tabrl.adapters.settings import Settings
from tabrl.adapters.sql.engine import make_engine
from tabrl.adapters.sql.jobs import SqlJobRepository
from tabrl.adapters.sql.migrate import upgrade
from tabrl.adapters.sql.models import SqlModelRepository
from tabrl.adapters.sql.tasks import SqlTaskRepository
from tabrl.control.commands import CommandSchedule
from tabrl.control.observation import observation_size
from tabrl.control.policy import Layer, PolicyHeader, PolicyWeights, dump_policy
from tabrl.domain.jobs import Job, JobKind
from tabrl.domain.models import Model
from tabrl.domain.tasks import Task
from tabrl.robots import get_robot, scene_sha256

MODEL = "mdl_a"


def random_params(seed: int, hidden: tuple[int, ...] = (32,)) -> bytes:
    """A params file of the Go1 with random layers of these sizes, asked to walk at 0.4 m/s."""
    robot = get_robot("go1")
    rng = np.random.default_rng(seed)
    size = observation_size(robot)
    widths = (size, *hidden, robot.nu)

    def layer(rows: int, columns: int) -> Layer:
        return Layer(
            rng.normal(scale=0.1, size=(rows, columns)).astype(np.float32),
            rng.normal(scale=0.1, size=columns).astype(np.float32),
        )

    weights = PolicyWeights(
        np.zeros(size, np.float32),
        np.ones(size, np.float32),
        tuple(layer(a, b) for a, b in pairwise(widths)),
    )
    schedule = CommandSchedule.asking(vx=0.4)
    header = PolicyHeader(robot=robot.id, scene_sha256=scene_sha256(robot.id), program=schedule)
    return dump_policy(header, weights)


class TrainingInProgress:
    """SQLite and a folder of blobs below `folder`, with the model `mdl_a` on `base` parameters."""

    def __init__(self, folder: Path, base: bytes) -> None:
        settings = Settings(data=folder)
        engine = make_engine(settings.database)
        upgrade(engine)
        clock = SystemClock()
        now = datetime.now(UTC)
        self._blobs = make_blob_store(settings.blobs)
        self._blobs.put(Model.base_params_key("go1"), base)
        self._models = SqlModelRepository(engine, clock)
        task = Task(id="tsk_a", robot="go1", prompt="walk", created_at=now, job_id="job_w")
        writing = Job(
            id="job_w", kind=JobKind.REWARD, task_id=task.id, robot="go1", queued_at=now,
            created_at=now,
        )  # fmt: skip
        SqlTaskRepository(engine, clock).create(task, writing)
        jobs = SqlJobRepository(engine, clock)
        changes = {"id": "job_t", "kind": JobKind.TRAIN, "model_id": MODEL}
        training = writing.model_copy(update=changes)
        model = Model(
            id=MODEL,
            job_id=training.id,
            task_id=task.id,
            robot="go1",
            scene_sha256=scene_sha256("go1"),
            params_key=Model.base_params_key("go1"),
            created_at=now,
            updated_at=now,
        )
        jobs.create_training([training], [model])
        claimed = jobs.claim(training.id, lease_s=600, max_attempts=3)
        assert claimed is not None
        self._fence = claimed.fence

    def publish(self, params: bytes, step: int) -> None:
        """What a trainer does every few seconds."""
        key = f"params/job_t/{self._fence}/{step}.safetensors"
        self._blobs.put(key, params)
        self._models.publish(
            MODEL, fence=self._fence, params_key=key, params_sha256="0" * 64, step=step
        )
