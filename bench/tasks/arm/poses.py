"""Tasks of an arm that goes somewhere and stays."""

from __future__ import annotations

from bench.tasks.arm import measures as of
from bench.tasks.arm.author import Author, Y, mean_at_least
from bench.tasks.task import Bound, Task

from tabrl.embodiments.arm.catalogue import Quantity


def point_up(arm: Author) -> Task:
    """Straight up."""
    place, axis = arm.at(z=0.3), "state.tool_axis()[2]"
    return arm.task(
        "point_up", "point up",
        {"up": 3.0, "place": 1.0},
        {
            "up": f"0.5 * ({axis} + 1.0) + rl.gaussian({axis} - 1.0, 0.1)",
            "place": arm.near(place, wide=0.2),
        },
        [mean_at_least("up", Quantity.TOOL_ELEVATION, 2.98)],
        [
            Bound("tool from straight down", "rad", of.mean(of.elevation), at_least=2.98),
            Bound("away from its place", "m", of.away_from(place), at_most=arm.u(0.03)),
        ],
    )  # fmt: skip


def reach(arm: Author) -> Task:
    """To the left, and still there."""
    place = arm.at(y=0.2925)
    return arm.task(
        "reach", "reach left and hold",
        {"place": 3.0, "still": -0.5},
        {"place": arm.near(place, wide=0.2), "still": "state.tool_speed()"},
        [mean_at_least("left", Quantity.TOOL_POSITION, float(place[Y]) - arm.u(0.02), part="y")],
        [
            Bound("away from its place", "m", of.away_from(place), at_most=arm.u(0.015)),
            Bound("way after that", "m", of.span(Y), at_most=arm.u(0.02)),
        ],
    )  # fmt: skip
