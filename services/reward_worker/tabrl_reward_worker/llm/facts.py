"""What the prompt says of a robot, its base policy, the contract and the checks: all of it data."""

from __future__ import annotations

import math

from tabrl.contracts.checks import STATISTICS
from tabrl.control.command_space import MODULATION_RANGE, Setting
from tabrl.embodiments.load import embodiment_of
from tabrl.embodiments.lookup import catalogue_of, state_methods_of
from tabrl.rewards.vocabulary import (
    BUILTINS,
    HELPERS,
    JNP_CONSTANTS,
    JNP_FUNCTIONS,
    LAX_FUNCTIONS,
    LINALG_FUNCTIONS,
    NN_FUNCTIONS,
)
from tabrl.robots import Robot
from tabrl_reward_worker.limbs import channel_words

_MAX_LISTED = 8  # parts that are still listed one by one


def facts(robot: Robot) -> dict[str, str]:
    """What the prompt's template leaves open; the settings of the base policy by their names."""
    linalg = [f"linalg.{name}" for name in sorted(LINALG_FUNCTIONS)]
    settings = embodiment_of(robot).commands.settings
    methods = state_methods_of(robot)
    return {
        **{setting.name: _values(setting) for setting in settings},
        "name": robot.name,
        "description": robot.description,
        "length": f"{robot.characteristic_length:g}",
        "ends": ", ".join(robot.end_effectors),
        "bodies": ", ".join(robot.body_names),
        "joints": "\n".join(
            f"- {joint.name} ({joint.home:g}; {joint.range[0]:g} to {joint.range[1]:g})"
            for joint in robot.joints
        ),
        "abilities": _abilities(robot),
        "beat": _span(*MODULATION_RANGE),
        "settings": "".join(f" It has {one.meaning}: {_values(one)}." for one in settings),
        "builtins": ", ".join(sorted(BUILTINS)),
        "jnp": ", ".join([*sorted(JNP_FUNCTIONS), *sorted(JNP_CONSTANTS), *linalg]),
        "lax": ", ".join(sorted(LAX_FUNCTIONS)),
        "nn": ", ".join(sorted(NN_FUNCTIONS)),
        "state": "\n".join(f"- state.{name}{about}" for name, about in methods.items()),
        "helpers": "\n".join(f"- rl.{name}{about}" for name, about in HELPERS.items()),
        "statistics": "\n".join(f"- {name}: {about}" for name, about in STATISTICS.items()),
        "quantities": _quantities(robot),
        "judged": "".join(f" {failure} are checked without you." for failure in failures(robot)),
    }


def failures(robot: Robot) -> list[str]:
    """What an episode of the robot has or has not, such as "Falls"."""
    return [
        (entry.title or name.replace("_", " ")).capitalize()
        for name, entry in catalogue_of(robot).entries.items()
        if entry.per_episode
    ]


def _abilities(robot: Robot) -> str:
    words, lines = channel_words(robot), []
    for channel in embodiment_of(robot).commands.channels:
        rhythm = f"; rhythms of it by ±{channel.amplitude:g}" if channel.amplitude else ""
        span = _span(channel.lower, channel.upper)
        lines.append(f"- {words[channel.name]}: {span}{rhythm}")
    return "\n".join(lines)


def _values(setting: Setting) -> str:
    return ", ".join(setting.choices) if setting.choices else _span(*setting.range)


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}" if not math.isclose(low, high) else f"{low:g}"


def _quantities(robot: Robot) -> str:
    lines = []
    for info in catalogue_of(robot).infos():
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
