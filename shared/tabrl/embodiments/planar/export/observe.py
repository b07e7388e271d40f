"""What a planar robot's policy sees, with numpy alone; copied beside an exported policy."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AHEAD_S, EARLY_S = 0.1, 0.01
ROOT = 3  # x, z and pitch of the trunk come before the joints


def observer(
    program: dict[str, Any], robot: dict[str, Any]
) -> Callable[[float, Array, Array, Array], Array]:
    """The observation of a robot that follows a program."""
    stages, lasts = [program, *program.get("later", [])], list(program.get("phases_s") or [1e9])
    if not program.get("repeat", True):
        lasts[-1] = 1e9  # nothing follows the last stage
    home, scale = np.array(robot["home"]), np.array(robot["action_scale"])

    def at(time: float) -> dict[str, Any]:
        since = time - sum(lasts) * ((time + EARLY_S) // sum(lasts))
        stage: dict[str, Any] = stages[int(np.sum(since + EARLY_S >= np.cumsum(lasts)[:-1]))]
        return stage

    def angle(time: float) -> float:
        return float(2 * np.pi * at(time)["beat_frequency"] * time)

    def command(time: float) -> Array:
        constant, amplitude, phase = (
            np.array(at(time)[key]) for key in ("constant", "amplitude", "phase")
        )
        now: Array = constant + amplitude * np.sin(angle(time) + phase)
        return now

    def observe(time: float, qpos: Array, qvel: Array, ctrl: Array) -> Array:
        parts = {
            "height": [qpos[1] - robot["stands"]],
            "attitude": [np.sin(qpos[2]), np.cos(qpos[2])],
            "velocity": np.nan_to_num(qvel[:2]),
            "pitch_rate": [qvel[2]],
            "joint_offset": qpos[ROOT:] - home,
            "joint_velocity": qvel[ROOT:],
            "last_action": (ctrl - home) / scale,
            "command": command(time),
            "command_ahead": command(time + AHEAD_S),
            "modulation": [np.sin(angle(time)), np.cos(angle(time))],
        }
        return np.concatenate([parts[name] for name in robot["observation"]])

    return observe
