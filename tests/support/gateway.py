"""The gateway over in-memory twins, with a robot that exists only here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tabrl.adapters.settings import Settings
from tabrl.adapters.tracing import Tracing
from tabrl.contracts.ground import FLAT, Ground, GroundShape, NamedGround
from tabrl.contracts.motion import AskableInfo
from tabrl.contracts.page import Camera, RobotPage
from tabrl.contracts.quantities import Catalogue, Entry, named
from tabrl.domain.errors import Invalid, NotFound
from tabrl.domain.jobs import JobState
from tabrl.domain.models import Model
from tabrl.domain.tasks import WrittenTask
from tabrl.ports import RobotCard
from tabrl_api.app import create_app
from tabrl_api.context import AppContext
from tabrl_api.tokens import create as create_token
from tests.support.factories import PREVIEW, candidate, train_result
from tests.twins import MemoryTaskQueue
from tests.twins.gateway import wire_in_memory


@dataclass(frozen=True)
class Toy:
    """A robot as the catalogue describes one."""

    id: str = "toy"
    name: str = "Toy"
    maker: str = "Nobody"
    description: str = "Stands."
    examples: tuple[str, ...] = ("stand",)


CATALOGUE = Catalogue(
    {
        "forward_speed": Entry("m/s", "how fast it goes"),
        "foot_height": Entry("m", "how high its toe is", named(("toe",), "a foot's name")),
    }
)
ASKABLES = (
    AskableInfo.of("forward_speed", "m/s", "forward", "backward"),
    AskableInfo.of("foot_height", "m", "off the floor", parts=("toe",)),
)


class ToyCatalog:
    """One robot."""

    def list_robots(self) -> Sequence[RobotCard]:
        """The robot."""
        return (Toy(),)

    def get_robot(self, robot_id: str) -> RobotCard:
        """The robot, if it is asked for."""
        if robot_id != "toy":
            raise NotFound("There is no such robot.", code="unknown_robot", hint="Choose toy.")
        return Toy()

    def page_of(self, robot_id: str) -> RobotPage:
        """How it is shown."""
        self.get_robot(robot_id)
        camera = Camera(distance_m=1.0, height_m=0.5)
        return RobotPage(embodiment="toy", control_hz=10, camera=camera, readouts=(), fall=None)

    def catalogue_of(self, robot_id: str) -> Catalogue:
        """What can be measured of it."""
        self.get_robot(robot_id)
        return CATALOGUE

    def askables_of(self, robot_id: str) -> tuple[AskableInfo, ...]:
        """What it can be asked for."""
        self.get_robot(robot_id)
        return ASKABLES

    def grounds_of(self, robot_id: str) -> tuple[NamedGround, ...]:
        """What it can be put on."""
        self.get_robot(robot_id)
        return (NamedGround(name="flat", label="flat ground", ground=FLAT),)

    def scene_xml(self, robot_id: str, ground: Ground = FLAT) -> bytes:
        """Its scene, in which a slope is as good as any other ground."""
        self.get_robot(robot_id)
        if ground.shape is GroundShape.STEPS:
            raise Invalid("The toy climbs no steps.", code="bad_ground")
        return b"<mujoco/>" if ground.plain else f"<mujoco model='{ground.angle_deg}'/>".encode()

    def scene_sha256(self, robot_id: str, ground: Ground = FLAT) -> str:
        """The scene's hash."""
        return hashlib.sha256(self.scene_xml(robot_id, ground)).hexdigest()


class Gateway:
    """A client of the gateway, and the workers' side of what it did."""

    def __init__(
        self,
        folder: Path,
        *,
        raise_errors: bool = True,
        tracing: Tracing | None = None,
        **settings_: Any,
    ) -> None:
        settings = Settings(data=folder, web_dist=folder / "dist", **settings_)
        self.context: AppContext = wire_in_memory(settings, robots=ToyCatalog(), tracing=tracing)
        self._raise_errors = raise_errors
        self.context.blobs.put(Model.base_params_key("toy"), b"policy")
        self.http = TestClient(
            create_app(self.context),
            base_url="http://127.0.0.1:8400",
            raise_server_exceptions=raise_errors,
        )

    def log_in(self, owner: str) -> TestClient:
        """From now on this is who asks; returns a client of theirs for later."""
        made = create_token(owner, "", self.context.tokens, self.context.clock)
        self.http = self.client(str(made["token"]))
        return self.http

    def client(self, token: str = "") -> TestClient:
        """A client that sends a token, or none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return TestClient(
            self.http.app,
            base_url="http://127.0.0.1:8400",
            headers=headers,
            raise_server_exceptions=self._raise_errors,
        )

    @property
    def queue(self) -> MemoryTaskQueue:
        """The messages that were sent."""
        assert isinstance(self.context.queue, MemoryTaskQueue)
        return self.context.queue

    def task(self, prompt: str = "stand tall") -> dict[str, Any]:
        """A new task."""
        response = self.http.post("/api/tasks", json={"robot": "toy", "prompt": prompt})
        assert response.status_code == 202, response.text
        task: dict[str, Any] = response.json()
        return task

    def ready_task(self, count: int = 2, phases_s: tuple[float, ...] = ()) -> str:
        """A task whose candidates a worker has written; returns its id."""
        task = self.task()
        job = self.context.jobs.claim(task["job_id"], 15, 3)
        assert job is not None
        written = WrittenTask(
            candidates=[
                candidate(n).model_copy(update={"phases_s": phases_s}) for n in range(1, count + 1)
            ],
            previews={1: PREVIEW},
            understood=["stand"],
            not_understood=["tall"],
        )
        self.context.tasks.store(task["id"], written, job_id=job.id, fence=job.fence)
        sources = {n: f"def reward_{n}(): ..." for n in range(1, count + 1)}
        self.context.sources.put(task["id"], sources, job_id=job.id, fence=job.fence)
        self.context.jobs.finish(job.id, job.fence, JobState.SUCCEEDED)
        return str(task["id"])

    def train(self, task_id: str, candidate: int | str = 1) -> list[dict[str, Any]]:
        """Start training; returns the jobs."""
        response = self.http.post(f"/api/tasks/{task_id}/train", json={"candidate": candidate})
        assert response.status_code == 202, response.text
        jobs: list[dict[str, Any]] = response.json()["jobs"]
        return jobs

    def finish(self, job_id: str) -> None:
        """Let a worker finish a job."""
        job = self.context.jobs.claim(job_id, 15, 3)
        assert job is not None
        assert self.context.jobs.finish(
            job_id, job.fence, JobState.SUCCEEDED, result=train_result()
        )
