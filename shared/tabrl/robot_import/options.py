"""What a user may say about a model when it becomes a robot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ImportOptions:
    """What to import, and how.

    `place` is a folder or a file. `model` names a file of the folder, `home` a keyframe, `tool` a
    site or body of an arm. `floating` gives the root a free joint, `servos` makes position servos
    of motors and where there is nothing: they give all their torque at an error of
    `full_torque_at`, rad.
    """

    place: Path
    robot_id: str | None = None
    name: str | None = None
    model: str | None = None
    home: str | None = None
    tool: str | None = None
    floating: bool = False
    servos: bool = False
    full_torque_at: float = 0.7
