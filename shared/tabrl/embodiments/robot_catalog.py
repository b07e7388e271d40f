"""The registry and the kinds of robot as the gateway sees them: data, no physics."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import tabrl.robots
from tabrl.contracts.ground import FLAT, Ground, NamedGround
from tabrl.contracts.motion import AskableInfo
from tabrl.contracts.page import RobotPage
from tabrl.contracts.quantities import Catalogue
from tabrl.domain.errors import Invalid
from tabrl.embodiments.lookup import askables_of, catalogue_of, grounds_of, page_of
from tabrl.robots import Robot

log = logging.getLogger(__name__)


class RegisteredRobots:
    """A `RobotCatalog` of the folders that the registry finds."""

    def list_robots(self) -> Sequence[Robot]:
        """Every robot whose kind can be used, in display order."""
        return tuple(filter(_usable, tabrl.robots.list_robots()))

    def get_robot(self, robot_id: str) -> Robot:
        """Raises `NotFound` (code `unknown_robot`), or `Invalid` (code `bad_robot`)."""
        return tabrl.robots.get_robot(robot_id)

    def page_of(self, robot_id: str) -> RobotPage:
        """How the page shows a robot."""
        return page_of(self.get_robot(robot_id))

    def catalogue_of(self, robot_id: str) -> Catalogue:
        """What success checks of a robot can measure."""
        return catalogue_of(self.get_robot(robot_id))

    def askables_of(self, robot_id: str) -> tuple[AskableInfo, ...]:
        """What a robot can be asked for in a specification of motion."""
        return askables_of(self.get_robot(robot_id))

    def grounds_of(self, robot_id: str) -> tuple[NamedGround, ...]:
        """The grounds that a robot can be put on, by their names; none for what is fixed."""
        return grounds_of(self.get_robot(robot_id))

    def scene_xml(self, robot_id: str, ground: Ground = FLAT) -> bytes:
        """The MJCF that browser, trainer and inference compile, byte for byte."""
        return tabrl.robots.scene_xml(robot_id, ground)

    def scene_sha256(self, robot_id: str, ground: Ground = FLAT) -> str:
        """Hash of those bytes."""
        return tabrl.robots.scene_sha256(robot_id, ground)


def _usable(robot: Robot) -> bool:
    try:
        page_of(robot)
        catalogue_of(robot)
    except Invalid as error:
        log.warning("robot %s cannot be used: %s", robot.id, error.message)
        return False
    return True
