"""Robots from the catalogue, and the files that belong to them."""

from __future__ import annotations

from pathlib import Path

from tabrl.adapters.settings import Settings
from tabrl.domain.errors import NotFound
from tabrl.ports import RobotCard, RobotCatalog
from tabrl_api.robots.schemas import RobotView


def scene_url(robot_id: str) -> str:
    """Address of a robot's scene."""
    return f"/api/robots/{robot_id}/scene.xml"


def visuals_url(robot_id: str, settings: Settings) -> str | None:
    """Address of a robot's meshes, if they were built."""
    return f"/api/robots/{robot_id}/visuals.glb" if _file(robot_id, settings).is_file() else None


def visuals_file(robot_id: str, catalog: RobotCatalog, settings: Settings) -> Path:
    """The meshes. Raises `NotFound` (code `unknown_robot` or `visuals_not_built`)."""
    path = _file(catalog.get_robot(robot_id).id, settings)
    if not path.is_file():
        raise NotFound(
            f"The meshes of {robot_id} have not been built here.",
            code="visuals_not_built",
            hint="The scene's own primitives show the robot too.",
        )
    return path


def view(robot: RobotCard, catalog: RobotCatalog, settings: Settings) -> RobotView:
    """A robot as the page sees it."""
    return RobotView(
        id=robot.id,
        name=robot.name,
        maker=robot.maker,
        description=robot.description,
        examples=list(robot.examples),
        scene_url=scene_url(robot.id),
        scene_sha256=catalog.scene_sha256(robot.id),
        visuals_url=visuals_url(robot.id, settings),
    )


def _file(robot_id: str, settings: Settings) -> Path:
    return settings.data / "visuals" / f"{robot_id}.glb"
