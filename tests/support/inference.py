"""Storage with one running training job, and policies to publish in it, without a trainer."""

from __future__ import annotations

from collections.abc import Mapping
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
from tabrl.control.command_schedule import CommandSchedule, ScheduleDocument
from tabrl.control.policy import Layer, PolicyHeader, PolicyWeights, dump_policy
from tabrl.domain.ids import new_job_id, new_task_id
from tabrl.domain.jobs import Job, JobKind
from tabrl.domain.models import Model
from tabrl.domain.tasks import Task
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, get_robot, scene_sha256

MODEL = "mdl_a"


def random_params(
    seed: int, hidden: tuple[int, ...] = (32,), robot: Robot | None = None, **asked: float
) -> bytes:
    """A params file of a robot, else of the Go1, with random layers of these sizes.

    It is asked to walk at 0.4 m/s unless something else is `asked`.
    """
    if robot is None:
        robot, asked = get_robot("go1"), asked or {"vx": 0.4}
    rng = np.random.default_rng(seed)
    embodiment = embodiment_of(robot)
    size = len(embodiment.observation)
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
    schedule = CommandSchedule.asking(embodiment.commands, **asked)
    header = PolicyHeader(
        robot=robot.id,
        scene_sha256=scene_sha256(robot.id),
        program=ScheduleDocument.of(schedule),
    )
    return dump_policy(header, weights)


class TrainingInProgress:
    """SQLite and a folder of blobs below `folder`, with a model of a robot on `base` parameters.

    The robot is the Go1 unless another is given. Running services may share the folder; where they
    have put the robot's pretrained policy there, no other `base` is needed.
    """

    def __init__(
        self, folder: Path, base: bytes | None, robot: Robot | None = None, model_id: str = MODEL
    ) -> None:
        self._robot = (robot or get_robot("go1")).id
        self.model_id = model_id
        settings = Settings(data=folder)
        engine = make_engine(settings.database)
        upgrade(engine)
        self._clock = SystemClock()
        self._blobs = make_blob_store(settings.blobs)
        self._models = SqlModelRepository(engine, self._clock)
        if base is not None:
            self._blobs.put(Model.base_params_key(self._robot), base)
        task, training = self._make_task(SqlTaskRepository(engine, self._clock))
        jobs = SqlJobRepository(engine, self._clock)
        self._task, self._training, self._jobs = task, training, jobs
        jobs.create_training([training], [self._model(task, training)])
        claimed = jobs.claim(training.id, lease_s=600, max_attempts=3)
        assert claimed is not None
        self._job_id, self._fence = claimed.id, claimed.fence

    def _make_task(self, tasks: SqlTaskRepository) -> tuple[Task, Job]:
        now, task_id, job_id = self._clock.now(), new_task_id(), new_job_id()
        task = Task(
            id=task_id, robot=self._robot, prompt="walk", created_at=now, job_id=job_id
        )  # fmt: skip
        writing = Job(
            id=job_id, kind=JobKind.REWARD, task_id=task_id, robot=self._robot, queued_at=now,
            created_at=now,
        )  # fmt: skip
        tasks.create(task, writing)
        changes = {"id": new_job_id(), "kind": JobKind.TRAIN, "model_id": self.model_id}
        return task, writing.model_copy(update=changes)

    def _model(self, task: Task, training: Job) -> Model:
        return Model(
            id=self.model_id,
            job_id=training.id,
            task_id=task.id,
            robot=self._robot,
            scene_sha256=scene_sha256(self._robot),
            params_key=Model.base_params_key(self._robot),
            created_at=task.created_at,
            updated_at=task.created_at,
        )

    def add_models(self, params: Mapping[str, bytes]) -> None:
        """Further models by their ids, each with parameters of its own."""
        for model_id, data in params.items():
            key = f"params/{model_id}"
            self._blobs.put(key, data)
            job = self._training.model_copy(update={"id": new_job_id(), "model_id": model_id})
            model = self._model(self._task, job).model_copy(
                update={"id": model_id, "params_key": key}
            )
            self._jobs.create_training([job], [model])

    def take_base_back(self) -> None:
        """Leaves the robot as untrained as it was before, for whoever shares the folder."""
        self._blobs.delete([Model.base_params_key(self._robot)])

    def publish(self, params: bytes, step: int) -> None:
        """What a trainer does every few seconds."""
        key = f"params/{self._job_id}/{self._fence}/{step}.safetensors"
        self._blobs.put(key, params)
        self._models.publish(
            self.model_id, fence=self._fence, params_key=key, params_sha256="0" * 64, step=step
        )
