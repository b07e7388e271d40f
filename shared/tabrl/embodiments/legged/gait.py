"""The gait clock: when each foot is due on the ground, in closed form of the time since reset.

A foot's phase runs from 0 to 1 in every stride: stance first, swing from `DUTY_FACTOR` on. Gaits
differ in the offsets between the feet, after "Walk These Ways" (Margolis and Agrawal, 2022). The
clock runs while a schedule asks for speed, for hops, or for a stepping frequency; else it rests.

Amounts are those of the reference robot; others get them scaled (see `scale`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float, Int

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.embodiments.legged.limbs import front, lift_channel, pairs
from tabrl.embodiments.legged.scale import Scale
from tabrl.robots import Robot

DUTY_FACTOR = 0.55  # of a stride; other shares are stretched onto the same phases
MID_SWING = 0.775  # phase of a foot that is held up
GRAVITY = 9.81  # m/s²
LONGEST_FLIGHT = 0.6  # of a hop's period
REARED = 0.6  # from here on the front feet are due in the air; below, the robot sits


class Gait(StrEnum):
    """Which feet step together. Hopping with all of them is a pronk."""

    TROT = "trot"  # diagonal pairs
    PACE = "pace"  # the legs of a side
    BOUND = "bound"  # front legs, then hind legs


GAITS = tuple(Gait)
_APART = {Gait.TROT: "diagonals_apart", Gait.PACE: "sides_apart", Gait.BOUND: "ends_apart"}


@dataclass(frozen=True)
class GaitAmounts:
    """Where a robot's clock changes what it does, and how fast it runs; SI units."""

    # On the legs of one side, or on the front or hind ones, the trunk tips over: short swings.
    paired_swing: float = 0.14  # s
    walking: float = 0.03  # m/s asked for; below it the robot stands
    turning_radius: float = 0.5  # m; turning counts as speed on it
    hopping: float = 0.005  # m of hop asked for; below it no hop is meant
    lifted: float = 0.02  # m asked for; below it a foot stays down
    slow_steps: float = 1.8  # strides a second of a slow walk
    added_steps: float = 1.5  # more of them at the most, of fast ones
    stride: float = 1.2  # m/s for each stride a second more
    hop_frequency: float = 2.0  # Hz, unless the schedule says another

    @classmethod
    def of(cls, robot: Robot) -> GaitAmounts:
        """A robot's own."""
        scale, reference = Scale.of(robot), cls()
        return cls(
            paired_swing=reference.paired_swing / scale.frequency,
            walking=reference.walking * scale.speed,
            turning_radius=reference.turning_radius * scale.length,
            hopping=reference.hopping * scale.length,
            lifted=reference.lifted * scale.length,
            slow_steps=reference.slow_steps * scale.frequency,
            added_steps=reference.added_steps * scale.frequency,
            stride=reference.stride * scale.length,
            hop_frequency=reference.hop_frequency * scale.frequency,
        )


def offsets(robot: Robot) -> Floats:
    """Cycles by which each foot is ahead in each gait, `[gaits, nf]`, in the order of `GAITS`."""
    ahead = np.zeros((len(GAITS), len(robot.limbs)), np.float32)
    for row, gait in enumerate(GAITS):
        ahead[row, pairs(robot, _APART[gait])[1]] = 0.5
    return ahead


def duty_factor(
    gait: Int[Array, "*B"], frequency: Float[Array, "*B"], paired_swing: float, xp: Xp = np
) -> Float[Array, "*B"]:
    """Share of a stride that each foot is on the ground; `gait` indexes `GAITS`, Hz, s."""
    short = xp.minimum(1.0 - DUTY_FACTOR, paired_swing * frequency)
    return xp.where(gait == GAITS.index(Gait.TROT), DUTY_FACTOR, 1.0 - short)


def flight_share(
    frequency: Float[Array, "*B"], jump: Float[Array, "*B"], xp: Xp = np
) -> Float[Array, "*B"]:
    """Share of a hop's period in the air for hops of `jump` m: free flight up and down again."""
    flight = 2.0 * xp.sqrt(2.0 * xp.maximum(jump, 0.0) / GRAVITY)
    return xp.clip(frequency * flight, 0.0, LONGEST_FLIGHT)


def stretched(
    stride: Float[Array, "*B nf"], duty: Float[Array, "*B 1"], xp: Xp = np
) -> Float[Array, "*B nf"]:
    """Phases of strides whose stance takes `duty` of the time."""
    swing = (stride - duty) / xp.maximum(1.0 - duty, 1e-3)
    return xp.where(
        stride < duty,
        stride / xp.maximum(duty, 1e-3) * DUTY_FACTOR,
        DUTY_FACTOR + xp.clip(swing, 0.0, 1.0) * (1.0 - DUTY_FACTOR),
    )


class GaitClock:
    """The clock of one robot's feet, under batches of schedules of one stage."""

    def __init__(self, robot: Robot) -> None:
        self.amounts = GaitAmounts.of(robot)
        self._offsets = offsets(robot)
        self._lifts = [lift_channel(limb) for limb in robot.limbs]
        self._front = np.isin(np.arange(len(robot.limbs)), front(robot))

    def speed(self, commands: CommandBatch, xp: Xp = np) -> Float[Array, "*B"]:
        """How much locomotion is asked for, m/s; turning as on a circle."""
        peak, space = commands.peak(xp), commands.space
        vx, vy, yaw = (peak[..., space.column(name)] for name in ("vx", "vy", "yaw"))
        planar = xp.sqrt(vx**2 + vy**2)
        return planar + self.amounts.turning_radius * yaw

    def hopping(self, commands: CommandBatch, xp: Xp = np) -> Bool[Array, "*B"]:
        """Where hops are asked for."""
        if "jump" not in commands.space:
            return xp.zeros(commands.modulation_frequency.shape, bool)
        return commands.peak(xp)[..., commands.space.column("jump")] > self.amounts.hopping

    def stepping(self, commands: CommandBatch, xp: Xp = np) -> Float[Array, "*B"]:
        """1 where the gait clock runs, 0 where it rests."""
        frequency = commands.settings["gait_frequency"]
        moves = (self.speed(commands, xp) > self.amounts.walking) | (frequency > 0.0)
        return (moves | self.hopping(commands, xp)).astype(xp.float32)

    def step_frequency(self, commands: CommandBatch, xp: Xp = np) -> Float[Array, "*B"]:
        """Strides a second: as asked, else few for a slow walk, more the faster it is."""
        own = self.amounts
        faster = xp.minimum(self.speed(commands, xp) / own.stride, own.added_steps)
        natural = xp.where(self.hopping(commands, xp), own.hop_frequency, own.slow_steps + faster)
        frequency = commands.settings["gait_frequency"]
        return xp.where(frequency > 0.0, frequency, natural)

    def phase(
        self, commands: CommandBatch, time: Float[Array, "*B"], xp: Xp = np
    ) -> Float[Array, "*B nf"]:
        """Phase of every foot in [0, 1): stance, then swing from 0.55 on.

        0 while standing, `MID_SWING` for a foot that is to be held up.
        """
        return self.phase_after(
            commands, self.step_frequency(commands, xp) * time, commands.command(time, xp), xp
        )

    def phase_after(
        self,
        commands: CommandBatch,
        strides: Float[Array, "*B"],
        command: Float[Array, "*B C"],
        xp: Xp = np,
    ) -> Float[Array, "*B nf"]:
        """The same after so many strides, while `command` is asked for."""
        space, gait = commands.space, commands.settings["gait"]
        frequency, hopping = (
            self.step_frequency(commands, xp),
            self.hopping(commands, xp)[..., None],
        )
        ahead = xp.where(hopping, 0.0, xp.asarray(self._offsets)[gait])
        stride = strides[..., None] + ahead
        stride = stride - xp.floor(stride)
        duty = duty_factor(gait, frequency, self.amounts.paired_swing, xp)[..., None]
        if "jump" in space:
            flight = flight_share(frequency, command[..., space.column("jump")], xp)[..., None]
            duty = xp.where(hopping, 1.0 - flight, duty)
        phase = stretched(stride, duty, xp) * self.stepping(commands, xp)[..., None]
        lifts = xp.stack([command[..., space.column(name)] for name in self._lifts], -1)
        held = lifts > self.amounts.lifted
        if "rear" in space:
            rearing = command[..., space.column("rear"), None] > REARED
            held = held | (xp.asarray(self._front) & rearing)
        return xp.where(held, MID_SWING, phase)
