"""Random command schedules for pretraining: which behaviours a policy meets, and how often.

Amounts are those of the reference robot (see `scale`); others get them scaled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_space import MODULATION_RANGE
from tabrl.control.embodiment import Embodiment
from tabrl.embodiments.legged.gait import GAITS, GRAVITY, LONGEST_FLIGHT, Gait, GaitAmounts
from tabrl.embodiments.legged.limbs import lift_channel
from tabrl.embodiments.legged.scale import Scale

VELOCITY = ("vx", "vy", "yaw")
POSTURE = ("height", "pitch", "roll")
STRIDE_SPEED = 0.55  # m: the longest stride a leg can make; faster robots must step faster
TURNING_RADIUS = 0.2  # m, of the feet about the trunk's middle
PAIRED_SPEED = 0.6  # of the range: pacing and bounding are slower than trotting
# Of schedules with a gait of their own; the trot comes by itself.
_GAIT_SHARES = {Gait.TROT: 0.2, Gait.PACE: 0.4, Gait.BOUND: 0.4}
# Share of schedules in which a channel is used: most sentences ask for a few things only. What is
# not named here is drawn on its own.
_CONSTANTS = {
    "vx": 0.8, "vy": 0.5, "yaw": 0.6, "height": 0.45, "pitch": 0.35, "roll": 0.35, "swing": 0.4,
}  # fmt: skip
_SINUSOIDS = {
    "vx": 0.15, "vy": 0.15, "yaw": 0.2, "height": 0.35, "pitch": 0.35, "roll": 0.4, "swing": 0.05,
}  # fmt: skip

Rows = NDArray[np.intp]


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


@dataclass(frozen=True)
class _Waves:
    """What is drawn of all channels, `[B, C]` each, to be written into."""

    constant: Floats
    amplitude: Floats

    def scale(self, rows: Rows, columns: list[int], constant: float, amplitude: float) -> None:
        """Scale some channels of some schedules."""
        self.constant[rows[:, None], columns] *= constant
        self.amplitude[rows[:, None], columns] *= amplitude

    def clear(self, rows: Rows, columns: list[int]) -> None:
        """Ask for nothing of some channels of some schedules."""
        self.constant[rows[:, None], columns] = self.amplitude[rows[:, None], columns] = 0.0


class MixedCommands:
    """Draws schedules of a mix for one robot; what the robot cannot do has no share."""

    def __init__(self, mix: CommandMix, embodiment: Embodiment) -> None:
        self._mix = mix
        self._space = space = embodiment.commands
        self._scale = Scale.of(embodiment.robot)
        self._gait = GaitAmounts.of(embodiment.robot)
        self._velocity, self._posture = space.columns(VELOCITY), space.columns(POSTURE)
        self._lifts = np.array(
            [space.column(lift_channel(limb)) for limb in embodiment.robot.limbs]
        )

    def __call__(self, rng: np.random.Generator, count: int) -> CommandBatch:
        """`count` schedules."""
        mix, space = self._mix, self._space
        waves = self._velocity_and_posture(rng, count)
        kind = rng.random(count)
        edges = np.cumsum([
            mix.standing_share, mix.marching_share, mix.lifting_share,
            mix.hopping_share * ("jump" in space), mix.rearing_share * ("rear" in space),
        ])  # fmt: skip
        standing = kind < edges[0]
        marching = (kind >= edges[0]) & (kind < edges[1])
        lifting = (kind >= edges[1]) & (kind < edges[2])
        hopping = (kind >= edges[2]) & (kind < edges[3])
        rearing = (kind >= edges[3]) & (kind < edges[4])
        waves.clear(np.flatnonzero(standing | marching | lifting | rearing), self._velocity)
        gait, frequency = self._gaits(rng, count, waves)
        frequency[standing | lifting | rearing] = 0.0
        frequency[marching] = rng.uniform(*self._stepping, int(marching.sum()))
        self._lift(rng, np.flatnonzero(lifting), waves)
        if "jump" in space:
            self._hop(rng, np.flatnonzero(hopping), waves, frequency)
        if "rear" in space:
            self._rear(rng, np.flatnonzero(rearing), waves)
        self._stay_in_reach(waves)
        low, high = np.log(MODULATION_RANGE)
        return CommandBatch.of(
            space,
            waves.constant.astype(np.float32),
            waves.amplitude.astype(np.float32),
            rng.uniform(0.0, 2.0 * np.pi, (count, len(space))).astype(np.float32),
            np.exp(rng.uniform(low, high, count)).astype(np.float32),
            {"gait": gait.astype(np.int32), "gait_frequency": frequency.astype(np.float32)},
        )

    @property
    def _stepping(self) -> tuple[float, float]:
        """Range of the gait frequency, Hz."""
        return self._space.setting("gait_frequency").range

    def _velocity_and_posture(self, rng: np.random.Generator, count: int) -> _Waves:
        mix, space = self._mix, self._space
        shape = count, len(space)
        reach = np.array([mix.velocity if n in VELOCITY else mix.posture for n in space.names])
        constant = rng.uniform(space.lower, space.upper, shape) * reach
        constant *= rng.random(shape) < self._often(_CONSTANTS)
        amplitude = rng.uniform(0.0, 1.0, shape) * space.amplitude * reach
        amplitude *= rng.random(shape) < self._often(_SINUSOIDS)
        amplitude *= rng.random((count, 1)) < mix.modulated_share
        return _Waves(constant, amplitude)

    def _often(self, shares: dict[str, float]) -> Floats:
        return np.array([shares.get(name, 0.0) for name in self._space.names])

    def _gaits(
        self, rng: np.random.Generator, count: int, waves: _Waves
    ) -> tuple[NDArray[np.int64], Floats]:
        """Which gait `[B]` and at which frequency; schedules of their own gait slow down to it."""
        own = rng.random(count) < self._mix.own_gait_share
        shares = [_GAIT_SHARES[gait] for gait in GAITS]
        gait = np.where(own, rng.choice(len(GAITS), count, p=shares), 0)
        paired = np.flatnonzero(gait != GAITS.index(Gait.TROT))
        waves.scale(paired, self._velocity, PAIRED_SPEED, PAIRED_SPEED)
        peak = np.abs(waves.constant) + np.abs(waves.amplitude)
        vx, vy, yaw = (peak[:, self._space.column(name)] for name in VELOCITY)
        speed = np.hypot(vx, vy) + TURNING_RADIUS * self._scale.length * yaw
        low, high = self._stepping
        slowest = np.clip(speed / (STRIDE_SPEED * self._scale.length), low, high)
        named = own & (rng.random(count) < 0.8)
        return gait, np.where(named, rng.uniform(slowest, high), 0.0)

    def _lift(self, rng: np.random.Generator, rows: Rows, waves: _Waves) -> None:
        """One foot held up, or moved up and down, over a quiet posture."""
        waves.scale(rows, self._posture, 0.4, 0.3)
        foot = self._lifts[rng.integers(0, len(self._lifts), len(rows))]
        length, highest = self._scale.length, self._space.upper[self._lifts[0]]
        moved = rng.random(len(rows)) < 0.3 * (self._mix.modulated_share > 0.0)
        middle = rng.uniform(0.07 * length, 0.09 * length, len(rows))
        swing = rng.uniform(0.02 * length, 0.05 * length, len(rows))
        held = rng.uniform(0.04 * length, highest, len(rows))
        waves.constant[rows, foot] = np.where(moved, middle, held)
        waves.amplitude[rows, foot] = np.where(moved, swing, 0.0)

    def _hop(self, rng: np.random.Generator, rows: Rows, waves: _Waves, frequency: Floats) -> None:
        """Hops that legs can do: their flight fits into the period, and they drift slowly."""
        scale, jump = self._scale, self._space.column("jump")
        usual = self._gait.hop_frequency
        waves.scale(rows, self._velocity, 0.5, 0.0)
        waves.scale(rows, self._posture, 0.3, 0.0)
        waves.amplitude[rows] = 0.0
        waves.clear(rows[rng.random(len(rows)) < 0.5], self._velocity)  # hops on the spot
        chosen = rng.uniform(1.5 * scale.frequency, 3.0 * scale.frequency, len(rows))
        frequency[rows] = np.where(rng.random(len(rows)) < 0.3, 0.0, chosen)
        period = LONGEST_FLIGHT / np.where(frequency[rows] > 0, chosen, usual)
        highest = np.minimum(GRAVITY / 8.0 * period**2, self._space.upper[jump])
        waves.constant[rows, jump] = rng.uniform(0.02 * scale.length, highest)

    def _rear(self, rng: np.random.Generator, rows: Rows, waves: _Waves) -> None:
        """Nose up, sitting, and from `REARED` on up on the hind legs; held or swinging."""
        rear = self._space.column("rear")
        waves.constant[rows] = waves.amplitude[rows] = 0.0
        moved = rng.random(len(rows)) < 0.3 * (self._mix.modulated_share > 0.0)
        low, high = rng.uniform(0.1, 0.6, len(rows)), rng.uniform(0.85, 1.0, len(rows))
        held = np.where(rng.random(len(rows)) < 0.4, low, high)  # in between nothing is stable
        about = np.where(moved, np.clip(held, 0.4, 0.6), held)
        swing = np.where(moved, self._space.amplitude[rear], 0.0)
        waves.constant[rows, rear] = about * self._mix.posture
        waves.amplitude[rows, rear] = swing * self._mix.posture

    def _stay_in_reach(self, waves: _Waves) -> None:
        """Keep constant ± amplitude within what legs can reach."""
        space = self._space
        for column in space.columns((*POSTURE, "swing")):
            constant = waves.constant[:, column]
            room = np.minimum(space.upper[column] - constant, constant - space.lower[column])
            waves.constant[waves.amplitude[:, column] > room + 0.02, column] *= 0.5
