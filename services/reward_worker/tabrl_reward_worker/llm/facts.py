"""What the prompt says of a robot, its base policy, the contract and the checks: all of it data."""

from __future__ import annotations

import math

from tabrl.contracts.checks import STATISTICS, quantities
from tabrl.control.commands import CHANNELS, LOWER, MODULATION_RANGE, STEP_RANGE, SWING, UPPER
from tabrl.rewards.vocabulary import (
    BUILTINS,
    HELPERS,
    JNP_CONSTANTS,
    JNP_FUNCTIONS,
    LAX_FUNCTIONS,
    LINALG_FUNCTIONS,
    STATE_METHODS,
)
from tabrl.robots import Robot
from tabrl_reward_worker.limbs import channel_words

_MAX_LISTED = 8  # parts that are still listed one by one


def facts(robot: Robot) -> dict[str, str]:
    """What the prompt's template leaves open."""
    linalg = [f"linalg.{name}" for name in sorted(LINALG_FUNCTIONS)]
    return {
        "name": robot.name,
        "description": robot.description,
        "standing": f"{robot.standing_height:g}",
        "feet": ", ".join(robot.foot_names),
        "bodies": ", ".join(robot.body_names),
        "joints": "\n".join(
            f"- {joint.name} ({joint.home:g}; {joint.range[0]:g} to {joint.range[1]:g})"
            for joint in robot.joints
        ),
        "abilities": _abilities(robot),
        "beat": _span(*MODULATION_RANGE),
        "strides": _span(*STEP_RANGE),
        "builtins": ", ".join(sorted(BUILTINS)),
        "jnp": ", ".join([*sorted(JNP_FUNCTIONS), *sorted(JNP_CONSTANTS), *linalg]),
        "lax": ", ".join(sorted(LAX_FUNCTIONS)),
        "state": "\n".join(f"- state.{name}{about}" for name, about in STATE_METHODS.items()),
        "helpers": "\n".join(f"- rl.{name}{about}" for name, about in HELPERS.items()),
        "statistics": "\n".join(f"- {name}: {about}" for name, about in STATISTICS.items()),
        "quantities": _quantities(robot),
    }


def _abilities(robot: Robot) -> str:
    words, lines = channel_words(robot), []
    for channel, low, high, swing in zip(CHANNELS, LOWER, UPPER, SWING, strict=True):
        rhythm = f"; rhythms of it by ±{swing:g}" if swing else ""
        lines.append(f"- {words.get(channel, channel)}: {_span(low, high)}{rhythm}")
    return "\n".join(lines)


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}" if not math.isclose(low, high) else f"{low:g}"


def _quantities(robot: Robot) -> str:
    lines = []
    for info in quantities(robot):
        unit = f" ({info.unit})" if info.unit else ""
        listed = _listed(info.parts, robot)
        need = "needed" if info.part_required else f"without one: {info.whole}"
        part = f" [part: {listed}; {need}]" if info.parts else ""
        lines.append(f"- {info.name}{unit}: {info.description}{part}")
    return "\n".join(lines)


def _listed(parts: tuple[str, ...], robot: Robot) -> str:
    if parts == robot.joint_names:
        return "a joint"
    if parts == robot.body_names:
        return "a body"
    return ", ".join(parts[:_MAX_LISTED]) + (", …" if len(parts) > _MAX_LISTED else "")
