"""Live commands of a robot: within its abilities, with the clocks of its kind."""

from __future__ import annotations

from functools import cache

from tabrl.control.live.control import KindClocks, LiveControl, NoClocks
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import has_module, kind_module
from tabrl.embodiments.reach import drive_reach
from tabrl.robots import Robot


@cache
def live_control_of(robot: Robot) -> LiveControl:
    """How live commands are evaluated for a robot.

    Raises `Invalid` (code `bad_robot`) for a wrong document of its abilities.
    """
    embodiment = embodiment_of(robot)
    clocks: KindClocks = NoClocks()
    if has_module(robot, "driving.clocks"):
        clocks = kind_module(robot, "driving.clocks").clocks(embodiment)
    return LiveControl(embodiment, drive_reach(robot), clocks)
