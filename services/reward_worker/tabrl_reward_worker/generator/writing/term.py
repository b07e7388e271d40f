"""A term of a reward as text, and the pieces such text is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tabrl_reward_worker.generator.goal.goal import Goal
from tabrl_reward_worker.generator.goal.targets import CHANNELS, Swing

ASKED, BESIDE = 2.0, 0.6  # weights of what is asked for, and of what should not happen beside it
GRAVITY = 9.81  # m/s²
# Width of a swing's bell in amplitudes. Narrower ones flatten out at a rhythm not yet found, where
# the double frequency then looks better than the right one, and a bob pays only once its centre is
# found.
_SWING_WIDTH = 0.9


@dataclass(frozen=True)
class Term:
    """One line of a reward."""

    name: str
    weight: float
    expression: str
    comment: str = ""
    local: bool = False  # a value for other terms to use, not a term of its own
    by_stride: bool = False  # right over a whole stride only: no factor of a product


def number(value: float) -> str:
    """A literal short enough to read."""
    text = f"{value:.4g}"
    return text if "." in text or "e" in text else f"{text}.0"


def minus(value: float) -> str:
    """Source text subtracting a constant."""
    return f" - {number(value)}" if value > 0 else f" + {number(-value)}" if value < 0 else ""


def bell(error: str, width: float) -> str:
    """A bell: 1 at no error, 1/e where it is as large as the width."""
    return f"rl.gaussian({error}, {number(width)})"


def angle_bell(error: str, width: float) -> str:
    """A bell around no difference of headings, which begin again after a full turn."""
    return bell(f"jnp.sin(0.5 * ({error}))", 0.5 * width)


def swung_bell(goal: Goal, channel: str, error: str, least: float = 0.0) -> str:
    """A bell around the reference of a swing."""
    swing = goal.swings[channel]
    width = goal.tolerance(CHANNELS[channel]) or max(_SWING_WIDTH * swing.amplitude, least)
    return bell(f"{error} - {wave(swing)}", width)


def wave(swing: Swing) -> str:
    """Where a swing is to be."""
    return f"{number(swing.amplitude)} * jnp.sin({_clock(swing)})"


def wave_rate(swing: Swing) -> str:
    """How fast a swing is to change."""
    rate = swing.amplitude * 2.0 * math.pi * swing.hz
    return f"{number(rate)} * jnp.cos({_clock(swing)})"


def _clock(swing: Swing) -> str:
    turns = round(swing.phase / (2.0 * math.pi), 4)
    offset = f", {number(turns)}" if turns else ""
    return f"state.phase({number(swing.hz)}{offset})"
