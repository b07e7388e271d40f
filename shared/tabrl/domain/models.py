"""A model: the parameters that a training job keeps replacing, under one address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from tabrl.domain.people import LOCAL

BASE_VERSION = 0
_EVER = datetime.fromtimestamp(0, UTC)  # built-in models were always there


class Model(BaseModel):
    """The newest parameters of one training job.

    `params_version` is 0 for the robot's pretrained policy and then 1, 2, 3 …, also across
    attempts; `params_key` is the blob, `params_sha256` its hash (empty at version 0, where nobody
    has read the file yet), `step` the training step it was taken at.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    job_id: str
    task_id: str
    owner: str = LOCAL
    robot: str
    scene_sha256: str
    params_key: str
    params_version: int = BASE_VERSION
    params_sha256: str = ""
    step: int = 0
    created_at: datetime
    updated_at: datetime

    def published(self, now: datetime, *, params_key: str, params_sha256: str, step: int) -> Self:
        """Pointed at new parameters, under the next version."""
        changes = {
            "params_key": params_key,
            "params_sha256": params_sha256,
            "params_version": self.params_version + 1,
            "step": step,
            "updated_at": now,
        }
        return self.model_copy(update=changes)

    @staticmethod
    def base_params_key(robot: str) -> str:
        """Where the trainer puts a robot's pretrained policy."""
        return f"base/{robot}/policy.safetensors"

    @staticmethod
    def robot_constants_key(robot: str) -> str:
        """Where the trainer puts what a controller outside of Python must know of a robot."""
        return f"base/{robot}/robot.json"

    @staticmethod
    def example_params_key(robot: str) -> str:
        """Where the trainer puts a robot's example: its pretrained policy under a schedule."""
        return f"example/{robot}/policy.safetensors"


class BuiltIn(StrEnum):
    """Models that nobody trained here, one of each for a robot; anybody may drive them."""

    PRETRAINED = "pretrained"
    EXAMPLE = "example"

    def model_id(self, robot: str) -> str:
        """The id under which inference serves it."""
        return f"{self}-{robot}"


def built_in(model_id: str, scene_sha256: Callable[[str], str]) -> Model | None:
    """The built-in model of that id; None for any other id.

    Raises `NotFound` (code `unknown_robot`), as `scene_sha256` does of a robot's id.
    """
    kind, dash, robot = model_id.partition("-")
    if not dash or kind not in list(BuiltIn):
        return None
    example = kind == BuiltIn.EXAMPLE
    return Model(
        id=model_id,
        job_id="",
        task_id="",
        robot=robot,
        scene_sha256=scene_sha256(robot),
        params_key=(Model.example_params_key if example else Model.base_params_key)(robot),
        created_at=_EVER,
        updated_at=_EVER,
    )
