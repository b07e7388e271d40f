"""Command schedules: what the base policy is asked to do, as a closed form of the time since reset.

Each channel is `constant + amplitude · sin(2π · beat_frequency · t + phase)`. The gait clock runs
while the schedule asks for speed, for hops, or for a stepping frequency of its own; else it rests.
A schedule may have later phases that follow by time: see `tabrl.control.staged`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tabrl.contracts.phases import MAX_PHASES, PhasesS
from tabrl.contracts.quantities import CHANNELS as CHANNELS
from tabrl.control.gait import (
    GAITS,
    MID_SWING,
    OFFSETS,
    Gait,
    duty_factor,
    flight_share,
    stretched,
)
from tabrl.control.rotation import Array

COUNT = len(CHANNELS)
VX, VY, YAW, HEIGHT, PITCH, ROLL, SWING_HEIGHT, JUMP, REAR = range(9)
LIFT = slice(9, COUNT)
MODULATION_RANGE = (0.4, 2.5)  # Hz
STEP_RANGE = (1.5, 3.5)  # Hz, of a gait frequency asked for
# What base policies are trained on: lower and upper end of every channel's constant and the largest
# amplitude of its modulation; m/s, m/s, rad/s, m from standing, rad, rad, m from the usual swing
# height, m of hop, 0 to 1 of rearing, m of each foot's lift.
LOWER = np.array([-1.1, -0.6, -2.2, -0.12, -0.50, -0.38, -0.03, 0.0, 0.0, *[0.0] * 4])
UPPER = np.array([2.0, 0.6, 2.2, 0.03, 0.48, 0.38, 0.06, 0.09, 1.0, *[0.14] * 4])
SWING = np.array([0.4, 0.3, 1.0, 0.05, 0.25, 0.28, 0.03, 0.04, 0.4, *[0.06] * 4])
WALKING_SPEED = 0.03  # m/s or rad/s/2 asked for; below it the robot stands
HOPPING = 0.005  # m of hop asked for; below it no hop is meant
LIFTED = 0.02  # m asked for; below it a foot stays down
REARED = 0.6  # from here on the front feet are due in the air; below, the robot sits
HOP_FREQUENCY = 2.0  # Hz, unless the schedule says another

PerChannel = Annotated[tuple[float, ...], Field(min_length=COUNT, max_length=COUNT)]
_WORDS = {
    "vx": ("forward", "backward", "m/s"),
    "vy": ("left", "right", "m/s"),
    "yaw": ("turn left", "turn right", "rad/s"),
    "height": ("higher", "lower", "m"),
    "pitch": ("nose down", "nose up", "rad"),
    "roll": ("lean right", "lean left", "rad"),
    "swing": ("feet higher", "feet lower", "m"),
    "jump": ("hop", "hop", "m"),
    "rear": ("rear up", "rear up", "of 1"),
    "lift_fr": ("lift the right front foot", "", "m"),
    "lift_fl": ("lift the left front foot", "", "m"),
    "lift_rr": ("lift the right hind foot", "", "m"),
    "lift_rl": ("lift the left hind foot", "", "m"),
}


def _empty(value: tuple[object, ...]) -> bool:
    return not value


class CommandSchedule(BaseModel):
    """One schedule; channels in the order and units of `CHANNELS` and `LOWER`.

    `gait_frequency` in Hz; 0 leaves it to the speed asked for. With `later` phases the schedule
    lasts `phases_s` seconds in each phase and begins again after the last one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    constant: PerChannel = (0.0,) * COUNT
    amplitude: PerChannel = (0.0,) * COUNT
    phase: PerChannel = (0.0,) * COUNT
    beat_frequency: float = Field(default=1.0, ge=MODULATION_RANGE[0], le=MODULATION_RANGE[1])
    gait: Gait = Gait.TROT
    gait_frequency: float = Field(default=0.0, ge=0.0, le=STEP_RANGE[1])
    # Left out where they say nothing: schedules of one stage are written as they always were.
    phases_s: PhasesS = Field(default=(), exclude_if=_empty)
    later: tuple[CommandSchedule, ...] = Field(
        default=(), max_length=MAX_PHASES - 1, exclude_if=_empty
    )

    @model_validator(mode="after")
    def _one_time_each(self) -> Self:
        if len(self.phases_s) != (len(self.later) + 1 if self.later else 0):
            raise ValueError("every phase needs its time, and a single phase has none")
        if any(phase.later for phase in self.later):
            raise ValueError("a later phase has no phases of its own")
        return self

    @classmethod
    def sequence(cls, phases: Sequence[CommandSchedule], phases_s: Sequence[float]) -> Self:
        """CommandBatch of one phase each, one after the other, for `phases_s` seconds each.

        Raises `ValueError` unless there are as many times, and at least two of them.
        """
        first, *later = phases
        plain = first.model_dump(exclude={"phases_s", "later"})
        return cls(**plain, phases_s=tuple(phases_s), later=tuple(later))

    @property
    def phases(self) -> tuple[CommandSchedule, ...]:
        """The phases in order, each a schedule of its own."""
        return (self.model_copy(update={"phases_s": (), "later": ()}), *self.later)

    @property
    def period_s(self) -> float:
        """After how many seconds the phases begin again; 0 for a single one."""
        return sum(self.phases_s)

    @classmethod
    def asking(
        cls,
        *,
        beat_frequency: float = 1.0,
        gait: Gait = Gait.TROT,
        gait_frequency: float = 0.0,
        **channels: float | tuple[float, float] | tuple[float, float, float],
    ) -> Self:
        """A schedule by channel names: a constant, or (constant, amplitude[, phase]).

        Raises `ValueError` for a name that is no channel.
        """
        unknown = channels.keys() - set(CHANNELS)
        if unknown:
            raise ValueError(f"no such channel: {', '.join(sorted(unknown))}")
        values = np.zeros((3, COUNT))
        for name, value in channels.items():
            parts = value if isinstance(value, tuple) else (value,)
            values[: len(parts), CHANNELS.index(name)] = parts
        constant, amplitude, phase = (tuple(row.tolist()) for row in values)
        return cls(
            constant=constant, amplitude=amplitude, phase=phase, beat_frequency=beat_frequency,
            gait=gait, gait_frequency=gait_frequency,
        )  # fmt: skip

    def in_words(self) -> str:
        """The schedule as a person would say it: "forward 0.4 m/s; roll ±0.2 rad at 1.0 Hz"."""
        if self.later:
            timed = zip(self.phases, self.phases_s, strict=True)
            return "first " + ", then ".join(
                f"{phase.in_words()} ({seconds:g} s)" for phase, seconds in timed
            )
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
        if self.gait != Gait.TROT:
            parts.append(self.gait.value)
        if self.gait_frequency:
            parts.append(f"{self.gait_frequency:.1f} steps/s")
        return "; ".join(parts) if parts else "stand"


@dataclass(frozen=True)
class CommandBatch:
    """A batch of schedules of one phase: `constant`, `amplitude`, `phase` `[B, COUNT]`,
    `beat_frequency`, `gait_frequency` `[B]` in Hz and `gait` `[B]`, an index into `GAITS`."""

    constant: Array
    amplitude: Array
    phase: Array
    beat_frequency: Array
    gait: Array
    gait_frequency: Array

    @classmethod
    def stack(cls, schedules: list[CommandSchedule]) -> Self:
        """One batch of many schedules, float32. Raises `ValueError` if one has later phases."""
        if any(schedule.later for schedule in schedules):
            raise ValueError("a schedule of several phases belongs into StagedCommands")
        numbers = {
            name: np.array([getattr(schedule, name) for schedule in schedules], np.float32)
            for name in ("constant", "amplitude", "phase", "beat_frequency", "gait_frequency")
        }
        return cls(**numbers, gait=np.array([GAITS.index(p.gait) for p in schedules], np.int32))

    @classmethod
    def neutral(cls, size: int) -> Self:
        """`size` schedules that ask to stand."""
        return cls.stack([CommandSchedule()] * size)

    def __len__(self) -> int:
        return int(self.constant.shape[0])

    def map(self, change: Callable[[Array], Array]) -> CommandBatch:
        """CommandBatch whose fields are `change` of these."""
        return CommandBatch(*(change(getattr(self, field.name)) for field in fields(self)))

    def where(self, chosen: Array, others: CommandBatch, xp: Any = np) -> CommandBatch:
        """These schedules where `chosen [B]`, else the others."""
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return CommandBatch(
            *(
                xp.where(chosen[..., None] if mine.ndim > self.gait.ndim else chosen, mine, other)
                for mine, other in pairs
            )
        )

    def pick(self, index: Array | slice) -> CommandBatch:
        """The schedules at `index`, copies unless it is a slice."""
        return self.map(lambda field: field[index])

    def copy(self) -> CommandBatch:
        """The same schedules in arrays of their own."""
        return self.map(np.copy)

    def replace_at(self, index: Array, others: CommandBatch) -> None:
        """Write `others` over the schedules at `index`, in place."""
        for field in fields(self):
            getattr(self, field.name)[index] = getattr(others, field.name)

    def joined(self, other: CommandBatch) -> CommandBatch:
        """These schedules, then the other ones."""
        return CommandBatch(
            *(
                np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            )
        )

    def single(self, index: int) -> CommandSchedule:
        """One schedule of the batch, for a params file or a person."""
        return CommandSchedule(
            constant=tuple(float(x) for x in self.constant[index]),
            amplitude=tuple(float(x) for x in self.amplitude[index]),
            phase=tuple(float(x) for x in self.phase[index]),
            beat_frequency=float(self.beat_frequency[index]),
            gait=GAITS[int(self.gait[index])],
            gait_frequency=float(self.gait_frequency[index]),
        )

    def at(self, time: Array, xp: Any = np) -> CommandBatch:
        """What is asked at `time`: the same at all times. StagedCommands have more to say."""
        return self

    def beat(self, time: Array, xp: Any = np) -> Array:
        """Phase of the beat `[B]` in rad, zero at the reset."""
        return (2.0 * xp.pi) * self.beat_frequency * time

    def command(self, time: Array, xp: Any = np) -> Array:
        """The command `[B, COUNT]` at `time [B]` seconds after the reset."""
        angle = self.beat(time, xp)[..., None] + self.phase
        return self.constant + self.amplitude * xp.sin(angle)

    def heading(self, time: Array, xp: Any = np) -> Array:
        """How far the yaw channel has turned the robot by `time [B]`, rad, not wrapped."""
        return self.course(xp) * time + self.swing(time, xp)

    def course(self, xp: Any = np) -> Array:
        """How fast the heading goes on turning `[B]`, rad/s; on legs that rest, not at all."""
        return self.constant[..., YAW] * self.stepping(xp)

    def swing(self, time: Array, xp: Any = np) -> Array:
        """How far the yaw channel's modulation alone has turned the robot by `time [B]`, rad."""
        omega = 2.0 * xp.pi * self.beat_frequency
        phase = self.phase[..., YAW]
        return self.amplitude[..., YAW] / omega * (xp.cos(phase) - xp.cos(omega * time + phase))

    def lead(self, xp: Any = np) -> Array:
        """The middle of that swing `[B]`, rad from the heading at time zero."""
        omega = 2.0 * xp.pi * self.beat_frequency
        return self.amplitude[..., YAW] / omega * xp.cos(self.phase[..., YAW])

    def peak(self, xp: Any = np) -> Array:
        """The most that every channel asks for in either direction, `[B, COUNT]`."""
        return xp.abs(self.constant) + xp.abs(self.amplitude)

    def speed(self, xp: Any = np) -> Array:
        """How much locomotion the schedule asks for `[B]`, m/s; turning counts half its rad/s."""
        peak = self.peak(xp)
        planar = xp.sqrt(peak[..., VX] ** 2 + peak[..., VY] ** 2)
        return planar + 0.5 * peak[..., YAW]

    def hopping(self, xp: Any = np) -> Array:
        """Where the schedule asks for hops, `[B]` of bool."""
        return self.peak(xp)[..., JUMP] > HOPPING

    def stepping(self, xp: Any = np) -> Array:
        """1 where the gait clock runs, 0 where it rests, `[B]`."""
        moves = (self.speed(xp) > WALKING_SPEED) | (self.gait_frequency > 0.0)
        return (moves | self.hopping(xp)).astype(xp.float32)

    def step_frequency(self, xp: Any = np) -> Array:
        """Strides a second `[B]`: as asked, else 1.8 Hz for a slow walk up to 3.3 Hz at 1.8 m/s."""
        natural = 1.8 + xp.minimum(self.speed(xp) / 1.2, 1.5)
        natural = xp.where(self.hopping(xp), HOP_FREQUENCY, natural)
        return xp.where(self.gait_frequency > 0.0, self.gait_frequency, natural)

    def gait_phase(self, time: Array, xp: Any = np) -> Array:
        """Phase of every foot `[B, 4]` in [0, 1): stance, then swing from 0.55 on.

        0 while standing, `MID_SWING` for a foot that is to be held up.
        """
        frequency, hopping = self.step_frequency(xp), self.hopping(xp)[..., None]
        offsets = xp.where(hopping, 0.0, xp.asarray(OFFSETS)[self.gait])
        stride = (frequency * time)[..., None] + offsets
        stride = stride - xp.floor(stride)
        command = self.command(time, xp)
        flight = flight_share(frequency, command[..., JUMP], xp)[..., None]
        stance = duty_factor(self.gait, frequency, xp)[..., None]
        stance = xp.where(hopping, 1.0 - flight, stance)
        phase = stretched(stride, stance, xp) * self.stepping(xp)[..., None]
        front = xp.arange(4) < 2
        held = (command[..., LIFT] > LIFTED) | (front & (command[..., REAR, None] > REARED))
        return xp.where(held, MID_SWING, phase)
