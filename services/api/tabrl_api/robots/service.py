"""Robots from the catalogue, and the files that belong to them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from tabrl.adapters.settings import Settings
from tabrl.contracts.ground import FLAT, Ground
from tabrl.contracts.tiers import Tier
from tabrl.domain.errors import Conflict, NotFound
from tabrl.domain.models import BuiltIn, Model
from tabrl.ports import BlobStore, RobotCard, RobotCatalog
from tabrl_api.context import AppContext
from tabrl_api.models.inference import socket_path
from tabrl_api.robots.schemas import Driven, RobotView


def scene_url(robot_id: str, ground: Ground = FLAT) -> str:
    """Address of a robot's scene on a ground."""
    stated = urlencode(ground.stated())
    return f"/api/robots/{robot_id}/scene.xml{'?' * bool(stated)}{stated}"


def constants_url(robot_id: str) -> str:
    """Address of what a controller must know of a robot."""
    return f"/api/robots/{robot_id}/constants"


def constants(robot_id: str, catalog: RobotCatalog, blobs: BlobStore) -> bytes:
    """A robot's constants as JSON. Raises `NotFound` (`unknown_robot`, `constants_not_stored`)."""
    key = Model.robot_constants_key(catalog.get_robot(robot_id).id)
    if not blobs.exists(key):
        raise NotFound(
            f"No trainer has stored what a controller must know of {robot_id}.",
            code="constants_not_stored",
            hint="A trainer stores it when it starts.",
        )
    return blobs.get(key)


def visuals_url(robot_id: str, settings: Settings) -> str | None:
    """Address of a robot's meshes, if they were built."""
    return f"/api/robots/{robot_id}/visuals.glb" if _file(robot_id, settings).is_file() else None


def picture_url(robot_id: str, settings: Settings) -> str | None:
    """Address of a robot's picture, if there is one."""
    there = _picture(robot_id, settings).is_file()
    return f"/api/robots/{robot_id}/picture.png" if there else None


def picture_file(robot_id: str, catalog: RobotCatalog, settings: Settings) -> Path:
    """The picture. Raises `NotFound` (code `unknown_robot` or `picture_not_drawn`)."""
    path = _picture(catalog.get_robot(robot_id).id, settings)
    if not path.is_file():
        raise NotFound(
            f"No picture of {robot_id} has been drawn here.",
            code="picture_not_drawn",
            hint="`make up` draws what is missing.",
        )
    return path


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


def is_trained(robot_id: str, blobs: BlobStore) -> bool:
    """Whether a robot has a pretrained policy to learn from."""
    return blobs.exists(Model.base_params_key(robot_id))


def training_command(robot_id: str) -> str:
    """The command that makes a robot's pretrained policy."""
    return f"tabrl-train-base {robot_id}"


def raise_unless_tier_fits(robot_id: str, tier: Tier, blobs: BlobStore) -> None:
    """Raises `Conflict` (code `robot_not_trained`) where a tier needs a pretrained policy.

    A full training can do without: it then learns from nothing.
    """
    if tier is not Tier.FULL and not is_trained(robot_id, blobs):
        raise Conflict(
            f"The robot {robot_id} cannot learn this way yet: it has no pretrained policy.",
            code="robot_not_trained",
            hint=f"Train one first: {training_command(robot_id)}. Or let it learn this one thing "
            f'from nothing: tabrl run "..." --robot {robot_id} --tier full --minutes 30',
        )


def view(robot: RobotCard, context: AppContext) -> RobotView:
    """A robot as the page sees it."""
    catalog, blobs, settings = context.robots, context.blobs, context.settings
    trained = is_trained(robot.id, blobs)
    taught = trained and blobs.exists(Model.example_params_key(robot.id))
    return RobotView(
        **dict(catalog.page_of(robot.id)),
        id=robot.id,
        name=robot.name,
        maker=robot.maker,
        description=robot.description,
        examples=list(robot.examples),
        scene_url=scene_url(robot.id),
        scene_sha256=catalog.scene_sha256(robot.id),
        grounds=list(catalog.grounds_of(robot.id)),
        constants_url=constants_url(robot.id),
        visuals_url=visuals_url(robot.id, settings),
        picture_url=picture_url(robot.id, settings),
        pretrained=_driven(BuiltIn.PRETRAINED, robot, context) if trained else None,
        example=_driven(BuiltIn.EXAMPLE, robot, context) if taught else None,
        trained=trained,
        training_command=None if trained else training_command(robot.id),
    )


def _driven(kind: BuiltIn, robot: RobotCard, context: AppContext) -> Driven:
    model_id = kind.model_id(robot.id)
    return Driven(
        model_id=model_id,
        inference_url=f"{context.inference.address(model_id)}{socket_path(model_id)}",
        prompt=next(iter(robot.examples), "") if kind is BuiltIn.EXAMPLE else "",
    )


def _file(robot_id: str, settings: Settings) -> Path:
    return settings.data / "visuals" / f"{robot_id}.glb"


def _picture(robot_id: str, settings: Settings) -> Path:
    return settings.data / "visuals" / f"{robot_id}.png"
