"""Random command schedules for base training: which behaviours the base policy meets, how often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.control.commands import (
    COUNT,
    HEIGHT,
    JUMP,
    LIFT,
    LOWER,
    MODULATION_RANGE,
    PITCH,
    REAR,
    ROLL,
    STEP_RANGE,
    SWING,
    SWING_HEIGHT,
    UPPER,
    VX,
    VY,
    YAW,
    CommandBatch,
)  # fmt: skip
from tabrl.control.gait import GAITS, GRAVITY, LONGEST_FLIGHT
from tabrl.control.rollout import Floats
from tabrl.sim.simulator import CommandSampler

STRIDE_SPEED = 0.55  # m: the longest stride a leg can make; faster robots must step faster
PAIRED_SPEED = 0.6  # of the range: pacing and bounding are slower than trotting
_GAIT_SHARES = (0.2, 0.4, 0.4)  # of those with a gait of their own; the trot comes by itself


@dataclass(frozen=True)
class CommandMix:
    """Shares of the drawn schedules and how far they reach, 0..1 of the full ranges.

    A schedule walks, stands, steps on the spot, holds a foot up, hops or rears; what the shares
    leave walks.
    """

    velocity: float = 1.0
    posture: float = 1.0
    standing_share: float = 0.18
    marching_share: float = 0.07
    lifting_share: float = 0.12
    hopping_share: float = 0.12
    rearing_share: float = 0.08
    modulated_share: float = 0.5
    own_gait_share: float = 0.5

    def sampler(self) -> CommandSampler:
        """Draws schedules of this mix."""
        return self._draw

    def _draw(self, rng: np.random.Generator, count: int) -> CommandBatch:
        constant, amplitude = self._velocity_and_posture(rng, count)
        kind = rng.random(count)
        edges = np.cumsum([
            self.standing_share, self.marching_share, self.lifting_share, self.hopping_share,
            self.rearing_share,
        ])  # fmt: skip
        standing = kind < edges[0]
        marching = (kind >= edges[0]) & (kind < edges[1])
        lifting = (kind >= edges[1]) & (kind < edges[2])
        hopping = (kind >= edges[2]) & (kind < edges[3])
        rearing = (kind >= edges[3]) & (kind < edges[4])
        still = np.flatnonzero(standing | marching | lifting | rearing)
        constant[still[:, None], [VX, VY, YAW]] = amplitude[still[:, None], [VX, VY, YAW]] = 0.0
        gait, frequency = self._gaits(rng, count, constant, amplitude)
        frequency[standing | lifting | rearing] = 0.0
        frequency[marching] = rng.uniform(*STEP_RANGE, int(marching.sum()))
        self._lift(rng, np.flatnonzero(lifting), constant, amplitude)
        self._hop(rng, np.flatnonzero(hopping), constant, amplitude, frequency)
        self._rear(rng, np.flatnonzero(rearing), constant, amplitude)
        self._stay_in_reach(constant, amplitude)
        low, high = np.log(MODULATION_RANGE)
        return CommandBatch(
            constant.astype(np.float32),
            amplitude.astype(np.float32),
            rng.uniform(0.0, 2.0 * np.pi, (count, COUNT)).astype(np.float32),
            np.exp(rng.uniform(low, high, count)).astype(np.float32),
            gait.astype(np.int32),
            frequency.astype(np.float32),
        )

    def _velocity_and_posture(self, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        reach = np.array([self.velocity] * 3 + [self.posture] * (COUNT - 3))
        constant = rng.uniform(LOWER, UPPER, (count, COUNT)) * reach
        # Most sentences ask for a few things only.
        often = np.array([0.8, 0.5, 0.6, 0.45, 0.35, 0.35, 0.4, *[0.0] * 6])
        constant *= rng.random((count, COUNT)) < often
        amplitude = rng.uniform(0.0, 1.0, (count, COUNT)) * SWING * reach
        often = np.array([0.15, 0.15, 0.2, 0.35, 0.35, 0.4, 0.05, *[0.0] * 6])
        amplitude *= rng.random((count, COUNT)) < often
        amplitude *= rng.random((count, 1)) < self.modulated_share
        return constant, amplitude

    def _gaits(
        self, rng: np.random.Generator, count: int, constant: Floats, amplitude: Floats
    ) -> tuple[Floats, Floats]:
        """Which gait `[B]` and at which frequency; schedules of their own gait slow down to it."""
        own = rng.random(count) < self.own_gait_share
        gait = np.where(own, rng.choice(len(GAITS), count, p=_GAIT_SHARES), 0)
        paired = gait > 0
        for channel in (VX, VY, YAW):
            constant[paired, channel] *= PAIRED_SPEED
            amplitude[paired, channel] *= PAIRED_SPEED
        peak = np.abs(constant) + np.abs(amplitude)
        speed = np.hypot(peak[:, VX], peak[:, VY]) + 0.2 * peak[:, YAW]
        low, high = STEP_RANGE
        slowest = np.clip(speed / STRIDE_SPEED, low, high)
        named = own & (rng.random(count) < 0.8)
        return gait, np.where(named, rng.uniform(slowest, high), 0.0)

    def _lift(
        self, rng: np.random.Generator, rows: NDArray[np.intp], constant: Floats, amplitude: Floats
    ) -> None:
        """One foot held up, or moved up and down, over a quiet posture."""
        constant[rows[:, None], [HEIGHT, PITCH, ROLL]] *= 0.4
        amplitude[rows[:, None], [HEIGHT, PITCH, ROLL]] *= 0.3
        foot = LIFT.start + rng.integers(0, 4, len(rows))
        low, high = 0.04, UPPER[LIFT][0]
        moved = rng.random(len(rows)) < 0.3 * (self.modulated_share > 0.0)
        middle, swing = rng.uniform(0.07, 0.09, len(rows)), rng.uniform(0.02, 0.05, len(rows))
        constant[rows, foot] = np.where(moved, middle, rng.uniform(low, high, len(rows)))
        amplitude[rows, foot] = np.where(moved, swing, 0.0)

    def _hop(
        self, rng: np.random.Generator, rows: NDArray[np.intp], constant: Floats, amplitude: Floats,
        frequency: Floats,
    ) -> None:  # fmt: skip
        """Hops that legs can do: their flight fits into the period, and they drift slowly."""
        constant[rows[:, None], [VX, VY, YAW]] *= 0.5
        amplitude[rows] = 0.0
        constant[rows[:, None], [HEIGHT, PITCH, ROLL]] *= 0.3
        spot = rng.random(len(rows)) < 0.5
        constant[rows[spot][:, None], [VX, VY, YAW]] = 0.0
        chosen = rng.uniform(1.5, 3.0, len(rows))
        frequency[rows] = np.where(rng.random(len(rows)) < 0.3, 0.0, chosen)
        highest = GRAVITY / 8.0 * (LONGEST_FLIGHT / np.where(frequency[rows] > 0, chosen, 2.0)) ** 2
        constant[rows, JUMP] = rng.uniform(0.02, np.minimum(highest, UPPER[JUMP]))

    def _rear(
        self, rng: np.random.Generator, rows: NDArray[np.intp], constant: Floats, amplitude: Floats
    ) -> None:
        """Nose up, sitting, and from `REARED` on up on the hind legs; held or swinging."""
        constant[rows] = amplitude[rows] = 0.0
        moved = rng.random(len(rows)) < 0.3 * (self.modulated_share > 0.0)
        low, high = rng.uniform(0.1, 0.6, len(rows)), rng.uniform(0.85, 1.0, len(rows))
        held = np.where(rng.random(len(rows)) < 0.4, low, high)  # in between nothing is stable
        constant[rows, REAR] = np.where(moved, np.clip(held, 0.4, 0.6), held) * self.posture
        amplitude[rows, REAR] = np.where(moved, SWING[REAR], 0.0) * self.posture

    @staticmethod
    def _stay_in_reach(constant: Floats, amplitude: Floats) -> None:
        """Keep constant ± amplitude within what legs can reach."""
        for channel in (HEIGHT, PITCH, ROLL, SWING_HEIGHT):
            room = np.minimum(UPPER[channel] - constant[:, channel],
                              constant[:, channel] - LOWER[channel])  # fmt: skip
            wide = amplitude[:, channel] > room + 0.02
            constant[wide, channel] *= 0.5
