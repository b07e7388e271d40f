"""How far a robot's motion is from the beat, from its states alone.

A move swings once in so many beats, an extreme at a beat: the phase of what is seen is compared
with that, where either extreme will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import mujoco
import numpy as np
from bench.music.clicks import beats_at
from jaxtyping import Float

from tabrl.control.embodiment import Embodiment

CYCLES = 2.0  # of a move that a phase is taken over
LEAST_CYCLES = 1.0  # the fewest: a change shows soonest


class Seen(NamedTuple):
    """What a browser simulated: moments in s since the track began, and states."""

    time: Float[np.ndarray, " T"]
    qpos: Float[np.ndarray, "T nq"]


def seen(history: Sequence[dict[str, Any]], began_ms: float) -> Seen:
    """The page's history, and when the track began, ms since the epoch."""
    time = np.array([frame["at"] for frame in history])
    return Seen((time - began_ms) / 1e3, np.array([frame["qpos"] for frame in history]))


def swinging(
    embodiment: Embodiment, model: mujoco.MjModel, qpos: Float[np.ndarray, "T nq"], move: str
) -> Float[np.ndarray, " T"]:
    """What swings in a move: sideways in a sway, up and down in a bob."""
    data = mujoco.MjData(model)
    site = model.site(embodiment.robot.end_effectors[0]).id
    values = np.zeros(len(qpos))
    for index, row in enumerate(qpos):
        data.qpos[:] = row
        mujoco.mj_kinematics(model, data)
        if embodiment.tool is not None:
            values[index] = data.site_xpos[site, 1 if move == "sway" else 2]
        else:
            # Of the trunk: how far its left side is up, or its height.
            root = model.jnt_bodyid[0]
            up = data.xmat[root].reshape(3, 3)[2, 1]
            values[index] = np.arcsin(np.clip(up, -1.0, 1.0)) if move == "sway" else row[2]
    return values


def phase_errors(
    time: Float[np.ndarray, " T"],
    values: Float[np.ndarray, " T"],
    beats: Float[np.ndarray, " N"],
    beats_a_cycle: float = 2.0,
    cycles: float = CYCLES,
) -> tuple[Float[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """How late a motion is, ms, and at which moments, s, every tenth of a second.

    The phase is that of the motion's first harmonic over the cycles before, about its mean.
    """
    turned = beats_at(beats, time) / beats_a_cycle
    moments, late = [], []
    for end in np.arange(time[0] + 0.1, time[-1], 0.1):
        now = beats_at(beats, np.array([end]))[0] / beats_a_cycle
        chosen = (turned <= now) & (turned > now - cycles) & (time <= end)
        if chosen.sum() < 20:
            continue
        # Least squares: a constant, and a cosine and a sine of the beat's phase.
        angle = 2.0 * np.pi * turned[chosen]
        basis = np.stack([np.ones(chosen.sum()), np.cos(angle), np.sin(angle)], axis=1)
        _, cosine, sine = np.linalg.lstsq(basis, values[chosen], rcond=None)[0]
        behind = np.arctan2(sine, cosine) / (2.0 * np.pi)
        behind = behind - 0.5 * np.round(behind / 0.5)  # either extreme
        period = beats_a_cycle * np.interp(end, beats[:-1], np.diff(beats))
        moments.append(end)
        late.append(1e3 * behind * period)
    return np.array(moments), np.array(late)
