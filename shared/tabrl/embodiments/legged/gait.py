"""The gait clock: when each foot is due on the ground, in closed form of the time since reset.

A foot's phase runs from 0 to 1 in every stride: stance first, swing from `DUTY_FACTOR` on. Gaits
differ in the offsets between the feet, after "Walk These Ways" (Margolis and Agrawal, 2022). The
clock runs while a schedule asks for speed, for hops, or for a stepping frequency; else it rests.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float, Int

from tabrl.control.arrays import Array, Floats, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.embodiments.legged.limbs import front, lift_channel, pairs
from tabrl.robots import Robot

DUTY_FACTOR = 0.55  # of a stride; other shares are stretched onto the same phases
MID_SWING = 0.775  # phase of a foot that is held up
GRAVITY = 9.81  # m/s²
LONGEST_FLIGHT = 0.6  # of a hop's period
# On the legs of one side, or on the front or hind ones, the trunk tips over: swings must be short.
PAIRED_SWING_S = 0.14
WALKING_SPEED = 0.03  # m/s or rad/s/2 asked for; below it the robot stands
HOPPING = 0.005  # m of hop asked for; below it no hop is meant
LIFTED = 0.02  # m asked for; below it a foot stays down
REARED = 0.6  # from here on the front feet are due in the air; below, the robot sits
HOP_FREQUENCY = 2.0  # Hz, unless the schedule says another


class Gait(StrEnum):
    """Which feet step together. Hopping with all of them is a pronk."""

    TROT = "trot"  # diagonal pairs
    PACE = "pace"  # the legs of a side
    BOUND = "bound"  # front legs, then hind legs


GAITS = tuple(Gait)
_APART = {Gait.TROT: "diagonals_apart", Gait.PACE: "sides_apart", Gait.BOUND: "ends_apart"}


def offsets(robot: Robot) -> Floats:
    """Cycles by which each foot is ahead in each gait, `[gaits, nf]`, in the order of `GAITS`."""
    ahead = np.zeros((len(GAITS), len(robot.limbs)), np.float32)
    for row, gait in enumerate(GAITS):
        ahead[row, pairs(robot, _APART[gait])[1]] = 0.5
    return ahead


def duty_factor(
    gait: Int[Array, "*B"], frequency: Float[Array, "*B"], xp: Xp = np
) -> Float[Array, "*B"]:
    """Share of a stride that each foot is on the ground; `gait` indexes `GAITS`, Hz."""
    short = xp.minimum(1.0 - DUTY_FACTOR, PAIRED_SWING_S * frequency)
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
        self._offsets = offsets(robot)
        self._lifts = [lift_channel(limb) for limb in robot.limbs]
        self._front = np.isin(np.arange(len(robot.limbs)), front(robot))

    def speed(self, commands: CommandBatch, xp: Xp = np) -> Float[Array, "*B"]:
        """How much locomotion is asked for, m/s; turning counts half its rad/s."""
        peak, space = commands.peak(xp), commands.space
        vx, vy, yaw = (peak[..., space.column(name)] for name in ("vx", "vy", "yaw"))
        planar = xp.sqrt(vx**2 + vy**2)
        return planar + 0.5 * yaw

    def hopping(self, commands: CommandBatch, xp: Xp = np) -> Bool[Array, "*B"]:
        """Where hops are asked for."""
        if "jump" not in commands.space:
            return xp.zeros(commands.modulation_frequency.shape, bool)
        return commands.peak(xp)[..., commands.space.column("jump")] > HOPPING

    def stepping(self, commands: CommandBatch, xp: Xp = np) -> Float[Array, "*B"]:
        """1 where the gait clock runs, 0 where it rests."""
        frequency = commands.settings["gait_frequency"]
        moves = (self.speed(commands, xp) > WALKING_SPEED) | (frequency > 0.0)
        return (moves | self.hopping(commands, xp)).astype(xp.float32)

    def step_frequency(self, commands: CommandBatch, xp: Xp = np) -> Float[Array, "*B"]:
        """Strides a second: as asked, else 1.8 Hz for a slow walk up to 3.3 Hz at 1.8 m/s."""
        natural = 1.8 + xp.minimum(self.speed(commands, xp) / 1.2, 1.5)
        natural = xp.where(self.hopping(commands, xp), HOP_FREQUENCY, natural)
        frequency = commands.settings["gait_frequency"]
        return xp.where(frequency > 0.0, frequency, natural)

    def phase(
        self, commands: CommandBatch, time: Float[Array, "*B"], xp: Xp = np
    ) -> Float[Array, "*B nf"]:
        """Phase of every foot in [0, 1): stance, then swing from 0.55 on.

        0 while standing, `MID_SWING` for a foot that is to be held up.
        """
        space, gait = commands.space, commands.settings["gait"]
        frequency, hopping = (
            self.step_frequency(commands, xp),
            self.hopping(commands, xp)[..., None],
        )
        ahead = xp.where(hopping, 0.0, xp.asarray(self._offsets)[gait])
        stride = (frequency * time)[..., None] + ahead
        stride = stride - xp.floor(stride)
        command = commands.command(time, xp)
        duty = duty_factor(gait, frequency, xp)[..., None]
        if "jump" in space:
            flight = flight_share(frequency, command[..., space.column("jump")], xp)[..., None]
            duty = xp.where(hopping, 1.0 - flight, duty)
        phase = stretched(stride, duty, xp) * self.stepping(commands, xp)[..., None]
        held = xp.stack([command[..., space.column(name)] for name in self._lifts], -1) > LIFTED
        if "rear" in space:
            rearing = command[..., space.column("rear"), None] > REARED
            held = held | (xp.asarray(self._front) & rearing)
        return xp.where(held, MID_SWING, phase)
