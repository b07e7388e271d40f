"""How arms of a training differ from each other.

Ranges reach a little farther than what policies are certified for. The tool carries a load that
nobody tells the policy of; encoders of joints are good. Targets go on from those that were decided,
whenever they come into force: from any others, every second one would go its own way.
"""

from __future__ import annotations

from typing import Any

from tabrl.control.embodiment import Disturbance, Randomisation
from tabrl.embodiments.arm.catalogue import LOAD_KG

MOST_LOAD_KG = 2.5
NOISE = {
    "joint_offset": 0.0005,
    "joint_velocity": 0.02,
    "target_lead": 0.0005,
    "joint_error": 0.0005,
    "joint_way": 0.0005,
    "joint_way_near": 0.01,
    "tool_error": 0.0005,
    "tool_error_near": 0.015,
    "pointing_error": 0.001,
    "roll_error": 0.001,
}  # standard deviations by segment of the observation, in its units


def randomisation(tool: str, tool_kg: float) -> Randomisation:
    """Of an arm whose last body is `tool`, as heavy as that."""
    return Randomisation(
        friction=(0.5, 1.5),
        stiffness=(0.75, 1.15),
        damping=(0.75, 1.25),
        body=tool,
        body_mass=(1.0, 1.0 + MOST_LOAD_KG / tool_kg),
        late=0.4,
        sees_decision=1.0,
        noise=NOISE,
    )


def disturbances(tool: str, tool_kg: float) -> tuple[Disturbance, ...]:
    """What an arm's policy is certified under: one thing at a time, then all of it, moderately."""
    loaded = 1.0 + LOAD_KG / tool_kg

    def other(name: str, words: str, **changes: Any) -> Disturbance:
        return Disturbance(name, words, Randomisation(body=tool, sees_decision=1.0, **changes))

    return (
        Disturbance("nominal", "as in the scene"),
        other("late", "acts 20 ms late", late=1.0),
        other("noise", "sensor noise", noise=NOISE),
        other("load", f"{LOAD_KG:g} kg in the tool", body_mass=(loaded, loaded)),
        other("soft", "motors at 80 % of their stiffness", stiffness=(0.8, 0.8)),
        Disturbance("fine_physics", "physics in steps of 2 ms", substeps=10),
        other(
            "all", "all of them together, moderately", late=0.5,
            noise={name: 0.5 * deviation for name, deviation in NOISE.items()},
            body_mass=((1.0 + loaded) / 2.0,) * 2, stiffness=(0.9, 0.9),
        ),
    )  # fmt: skip
