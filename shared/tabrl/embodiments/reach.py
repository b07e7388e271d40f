"""How far a robot's channels go: as measured of it, else as far as it is commanded."""

from __future__ import annotations

from functools import cache

from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.robots.abilities import Span, abilities_of


@cache
def reach_of(robot: Robot) -> dict[str, Span]:
    """From where to where each channel of the robot goes, in its unit.

    Raises `Invalid` (code `bad_robot`) for a wrong document of its abilities.
    """
    measured = abilities_of(robot.id)
    channels = embodiment_of(robot).commands.channels
    return {
        channel.name: (measured and measured.reach(channel.name)) or (channel.lower, channel.upper)
        for channel in channels
    }


@cache
def drive_reach(robot: Robot) -> dict[str, Span]:
    """The same for a policy that is driven: what a pretrained one follows, nothing learnt since.

    Raises `Invalid` (code `bad_robot`) for a wrong document of its abilities.
    """
    measured = abilities_of(robot.id)
    commanded = {} if measured is None else measured.commanded
    channels = embodiment_of(robot).commands.channels
    return {
        channel.name: commanded.get(channel.name, (channel.lower, channel.upper))
        for channel in channels
    }
