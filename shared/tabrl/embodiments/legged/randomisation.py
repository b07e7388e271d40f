"""How legged robots of a training differ from each other.

Ranges reach a little farther than what policies are certified for. Sensor noise after legged_gym
(Rudin et al., 2022), as standard deviations instead of half ranges.
"""

from __future__ import annotations

from typing import Any

from tabrl.control.embodiment import Disturbance, Offsets, Randomisation, Range, Unknown
from tabrl.control.physics import SUBSTEPS
from tabrl.embodiments.legged.catalogue import HEAVY_MASS, SLIPPERY_FRICTION
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot

VELOCITY = ("linear_velocity", "linear_velocity_known")
PLACE = ("path_error",)
_NONE = (0.0, 0.0)


def sensor_noise(scale: Scale) -> dict[str, float]:
    """Standard deviations by segment of the observation, in its units."""
    return {
        "gravity": 0.03,
        "angular_velocity": 0.12 * scale.frequency,
        "linear_velocity": 0.06 * scale.speed,
        "joint_offset": 0.012,
        "joint_velocity": 0.8 * scale.frequency,
        "heading_error": 0.02,
        "path_error": 0.01 * scale.length,
    }


def randomisation(robot: Robot, trunk: str) -> Randomisation:
    """Of one robot, whose root body is `trunk`."""
    scale = Scale.of(robot)
    aside = _within(0.03 * scale.length)
    return Randomisation(
        friction=(0.45, 1.5),
        stiffness=(0.65, 1.15),
        damping=(0.7, 1.3),
        body=trunk,
        body_mass=(0.8, 1.35),
        body_offset=(_within(0.06 * scale.length), aside, aside),
        late=0.5,
        noise=sensor_noise(scale),
        unknown=(
            Unknown((*VELOCITY, *PLACE), 0.25), Unknown(VELOCITY, 0.05), Unknown(PLACE, 0.15),
        ),
    )  # fmt: skip


def disturbances(robot: Robot, trunk: str) -> tuple[Disturbance, ...]:
    """What a robot's policy is certified under: one thing at a time, then all of it, moderately."""
    scale = Scale.of(robot)
    noise = sensor_noise(scale)

    def shifted(ahead: float) -> Offsets:
        return (ahead * scale.length,) * 2, _NONE, _NONE

    def other(
        name: str, words: str, limits: tuple[float, float] = (0.15, 0.01), **changes: Any
    ) -> Disturbance:
        return Disturbance(name, words, Randomisation(body=trunk, **changes), SUBSTEPS, *limits)

    blind = Unknown((*VELOCITY, *PLACE), 1.0)
    return (
        Disturbance("nominal", "as in the scene"),
        other("velocity_unknown", "speed over the floor not known", (0.25, 0.01), unknown=(blind,)),
        other("late", "acts 20 ms late", late=1.0),
        other("noise", "sensor noise", noise=noise),
        other("slippery", "slippery floor: friction halved", friction=(SLIPPERY_FRICTION,) * 2),
        other("heavy", "trunk 25 % heavier", body_mass=(HEAVY_MASS,) * 2),
        other("shifted", f"centre of mass {5 * scale.length:.0f} cm ahead",
              body_offset=shifted(0.05)),
        other("soft", "motors at 70 % of their stiffness", stiffness=(0.7, 0.7)),
        Disturbance("fine_physics", "physics in steps of 2 ms", substeps=10),
        other(
            "all", "all of them together, moderately", (0.25, 0.02), unknown=(blind,), late=0.5,
            noise={name: 0.5 * deviation for name, deviation in noise.items()},
            friction=(0.75, 0.75), body_mass=(1.12, 1.12), body_offset=shifted(0.025),
            stiffness=(0.85, 0.85),
        ),
    )  # fmt: skip


def _within(most: float) -> Range:
    return -most, most
