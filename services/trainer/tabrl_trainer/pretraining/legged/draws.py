"""What the model card's rows ask of legged robots: schedules from randomness.

Amounts are in the robot's own units: the caller scales them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_space import CommandSpace
from tabrl.embodiments.legged.gait import GAITS, Gait
from tabrl.embodiments.legged.scale import Scale
from tabrl_trainer.pretraining.benchmark import Draw

Numbers = NDArray[np.floating[Any]]
Range = tuple[float, float]


class Draws:
    """Draws of one robot."""

    def __init__(self, space: CommandSpace, scale: Scale) -> None:
        self._space, self._scale = space, scale

    def still(self, _: np.random.Generator, count: int) -> CommandBatch:
        """Stand."""
        return self._asked(count)

    def along(self, **ranges: Range) -> Draw:
        """Channels, each uniform in a range; the same draw at both ends is a constant."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            drawn = {name: rng.uniform(*ends, count) for name, ends in ranges.items()}
            return self._asked(count, self._columns(count, **drawn))

        return draw

    def constant(self, **channels: float) -> Draw:
        """The same of all robots."""

        def draw(_: np.random.Generator, count: int) -> CommandBatch:
            return self._asked(count, self._columns(count, **channels))

        return draw

    def held(self, channel: str, ends: Range) -> Draw:
        """A channel, while half of the robots walk."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            constant = self._strolling(rng, count)
            constant[:, self._space.column(channel)] = rng.uniform(*ends, count)
            return self._asked(count, constant)

        return draw

    def modulated(self, channel: str, middle: float, amplitude: float, frequency: float) -> Draw:
        """A channel's sinusoid about a middle, while half of the robots walk."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            constant, column = self._strolling(rng, count), self._space.column(channel)
            constant[:, column] = middle
            amplitudes = np.zeros_like(constant)
            amplitudes[:, column] = amplitude
            phase = rng.uniform(0.0, 2.0 * np.pi, constant.shape).astype(np.float32)
            return self._asked(count, constant, amplitudes, phase, frequency)

        return draw

    def gait(self, gait: Gait, speed: Range, frequency: Range) -> Draw:
        """Forward in a gait, at frequencies of its own."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            vx, strides = rng.uniform(*speed, count), rng.uniform(*frequency, count)
            return self._asked(count, self._columns(count, vx=vx), gait=gait, strides=strides)

        return draw

    def march(self, swing: float, frequency: Range) -> Draw:
        """High steps on the spot."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            strides = rng.uniform(*frequency, count)
            return self._asked(count, self._columns(count, swing=swing), strides=strides)

        return draw

    def hop(self, jump: Range, forward: float) -> Draw:
        """Hops, forward at half of a speed up to that speed."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            speed = rng.uniform(0.5 * forward, forward, count)
            asked = self._columns(count, jump=rng.uniform(*jump, count), vx=speed)
            return self._asked(count, asked)

        return draw

    def _strolling(self, rng: np.random.Generator, count: int) -> Floats:
        """Half of the robots stand, half walk."""
        speed = rng.uniform(-0.4 * self._scale.speed, 0.6 * self._scale.speed, count)
        speed[: count // 2] = 0.0
        return self._columns(count, vx=speed)

    def _columns(self, count: int, **channels: Numbers | float) -> Floats:
        constant = np.zeros((count, len(self._space)), np.float32)
        for name, value in channels.items():
            constant[:, self._space.column(name)] = value
        return constant

    def _asked(
        self,
        count: int,
        constant: Floats | None = None,
        amplitude: Floats | None = None,
        phase: Floats | None = None,
        modulation_frequency: float = 1.0,
        gait: Gait = Gait.TROT,
        strides: Numbers | None = None,
    ) -> CommandBatch:
        zero = np.zeros((count, len(self._space)), np.float32)
        none = np.zeros(count, np.float32)
        return CommandBatch.of(
            self._space,
            zero if constant is None else constant,
            zero if amplitude is None else amplitude,
            zero if phase is None else phase,
            np.full(count, modulation_frequency, np.float32),
            {
                "gait": np.full(count, GAITS.index(gait), np.int32),
                "gait_frequency": none if strides is None else strides.astype(np.float32),
            },
        )
