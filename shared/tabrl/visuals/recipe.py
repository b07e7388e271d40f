"""A robot's `visuals.toml`: where detailed meshes lie and how they are painted."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tabrl.domain.errors import NotFound
from tabrl.robots import robot_folder
from tabrl.robots.registry import RECIPE
from tabrl.visuals.menagerie import MENAGERIE, from_menagerie


class VisualRecipe(BaseModel):
    """Which package and model hold the meshes, how many triangles stay, and their paint.

    The package `mujoco-menagerie` holds none but downloads them: the scene is then one of its
    robots and a file of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    package: str  # as the package index calls it
    scene: str  # the reference among its files, an MJCF or a URDF
    bodies: dict[str, str] = {}  # our names of bodies that the reference calls otherwise
    keep: float = Field(gt=0.0, le=1.0)
    min_triangles: int = Field(gt=0)
    smallest_part: float = Field(ge=0.0)
    # Higher values reach the asked share at any price, and mangle what has a face.
    aggressiveness: float = Field(default=2.0, gt=0.0)
    materials: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, robot_id: str) -> VisualRecipe | None:
        """The recipe of a robot; None if its primitives are all there is."""
        file = robot_folder(robot_id).joinpath(RECIPE)
        return cls.model_validate(tomllib.loads(file.read_text())) if file.is_file() else None

    def source(self) -> Path:
        """The reference model. Raises `NotFound` if the package or the file is not at hand."""
        file = from_menagerie(self.scene) if self.package == MENAGERIE else self._installed()
        if file is None or not file.is_file():
            raise NotFound(
                f"the package {self.package} with the meshes in {self.scene} is not installed",
                code="meshes_not_found",
            )
        return file

    def _installed(self) -> Path | None:
        """A file of a package, which is located but not imported: only its files are of use."""
        try:
            return Path(str(distribution(self.package).locate_file(self.scene)))
        except PackageNotFoundError:
            return None
