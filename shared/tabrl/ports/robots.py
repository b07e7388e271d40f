"""What the gateway needs to know of robots; `tabrl.embodiments` provides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tabrl.contracts.ground import FLAT, Ground, NamedGround
from tabrl.contracts.motion import AskableInfo
from tabrl.contracts.page import RobotPage
from tabrl.contracts.quantities import Catalogue


class RobotCard(Protocol):
    """A robot as a user sees it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def maker(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def examples(self) -> Sequence[str]: ...


class RobotCatalog(Protocol):
    """All robots and the scenes that everybody compiles."""

    def list_robots(self) -> Sequence[RobotCard]:
        """Every robot, in display order."""
        ...

    def get_robot(self, robot_id: str) -> RobotCard:
        """Raises `NotFound` (code `unknown_robot`)."""
        ...

    def page_of(self, robot_id: str) -> RobotPage:
        """How the page shows a robot."""
        ...

    def catalogue_of(self, robot_id: str) -> Catalogue:
        """What success checks of a robot can measure."""
        ...

    def askables_of(self, robot_id: str) -> tuple[AskableInfo, ...]:
        """What a robot can be asked for in a specification of motion."""
        ...

    def grounds_of(self, robot_id: str) -> tuple[NamedGround, ...]:
        """The grounds that a robot can be put on, by their names; none for what is fixed."""
        ...

    def scene_xml(self, robot_id: str, ground: Ground = FLAT) -> bytes:
        """The MJCF that browser, trainer and inference compile, byte for byte.

        Raises `Invalid` (code `bad_ground`) where the robot cannot be put on a ground.
        """
        ...

    def scene_sha256(self, robot_id: str, ground: Ground = FLAT) -> str:
        """Hash of those bytes."""
        ...
