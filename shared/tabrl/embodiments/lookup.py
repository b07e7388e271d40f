"""What a robot's kind says of it, as data: every service may import this.

The kind is a package, found by the name in the robot's folder and imported when first needed.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from types import ModuleType

from tabrl.contracts.driving import NOTHING, Driving
from tabrl.contracts.ground import NamedGround
from tabrl.contracts.motion import AskableInfo
from tabrl.contracts.page import Camera, Framing, KindPage, RobotPage
from tabrl.contracts.quantities import Catalogue
from tabrl.domain.errors import Invalid
from tabrl.robots import Robot
from tabrl.robots.kinds import kind_package

CONTROL_HZ = 50


@cache
def catalogue_of(robot: Robot) -> Catalogue:
    """Everything that a check of this robot can measure."""
    found: Catalogue = kind_module(robot, "catalogue").catalogue(robot)
    return found


@cache
def state_methods_of(robot: Robot) -> dict[str, str]:
    """What a reward may read of this robot's `state`, each with its arguments and units."""
    methods: dict[str, str] = kind_module(robot, "catalogue").state_methods(robot)
    return methods


@cache
def askables_of(robot: Robot) -> tuple[AskableInfo, ...]:
    """What this robot can be asked for; nothing of a kind that has no such table."""
    if not has_module(robot, "askable"):
        return ()
    found: tuple[AskableInfo, ...] = kind_module(robot, "askable").askables(robot)
    return found


@cache
def grounds_of(robot: Robot) -> tuple[NamedGround, ...]:
    """The grounds that this robot can be put on; none of a kind that has no such table."""
    if find_spec(f"{_package(robot)}.grounds") is None:
        return ()
    found: tuple[NamedGround, ...] = kind_module(robot, "grounds").grounds(robot)
    return found


def page_of(robot: Robot) -> RobotPage:
    """How the page shows this robot."""
    kind: KindPage = kind_module(robot, "catalogue").page(robot)
    return RobotPage(
        embodiment=robot.embodiment,
        control_hz=CONTROL_HZ,
        camera=camera_of(robot),
        readouts=kind.readouts,
        fall=kind.fall,
        ink=kind.ink,
        abilities=kind.abilities,
        driving=driving_of(robot),
        troubles=kind.troubles,
    )


def driving_of(robot: Robot) -> Driving:
    """What this robot can be driven and danced with; nothing of a kind that says nothing.

    Raises `Invalid` (code `bad_robot`) for a wrong file of lags.
    """
    if not has_module(robot, "driving.controls"):
        return NOTHING
    found: Driving = kind_module(robot, "driving.controls").driving(robot)
    return found


def camera_of(robot: Robot) -> Camera:
    """Where the page looks at this robot from: as it says, else by its kind and size."""
    if robot.camera is not None:
        return robot.camera
    size = robot.characteristic_length
    framing: Framing = getattr(kind_module(robot, "catalogue"), "FRAMING", Framing())
    return Camera(distance_m=framing.distance * size, height_m=framing.height * size)


def export_template(robot: Robot) -> bytes:
    """The program beside an exported policy that makes its observation, with numpy alone.

    Raises `Invalid` (code `no_export`) if the robot's kind has none.
    """
    program = files(_package(robot)).joinpath("export", "observe.py")
    if not program.is_file():
        raise Invalid(
            f"policies of {robot.embodiment} robots cannot be exported yet",
            code="no_export",
            hint="the kind's package has no export/observe.py",
        )
    return program.read_bytes()


def has_module(robot: Robot, name: str) -> bool:
    """Whether the robot's kind has such a module. Raises `Invalid` (code `bad_robot`)."""
    try:
        return find_spec(f"{_package(robot)}.{name}") is not None
    except ModuleNotFoundError:  # not even the package around it
        return False


def kind_module(robot: Robot, name: str) -> ModuleType:
    """A module of the robot's kind.

    Raises `Invalid` (code `bad_robot`) if there is no such kind, or its package does not import.
    """
    module = f"{_package(robot)}.{name}"
    try:
        return import_module(module)
    except Exception as error:  # a package of somebody else may raise whatever it likes
        raise Invalid(
            f"the kind {robot.embodiment!r} cannot be used: {type(error).__name__} in {module}",
            code="bad_robot",
        ) from error


def _package(robot: Robot) -> str:
    package = kind_package(robot.embodiment)
    if package is None:
        raise Invalid(f"there is no kind of robot named {robot.embodiment!r}", code="bad_robot")
    return package
