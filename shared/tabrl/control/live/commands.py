"""Live commands as they are sent: a beat, waves for the channels that are driven, a carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float

Rows = Float[np.ndarray, "*B N"]
Clock = Float[np.ndarray, "*B"]

WAVE = 4  # numbers of a driven channel: constant, amplitude, phase, harmonic
BEAT = 2  # before them: the beat's frequency and phase


@dataclass(frozen=True)
class LiveCommands:
    """What is asked of robots now, and what was carried from the step before.

    `beat_hz [B]` 0 where there is no beat, `beat_phase [B]` in cycles of the modulation at the
    state's instant. `waves [B, C, 4]`: constant, amplitude, phase, harmonic; a constant that is not
    a number leaves the channel to the schedule. A `carry [B, K]` that is not a number is none yet.
    """

    beat_hz: Clock
    beat_phase: Clock
    waves: Float[np.ndarray, "*B C 4"]
    carry: Rows

    @classmethod
    def unpacked(cls, rows: Rows, channels: int) -> Self:
        """From rows as they are sent: beat, waves, carry."""
        end = BEAT + WAVE * channels
        waves = rows[..., BEAT:end].reshape(*rows.shape[:-1], channels, WAVE)
        return cls(rows[..., 0], rows[..., 1], waves, rows[..., end:])

    def packed(self) -> Rows:
        """As rows."""
        flat = self.waves.reshape(*self.waves.shape[:-2], -1)
        beat = np.stack([self.beat_hz, self.beat_phase], axis=-1)
        return np.concatenate([beat, flat, self.carry], axis=-1)
