"""Robots as the command line sees them: those of the api, and this machine's folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from tabrl.contracts.ground import FLAT, Ground
from tabrl.domain.errors import TabrlError
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import (
    Robot,
    get_robot,
    list_robots,
    refused_robots,
    robot_folder,
    robot_picture,
    robot_visuals,
)
from tabrl.robots.registry import RECIPE
from tabrl_local.api_schemas import RobotView
from tabrl_local.client import Api
from tabrl_local.errors import CommandError

if TYPE_CHECKING:  # MuJoCo is slow to import
    from tabrl.control.embodiment import Embodiment


def robot_named(robot_id: str) -> Robot:
    """A robot of the api. Raises CommandError if this machine does not know it."""
    with _known_here():
        return get_robot(robot_id)


def embodiment_named(robot_id: str, ground: Ground = FLAT) -> Embodiment:
    """The same on a ground, as its kind sees it."""
    with _known_here():
        return embodiment_of(get_robot(robot_id).on(ground))


def ground_named(robot: RobotView, name: str) -> Ground:
    """A ground that a robot can be put on, by its name. Raises CommandError."""
    known = {one.name: one.ground for one in robot.grounds}
    if name in known:
        return known[name]
    hint = f"choose one of: {', '.join(known)}" if known else "leave --ground out"
    message = f"the {robot.name} cannot be put on {name!r} ground"
    raise CommandError(message, hint=hint, code="bad_ground")


@contextmanager
def _known_here() -> Iterator[None]:
    try:
        yield
    except TabrlError as error:
        hint = "this client may be older than the server, or TABRL_ROBOTS is set for that alone"
        raise CommandError(error.message, hint=hint, code=error.code) from error


def chosen_robot(api: Api, robot_id: str | None = None) -> RobotView:
    """The robot of this id, else the first that can learn. Raises CommandError without any."""
    robots = api.robots()
    for robot in robots:
        if robot.id == robot_id if robot_id else robot.trained:
            return robot
    if robot_id:
        known = ", ".join(robot.id for robot in robots)
        raise CommandError(
            f"there is no robot {robot_id}", hint=f"choose one of: {known}", code="unknown_robot"
        )
    commands = [robot.training_command for robot in robots if robot.training_command]
    raise CommandError(
        "no robot can learn yet: none has a pretrained policy",
        hint=f"train one first: {' or '.join(commands)}" if commands else "",
        code="robot_not_trained",
    )


def robots_here() -> list[RobotView]:
    """The robots of this machine's folders; whether they can learn, only a running api says."""
    return [
        RobotView(id=robot.id, name=robot.name, embodiment=robot.embodiment)
        for robot in list_robots()
    ]


def refusals() -> list[str]:
    """A line for every folder of this machine that was meant to be a robot and cannot be used."""
    return [f"✗ {one.folder} cannot be used: {one.reason}" for one in refused_robots()]


def own_looks() -> dict[str, Path]:
    """Meshes and pictures that lie in robots' own folders, by the names that the api knows."""
    found = {
        **{f"{robot.id}.glb": robot_visuals(robot.id) for robot in list_robots()},
        **{f"{robot.id}.png": robot_picture(robot.id) for robot in list_robots()},
    }
    return {name: file for name, file in found.items() if isinstance(file, Path)}


def robots_without_meshes() -> list[str]:
    """Robots that have no meshes, whatever one of the same id had before."""
    return [
        robot.id
        for robot in list_robots()
        if robot_visuals(robot.id) is None and not robot_folder(robot.id).joinpath(RECIPE).is_file()
    ]


def robot_table(robots: Sequence[RobotView]) -> Table:
    """Each robot with its kind, and what makes a pretrained policy where it has none."""
    table = Table(box=None, pad_edge=False)
    for column in ("robot", "name", "kind", "pretrained policy"):
        table.add_column(column, no_wrap=True)
    for robot in robots:
        table.add_row(robot.id, escape(robot.name), robot.embodiment, _policy(robot))
    return table


def _policy(robot: RobotView) -> str:
    if robot.trained is None:
        return "?"
    return "yes" if robot.trained else f"no: {robot.training_command}"


def robot_document(robots: Sequence[RobotView]) -> dict[str, object]:
    """The same and the refused folders as JSON."""
    return {
        "robots": [robot.model_dump() for robot in robots],
        "refused": [{"folder": one.folder, "reason": one.reason} for one in refused_robots()],
    }
