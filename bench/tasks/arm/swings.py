"""Tasks of an arm that goes to and fro."""

from __future__ import annotations

from bench.tasks.arm import measures as of
from bench.tasks.arm.author import Author, X, Y, Z
from bench.tasks.measures import amplitude, sinusoid_correlation
from bench.tasks.task import Bound, Task

from tabrl.embodiments.arm.catalogue import Quantity


def wave(arm: Author) -> Task:
    """Raised, to and fro."""
    place, size, hz = arm.at(z=0.3), arm.u(0.12), 0.8
    swing, near = f"tip[1] - {size:g} * jnp.sin(state.phase({hz}))", arm.u(0.04)
    return arm.task(
        "wave", "wave",
        {"swing": 3.0, "up": 1.0, "pointing": 2.0},
        {
            "swing": f"0.5 * rl.gaussian({swing}, {size:g}) + 0.5 * rl.gaussian({swing}, {near:g})",
            "up": arm.near(place, (X, Z), 0.15),
            "pointing": "rl.gaussian(state.tool_elevation() - 2.6, 0.5)",
        },
        arm.swing("wave", Quantity.TOOL_POSITION, size, hz, "y"),
        [
            Bound("swing to the side", "m", amplitude(of.along(Y), hz), at_least=0.75 * size),
            Bound("correlation", "", sinusoid_correlation(of.along(Y), hz), at_least=0.93),
            Bound("height", "m", of.mean(of.along(Z)), at_least=float(place[Z]) - arm.u(0.08)),
            Bound("tool from straight down", "rad", of.mean(of.elevation), at_least=2.0),
        ],
    )  # fmt: skip


def nod(arm: Author) -> Task:
    """The tool tips up and down."""
    size, hz = 0.11, 2.0
    swing = f"state.tool_elevation() - 0.8 - {size} * jnp.sin(state.phase({hz}))"
    return arm.task(
        "nod", "nod twice a second",
        {"swing": 3.0, "place": 1.0},
        {
            "swing": f"0.5 * rl.gaussian({swing}, 0.3) + 0.5 * rl.gaussian({swing}, {size})",
            "place": arm.near(arm.at()),
        },
        arm.swing("nod", Quantity.TOOL_ELEVATION, size, hz),
        [
            Bound("swing", "rad", amplitude(of.elevation, hz), at_least=0.08),
            Bound("correlation", "", sinusoid_correlation(of.elevation, hz, 0.1), at_least=0.9),
            Bound("away from its place", "m", of.away_from(arm.at()), at_most=arm.u(0.03)),
        ],
    )  # fmt: skip


def shake(arm: Author) -> Task:
    """A level tool turns left and right."""
    size, hz, place = 0.22, 1.0, arm.at(z=0.1)
    swing = f"rl.wrap_angle(state.tool_azimuth() - {size} * jnp.sin(state.phase({hz})))"
    return arm.task(
        "shake", "shake your head",
        {"swing": 3.0, "level": 1.0, "place": 1.0},
        {
            "swing": f"0.5 * rl.gaussian({swing}, 0.4) + 0.5 * rl.gaussian({swing}, 0.08)",
            "level": "rl.gaussian(state.tool_elevation() - 1.3, 0.4)",
            "place": arm.near(place),
        },
        arm.swing("shake", Quantity.TOOL_AZIMUTH, size, hz),
        [
            Bound("swing", "rad", amplitude(of.azimuth, hz), at_least=0.75 * size),
            Bound("correlation", "", sinusoid_correlation(of.azimuth, hz), at_least=0.93),
            Bound("tool from straight down", "rad", of.mean(of.elevation), 1.0, 1.6),
            Bound("away from its place", "m", of.away_from(place), at_most=arm.u(0.04)),
        ],
    )  # fmt: skip


def up_and_down(arm: Author) -> Task:
    """The tip rises and sinks."""
    size, hz, place = arm.u(0.09), 0.33, arm.at()
    swing = f"tip[2] - {place[Z]:g} - {size:g} * jnp.sin(state.phase({hz}))"
    return arm.task(
        "up_and_down", "move up and down slowly",
        {"swing": 3.0, "aside": 1.0},
        {
            "swing": f"0.5 * rl.gaussian({swing}, 0.1) + 0.5 * rl.gaussian({swing}, 0.02)",
            "aside": arm.near(place, (X, Y)),
        },
        arm.swing("up", Quantity.TOOL_POSITION, size, hz, "z")[:1],
        [
            Bound("swing", "m", amplitude(of.along(Z), hz), at_least=0.75 * size),
            Bound("correlation", "", sinusoid_correlation(of.along(Z), hz), at_least=0.93),
            Bound("aside", "m", of.beside(Z), at_most=arm.u(0.03)),
        ],
    )  # fmt: skip


def dance(arm: Author) -> Task:
    """A sway with two bobs to it. It is to be found: the sentence gives other dances every time."""
    side, up, hz, place = arm.u(0.12), arm.u(0.05), 0.6, arm.at(z=0.1)
    sway = f"tip[1] - {side:g} * jnp.sin(state.phase({hz}))"
    bob = f"tip[2] - {place[Z]:g} - {up:g} * jnp.sin(state.phase({2 * hz}))"
    return arm.task(
        "dance", "dance",
        {"sway": 2.0, "bob": 2.0, "ahead": 0.6},
        {
            "sway": f"0.5 * rl.gaussian({sway}, 0.15) + 0.5 * rl.gaussian({sway}, 0.03)",
            "bob": f"0.5 * rl.gaussian({bob}, 0.08) + 0.5 * rl.gaussian({bob}, 0.02)",
            "ahead": arm.near(place, (X,)),
        },
        [
            *arm.swing("sway", Quantity.TOOL_POSITION, side, hz, "y"),
            *arm.swing("bob", Quantity.TOOL_POSITION, up, 2 * hz, "z"),
        ],
        [
            Bound("sway", "m", amplitude(of.along(Y), hz), at_least=0.75 * side),
            Bound("bob", "m", amplitude(of.along(Z), 2 * hz), at_least=0.75 * up),
            Bound("correlation", "", sinusoid_correlation(of.along(Y), hz), at_least=0.93),
        ],
        read=False,
    )  # fmt: skip
