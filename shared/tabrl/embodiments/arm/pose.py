"""Where a command wants the tool to be and to point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_space import CommandSpace
from tabrl.control.rotation import cross
from tabrl.embodiments.arm.chain import Chain
from tabrl.embodiments.arm.names import PLACE, POINTING


class ToolPose(NamedTuple):
    """Place (m), axis and side of a tool in the world: its z and x axes."""

    place: Float[Array, "*B 3"]
    axis: Float[Array, "*B 3"]
    side: Float[Array, "*B 3"]


@dataclass(frozen=True, eq=False)
class WantedPose:
    """Turns commands into poses of the tool: offsets from its pose at home."""

    space: CommandSpace
    place: Floats  # [3]
    axes: Floats  # [3, 3], columns

    @classmethod
    def of(cls, chain: Chain, home: Floats, space: CommandSpace) -> Self:
        """Of an arm whose home has the joint angles `home`, rad."""
        place, axes = chain.point(chain.frames(home))
        return cls(space, place, axes)

    def __call__(self, command: Float[Array, "*B C"], xp: Xp = np) -> ToolPose:
        """The pose that commands ask for."""
        offset = xp.stack([self._asked(command, name, xp) for name in PLACE], axis=-1)
        azimuth, elevation, roll = (self._asked(command, name, xp) for name in POINTING)
        cos, sin = xp.cos(roll)[..., None], xp.sin(roll)[..., None]
        side = cos * self.axes[:, 0] + sin * self.axes[:, 1]
        axis = xp.broadcast_to(self.axes[:, 2], side.shape)
        return ToolPose(
            self.place + offset,
            _pointed(axis, azimuth, elevation, xp),
            _pointed(side, azimuth, elevation, xp),
        )

    def _asked(self, command: Array, channel: str, xp: Xp) -> Array:
        """A channel of commands; nothing is asked of one that the robot has not."""
        if channel not in self.space:
            return xp.zeros_like(command[..., 0])
        return command[..., self.space.column(channel)]


def pointing_error(
    axis: Float[Array, "*B 3"], wanted: ToolPose, xp: Xp = np
) -> Float[Array, "*B 3"]:
    """The turn that points a tool's axis where it is wanted; as long as the sine of the angle,
    longer beyond a right angle."""
    turn = cross(axis, wanted.axis, xp)
    straight = (axis * wanted.axis).sum(-1, keepdims=True)
    size = xp.sqrt((turn * turn).sum(-1, keepdims=True) + 1e-12)
    return xp.where(straight < 0.0, turn / size * (1.0 - straight), turn)


def roll_error(
    axis: Float[Array, "*B 3"], side: Float[Array, "*B 3"], wanted: ToolPose, xp: Xp = np
) -> Float[Array, "*B"]:
    """How far a tool must turn about its own axis, rad."""
    across = (cross(side, wanted.side, xp) * axis).sum(-1)
    return xp.arctan2(across, (side * wanted.side).sum(-1))


def _pointed(
    vector: Float[Array, "*B 3"], azimuth: Float[Array, "*B"], elevation: Float[Array, "*B"], xp: Xp
) -> Float[Array, "*B 3"]:
    """A vector tipped from straight down to ahead, then turned to the left."""
    x, y, z = (vector[..., i] for i in range(3))
    cos, sin = xp.cos(elevation), xp.sin(elevation)
    ahead, up = cos * x - sin * z, sin * x + cos * z
    cos, sin = xp.cos(azimuth), xp.sin(azimuth)
    return xp.stack([cos * ahead - sin * y, sin * ahead + cos * y, up], axis=-1)
