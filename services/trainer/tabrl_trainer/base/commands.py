"""Random command programs for base training: which behaviours the base policy meets, how often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabrl.control.program import BEAT_RANGE, HEIGHT, LOWER, SWING, UPPER, VX, VY, YAW, Programs
from tabrl.control.tape import Floats
from tabrl.sim.simulator import ProgramSampler

POSTURE_CHANNELS = slice(HEIGHT, None)


@dataclass(frozen=True)
class CommandMix:
    """Shares of the drawn programs and how far they reach, 0..1 of the full ranges."""

    velocity: float = 1.0
    posture: float = 1.0
    standing_share: float = 0.25
    modulated_share: float = 0.5

    def sampler(self) -> ProgramSampler:
        """Draws programs of this mix."""
        return self._draw

    def _draw(self, rng: np.random.Generator, count: int) -> Programs:
        reach = np.array([self.velocity] * 3 + [self.posture] * 3)
        constant = rng.uniform(LOWER, UPPER, (count, 6)) * reach
        # Most sentences ask for a few things only: each channel is used half of the time.
        constant *= rng.random((count, 6)) < np.array([0.8, 0.5, 0.6, 0.5, 0.4, 0.4])
        amplitude = rng.uniform(0.0, 1.0, (count, 6)) * SWING * reach
        amplitude *= rng.random((count, 6)) < np.array([0.15, 0.15, 0.2, 0.35, 0.35, 0.4])
        amplitude *= rng.random((count, 1)) < self.modulated_share
        standing = rng.random(count) < self.standing_share
        for channel in (VX, VY, YAW):
            constant[standing, channel] = 0.0
            amplitude[standing, channel] = 0.0
        self._stay_in_reach(constant, amplitude)
        low, high = np.log(BEAT_RANGE)
        return Programs(
            constant.astype(np.float32),
            amplitude.astype(np.float32),
            rng.uniform(0.0, 2.0 * np.pi, (count, 6)).astype(np.float32),
            np.exp(rng.uniform(low, high, count)).astype(np.float32),
        )

    @staticmethod
    def _stay_in_reach(constant: Floats, amplitude: Floats) -> None:
        """Keep constant ± amplitude within what legs can reach."""
        for channel in range(HEIGHT, 6):
            room = np.minimum(UPPER[channel] - constant[:, channel],
                              constant[:, channel] - LOWER[channel])  # fmt: skip
            wide = amplitude[:, channel] > room + 0.02
            constant[wide, channel] *= 0.5
