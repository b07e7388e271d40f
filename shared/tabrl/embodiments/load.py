"""Robots as the engine sees them, and policies that drive them."""

from __future__ import annotations

from functools import cache

from tabrl.control.embodiment import Embodiment
from tabrl.control.physics import physics_model
from tabrl.control.policy import Policy, read_policy
from tabrl.domain.errors import Invalid, NotFound
from tabrl.embodiments.lookup import kind_module
from tabrl.robots import Robot, get_robot


@cache
def embodiment_of(robot: Robot) -> Embodiment:
    """The robot as its kind sees it; made once.

    Raises `Invalid` (code `bad_robot`) if its scene does not fit its kind.
    """
    module = kind_module(robot, "embodiment")
    try:
        made: Embodiment = module.embodiment(robot, physics_model(robot))
    except Invalid as error:
        message = f"the robot {robot.id} does not fit its kind: {error.message}"
        raise Invalid(message, code="bad_robot", hint=error.hint) from error
    return made


def load_policy(data: bytes) -> Policy:
    """Read a params file. Raises `Invalid` (code `bad_params`) if it is not one we can run."""
    header, weights = read_policy(data)
    try:
        embodiment = embodiment_of(get_robot(header.robot).on(header.ground))
    except NotFound as error:
        raise Invalid("the params file is for an unknown robot", code="bad_params") from error
    try:
        return Policy(header, weights, embodiment)
    except Invalid as error:
        raise Invalid(error.message, code="bad_params", hint=error.hint) from error
