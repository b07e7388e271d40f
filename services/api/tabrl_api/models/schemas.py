"""Models as clients see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from tabrl.contracts.ground import Ground
from tabrl.domain.jobs import JobState

MODEL_EXAMPLE: JsonDict = {
    "id": "mdl_x7c2q4mzk3hf5wpa",
    "job_id": "job_5wauxhcjkly7sakx",
    "task_id": "tsk_52gcogdi5xuj626f",
    "robot": "walker",
    "scene_url": "/api/robots/walker/scene.xml",
    "scene_sha256": "0" * 64,
    "ground": {"shape": "flat"},
    "ground_words": "flat ground",
    "visuals_url": None,
    "params_version": 3,
    "params_sha256": "1" * 64,
    "step": 24,
    "updated_at": "2026-01-01T12:00:30Z",
    "job_state": "running",
    "inference_url": "ws://127.0.0.1:8401/api/models/mdl_x7c2q4mzk3hf5wpa/inference",
    "episodes_url": "/api/models/mdl_x7c2q4mzk3hf5wpa/episodes",
}


class ModelView(BaseModel):
    """The newest parameters of a training, and where to drive them."""

    model_config = ConfigDict(json_schema_extra={"examples": [MODEL_EXAMPLE]})

    id: str
    job_id: str
    task_id: str
    robot: str
    scene_url: str
    scene_sha256: str
    ground: Ground = Field(description="What the robot stands on, and was trained on.")
    ground_words: str = Field(examples=["flat ground"])
    visuals_url: str | None
    params_version: int = Field(description="0: the robot's pretrained policy; then counts up.")
    params_sha256: str = Field(description="Empty at version 0.")
    step: int
    updated_at: datetime
    job_state: JobState
    inference_url: str
    episodes_url: str | None = Field(
        default=None,
        description="Evaluated episodes, to be watched; null where none were recorded.",
    )


class ShareView(BaseModel):
    """A link to a model, shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "secret": "share_x7c2q4mzk3hf5wpa",
                    "path": "/models/mdl_x7c2q4mzk3hf5wpa#share_x7c2q4mzk3hf5wpa",
                }
            ]
        }
    )

    secret: str = Field(description="A token that is good for this model alone.")
    path: str = Field(
        description="Where the page shows it. Browsers send what follows `#` to no server."
    )

    @classmethod
    def of(cls, model_id: str, secret: str) -> ShareView:
        """View of a new link."""
        return cls(secret=secret, path=f"/models/{model_id}#{secret}")


class ModelList(BaseModel):
    """Models, most recently changed first."""

    models: list[ModelView]
