"""What an export is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tabrl.control.embodiment import Embodiment
from tabrl.control.policy import Policy
from tabrl.embodiments.load import embodiment_of, load_policy
from tabrl.robots import Robot

Files = Mapping[str, bytes]  # by names relative to the export's folder, parted by `/`


@dataclass(frozen=True)
class Exportable:
    """A model, and everything that a format may take from it.

    `params` are the bytes of its parameters (safetensors), `scene` those of the MJCF that it was
    trained in, `visuals` its meshes (GLB) if it has some; `page` is the folder of the built page,
    where there is one. `sentence` is the task in its author's words, empty where they are not
    known; `episodes` is the file of evaluated ones (docs/replay.md) if some were recorded.
    """

    model_id: str
    params_version: int
    step: int
    robot: Robot
    params: bytes
    scene: bytes
    visuals: bytes | None = None
    page: Path | None = None
    sentence: str = ""
    episodes: bytes | None = None

    @cached_property
    def policy(self) -> Policy:
        """The controller behind the parameters. Raises `Invalid` (code `bad_params`)."""
        return load_policy(self.params)

    @property
    def embodiment(self) -> Embodiment:
        """The robot as its kind sees it. Raises `Invalid` (code `bad_robot`)."""
        return embodiment_of(self.robot)

    @property
    def heading(self) -> str:
        """The first lines of every export's README, in Markdown."""
        return (
            f"# {self.robot.name}: {self.model_id}\n\n"
            f"Exported from TabRL, version {self.params_version} of the parameters "
            f"(step {self.step}).\n"
        )
