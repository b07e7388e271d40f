"""Models of MuJoCo Menagerie, which a package downloads when they are first asked for.

Where `MENAGERIE_ROOT` names a checkout, it is read instead, and nothing is downloaded.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tabrl.domain.errors import NotFound

MENAGERIE = "mujoco-menagerie"


def from_menagerie(scene: str) -> Path | None:
    """The file of a robot, `ROBOT/FILE`; None if the package is not installed.

    Raises `NotFound` (code `meshes_not_found`) if it cannot be downloaded.
    """
    robot, _, file = scene.partition("/")
    try:
        package = import_module("mujoco_menagerie")
    except ImportError:
        return None
    try:
        folder: Path = package.get(robot).path(progress=None)
    except (package.MenagerieError, OSError) as error:
        message = f"the meshes of {robot} could not be downloaded: {error}"
        raise NotFound(message, code="meshes_not_found") from error
    return folder / file
