"""The gait clock: when each foot is due on the ground, in closed form of the time since reset.

A foot's phase runs from 0 to 1 in every stride: stance first, swing from `DUTY_FACTOR` on. Gaits
differ in the offsets between the feet, after "Walk These Ways" (Margolis and Agrawal, 2022).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np

from tabrl.control.rotation import Array

DUTY_FACTOR = 0.55  # of a stride; other shares are stretched onto the same phases
MID_SWING = 0.775  # phase of a foot that is held up
GRAVITY = 9.81  # m/s²
LONGEST_FLIGHT = 0.6  # of a hop's period
# On the legs of one side, or on the front or hind ones, the trunk tips over: swings must be short.
PAIRED_SWING_S = 0.14


class Gait(StrEnum):
    """Which feet step together. Hopping with all four is a pronk."""

    TROT = "trot"  # diagonal pairs
    PACE = "pace"  # the legs of a side
    BOUND = "bound"  # front legs, then hind legs


GAITS = tuple(Gait)
# Cycles by which each foot is ahead, in the robots' foot order: FR, FL, RR, RL.
OFFSETS = np.array([[0.0, 0.5, 0.5, 0.0], [0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.5, 0.5]], np.float32)


def duty_factor(gait: Array, frequency: Array, xp: Any = np) -> Array:
    """Share of a stride that each foot is on the ground; `gait` indexes `GAITS`, Hz."""
    short = xp.minimum(1.0 - DUTY_FACTOR, PAIRED_SWING_S * frequency)
    return xp.where(gait == GAITS.index(Gait.TROT), DUTY_FACTOR, 1.0 - short)


def flight_share(frequency: Array, jump: Array, xp: Any = np) -> Array:
    """Share of a hop's period in the air for hops of `jump` m: free flight up and down again."""
    flight = 2.0 * xp.sqrt(2.0 * xp.maximum(jump, 0.0) / GRAVITY)
    return xp.clip(frequency * flight, 0.0, LONGEST_FLIGHT)


def stretched(stride: Array, duty_factor: Array, xp: Any = np) -> Array:
    """Phases of strides `[..., 4]` whose stance takes `duty_factor [..., 1]` of the time."""
    swing = (stride - duty_factor) / xp.maximum(1.0 - duty_factor, 1e-3)
    return xp.where(
        stride < duty_factor,
        stride / xp.maximum(duty_factor, 1e-3) * DUTY_FACTOR,
        DUTY_FACTOR + xp.clip(swing, 0.0, 1.0) * (1.0 - DUTY_FACTOR),
    )
