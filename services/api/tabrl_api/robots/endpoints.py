"""`/api/robots`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from tabrl.contracts.ground import Ground
from tabrl.contracts.motion import AskableInfo
from tabrl.contracts.quantities import QuantityInfo
from tabrl.contracts.tiers import MAX_MINUTES, MIN_MINUTES, Tier
from tabrl_api.context import WithContext
from tabrl_api.files import conditional_file
from tabrl_api.jobs.quotes import RunQuote, run_quote
from tabrl_api.robots import service
from tabrl_api.robots.schemas import RobotView
from tabrl_api.schema import problem_responses

router = APIRouter(prefix="/api/robots", tags=["robots"])


@router.get("", operation_id="listRobots", summary="All robots")
def list_robots(context: WithContext) -> list[RobotView]:
    """Every robot; those that are not `trained` can be looked at."""
    return [service.view(robot, context) for robot in context.robots.list_robots()]


@router.get(
    "/{robot_id}/scene.xml",
    operation_id="getScene",
    summary="A robot's MJCF scene",
    response_class=Response,
    responses={
        200: {"content": {"application/xml": {"schema": {"type": "string"}}}},
        304: {"description": "The cached scene is current."},
        **problem_responses(
            _404="There is no such robot.", _422="It cannot be put on such a ground."
        ),
    },
)
def get_scene(
    robot_id: str,
    ground: Annotated[Ground, Query()],
    context: WithContext,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Exactly the bytes that browser, trainer and inference compile, on a ground of your choice."""
    scene = context.robots.scene_xml(robot_id, ground)
    headers = {
        "ETag": f'"{context.robots.scene_sha256(robot_id, ground)}"',
        "Cache-Control": "no-cache",
    }
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(scene, media_type="application/xml", headers=headers)


@router.get(
    "/{robot_id}/constants",
    operation_id="getConstants",
    summary="A robot's constants",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}},
        **problem_responses(_404="There is no such robot, or no trainer has started yet."),
    },
)
def get_constants(robot_id: str, context: WithContext) -> Response:
    """How it is built and what its policies see, as `robot.json` of an export says it."""
    constants = service.constants(robot_id, context.robots, context.blobs)
    headers = {"Cache-Control": "no-cache"}
    return Response(constants, media_type="application/json", headers=headers)


@router.get(
    "/{robot_id}/quantities",
    operation_id="listQuantities",
    summary="What success checks of a robot can measure",
    responses=problem_responses(_404="There is no such robot."),
)
def list_quantities(robot_id: str, context: WithContext) -> list[QuantityInfo]:
    """Every quantity with its unit and the parts it can be taken of."""
    return context.robots.catalogue_of(robot_id).infos()


@router.get(
    "/{robot_id}/askables",
    operation_id="listAskables",
    summary="What a robot can be asked for",
    responses=problem_responses(_404="There is no such robot."),
)
def list_askables(robot_id: str, context: WithContext) -> list[AskableInfo]:
    """Every quantity that a specification of motion may name, with its unit and its parts."""
    return list(context.robots.askables_of(robot_id))


@router.get(
    "/{robot_id}/quote",
    operation_id="getQuote",
    summary="What a sentence will take",
    responses=problem_responses(_404="There is no such robot."),
)
def get_quote(
    robot_id: str,
    context: WithContext,
    trainings: Annotated[int, Query(ge=1, le=100)] = 1,
    tier: Tier = Tier.FINE_TUNE,
    minutes: Annotated[int | None, Query(ge=MIN_MINUTES, le=MAX_MINUTES)] = None,
) -> RunQuote:
    """Seconds, samples and money, from what such jobs took lately, and when they would start."""
    robot = context.robots.get_robot(robot_id)
    return run_quote(robot.id, trainings, context, tier, minutes)


@router.get(
    "/{robot_id}/picture.png",
    operation_id="getPicture",
    summary="A robot's picture",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The cached picture is current."},
        **problem_responses(_404="There is no such robot, or no picture of it."),
    },
)
def get_picture(robot_id: str, request: Request, context: WithContext) -> Response:
    """The robot at home, from where the page looks at it."""
    path = service.picture_file(robot_id, context.robots, context.settings)
    return conditional_file(
        path, request, media_type="image/png", headers={"Cache-Control": "no-cache"}
    )


@router.get(
    "/{robot_id}/visuals.glb",
    operation_id="getVisuals",
    summary="A robot's meshes",
    response_class=Response,
    responses={
        200: {"content": {"model/gltf-binary": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The cached meshes are current."},
        **problem_responses(_404="There is no such robot, or its meshes were not built."),
    },
)
def get_visuals(robot_id: str, request: Request, context: WithContext) -> Response:
    """glTF with one node per body."""
    path = service.visuals_file(robot_id, context.robots, context.settings)
    return conditional_file(
        path, request, media_type="model/gltf-binary", headers={"Cache-Control": "no-cache"}
    )
