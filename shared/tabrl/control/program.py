"""Command programs: what the base policy is asked to do, as a closed form of the time since reset.

Each channel is `constant + amplitude · sin(2π · beat_frequency · t + phase)`. The gait clock
follows from the program: it trots while the program asks for speed and rests while it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tabrl.control.rotation import Array

CHANNELS = ("vx", "vy", "yaw", "height", "pitch", "roll")
VX, VY, YAW, HEIGHT, PITCH, ROLL = range(6)
BEAT_RANGE = (0.4, 2.5)  # Hz
# What base policies are trained on: lower and upper end of every channel's constant and the largest
# amplitude of its modulation; m/s, m/s, rad/s, m from standing, rad, rad.
LOWER = np.array([-0.9, -0.6, -1.5, -0.11, -0.40, -0.35])
UPPER = np.array([1.4, 0.6, 1.5, 0.03, 0.40, 0.35])
SWING = np.array([0.4, 0.3, 1.0, 0.05, 0.25, 0.28])
# Trot: diagonal feet together, in the robots' foot order FR, FL, RR, RL.
TROT_OFFSETS = np.array([0.0, 0.5, 0.5, 0.0], np.float32)
STANCE_SHARE = 0.55
WALKING_SPEED = 0.08  # m/s or rad/s/2 asked for; below it the robot stands

Six = Annotated[tuple[float, ...], Field(min_length=6, max_length=6)]
_WORDS = {
    "vx": ("forward", "backward", "m/s"),
    "vy": ("left", "right", "m/s"),
    "yaw": ("turn left", "turn right", "rad/s"),
    "height": ("higher", "lower", "m"),
    "pitch": ("nose down", "nose up", "rad"),
    "roll": ("lean right", "lean left", "rad"),
}


class CommandProgram(BaseModel):
    """One program; channels in the order of `CHANNELS`: m/s, rad/s, m from standing, rad."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    constant: Six = (0.0,) * 6
    amplitude: Six = (0.0,) * 6
    phase: Six = (0.0,) * 6
    beat_frequency: float = Field(default=1.0, ge=BEAT_RANGE[0], le=BEAT_RANGE[1])

    def in_words(self) -> str:
        """The program as a person would say it: "forward 0.4 m/s; lean ±0.2 rad at 1.0 Hz"."""
        parts = []
        for channel, constant, amplitude in zip(
            CHANNELS, self.constant, self.amplitude, strict=True
        ):
            positive, negative, unit = _WORDS[channel]
            if abs(constant) > 1e-3:
                parts.append(f"{positive if constant > 0 else negative} {abs(constant):.2f} {unit}")
            if abs(amplitude) > 1e-3:
                parts.append(
                    f"{channel} ±{abs(amplitude):.2f} {unit} at {self.beat_frequency:.2f} Hz"
                )
        return "; ".join(parts) if parts else "stand"


@dataclass(frozen=True)
class Programs:
    """A batch of programs: `constant`, `amplitude`, `phase` `[B, 6]`, `beat_frequency` `[B]`."""

    constant: Array
    amplitude: Array
    phase: Array
    beat_frequency: Array

    @classmethod
    def stack(cls, programs: list[CommandProgram]) -> Self:
        """One batch of many programs, float32."""
        return cls(
            *(
                np.array([getattr(program, name) for program in programs], np.float32)
                for name in ("constant", "amplitude", "phase", "beat_frequency")
            )
        )

    @classmethod
    def neutral(cls, size: int) -> Self:
        """`size` programs that ask to stand."""
        return cls.stack([CommandProgram()] * size)

    def __len__(self) -> int:
        return int(self.constant.shape[0])

    def pick(self, index: Array) -> Programs:
        """The programs at `index`."""
        return Programs(
            self.constant[index],
            self.amplitude[index],
            self.phase[index],
            self.beat_frequency[index],
        )

    def single(self, index: int) -> CommandProgram:
        """One program of the batch, for a params file or a person."""
        return CommandProgram(
            constant=tuple(float(x) for x in self.constant[index]),
            amplitude=tuple(float(x) for x in self.amplitude[index]),
            phase=tuple(float(x) for x in self.phase[index]),
            beat_frequency=float(self.beat_frequency[index]),
        )

    def beat(self, time: Array, xp: Any = np) -> Array:
        """Phase of the beat `[B]` in rad, zero at the reset."""
        return (2.0 * xp.pi) * self.beat_frequency * time

    def command(self, time: Array, xp: Any = np) -> Array:
        """The command `[B, 6]` at `time [B]` seconds after the reset."""
        angle = self.beat(time, xp)[..., None] + self.phase
        return self.constant + self.amplitude * xp.sin(angle)

    def heading(self, time: Array, xp: Any = np) -> Array:
        """How far the yaw channel has turned the robot by `time [B]`, rad, not wrapped."""
        omega = 2.0 * xp.pi * self.beat_frequency
        phase = self.phase[..., YAW]
        swing = self.amplitude[..., YAW] / omega * (xp.cos(phase) - xp.cos(omega * time + phase))
        return self.constant[..., YAW] * time + swing

    def speed(self, xp: Any = np) -> Array:
        """How much locomotion the program asks for `[B]`, m/s; turning counts half its rad/s."""
        peak = xp.abs(self.constant) + xp.abs(self.amplitude)
        planar = xp.sqrt(peak[..., VX] ** 2 + peak[..., VY] ** 2)
        return planar + 0.5 * peak[..., YAW]

    def walking(self, xp: Any = np) -> Array:
        """1 where the program walks, 0 where it stands, `[B]`."""
        return (self.speed(xp) > WALKING_SPEED).astype(xp.float32)

    def gait_frequency(self, xp: Any = np) -> Array:
        """Strides a second `[B]`: 1.8 Hz for a slow walk, 2.8 Hz at 1.2 m/s."""
        return 1.8 + xp.minimum(self.speed(xp) / 1.2, 1.0)

    def gait_phase(self, time: Array, xp: Any = np) -> Array:
        """Phase of every foot `[B, 4]` in [0, 1): stance first, then swing; 0 while standing."""
        stride = (self.gait_frequency(xp) * time)[..., None] + xp.asarray(TROT_OFFSETS)
        return (stride % 1.0) * self.walking(xp)[..., None]
