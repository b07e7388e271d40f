"""Where a schedule wants a legged robot to look: the integral of its yaw channel."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.arrays import Array, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.staged_commands import Commands, StagedCommands
from tabrl.embodiments.legged.gait import GaitClock


def heading(
    clock: GaitClock, commands: Commands, time: Float[Array, "*B"], xp: Xp = np
) -> Float[Array, "*B"]:
    """How far schedules have turned the robot by `time`, rad, not wrapped.

    The integral of the yaw channel's constants over all stages so far; the sinusoids of the
    channel, whichever stage they belong to, go to and fro about that integral.
    """
    if isinstance(commands, CommandBatch):
        return _rate(clock, commands, xp) * time + _swung(commands, time, xp)
    return _staged(clock, commands, time, xp)


def _staged(
    clock: GaitClock, commands: StagedCommands, time: Float[Array, "*B"], xp: Xp
) -> Float[Array, "*B"]:
    periods, into, index = commands.place(time, xp)
    rate, lasts = _rate(clock, commands.stages, xp), commands.duration
    turned = begin = xp.zeros_like(periods)
    before, since = turned, into
    for k in range(1, MAX_PHASES):
        turned = turned + rate[..., k - 1] * lasts[..., k - 1]
        begin = begin + lasts[..., k - 1]
        before = xp.where(index == k, turned, before)
        since = xp.where(index == k, into - begin, since)
    whole = turned + rate[..., -1] * lasts[..., -1]
    now, first = commands.chosen(index, xp), commands.first()
    middle = xp.where(index > 0, _offset(first, xp) - _offset(now, xp), 0.0)
    # In this order a single stage gets the very bits of a plain schedule.
    within = _rate(clock, now, xp) * since + _swung(now, time, xp)
    return within + (periods * whole + before + middle)


def _rate(clock: GaitClock, commands: CommandBatch, xp: Xp) -> Float[Array, "*B"]:
    """How fast the heading goes on turning, rad/s; on legs that rest, not at all."""
    return commands.constant[..., commands.space.column("yaw")] * clock.stepping(commands, xp)


def _swung(commands: CommandBatch, time: Float[Array, "*B"], xp: Xp) -> Float[Array, "*B"]:
    """How far the yaw channel's sinusoid alone has turned the robot by `time`, rad."""
    yaw = commands.space.column("yaw")
    omega = 2.0 * xp.pi * commands.modulation_frequency
    phase = commands.phase[..., yaw]
    return commands.amplitude[..., yaw] / omega * (xp.cos(phase) - xp.cos(omega * time + phase))


def _offset(commands: CommandBatch, xp: Xp) -> Float[Array, "*B"]:
    """The middle of that sinusoid, rad from the heading at time zero."""
    yaw = commands.space.column("yaw")
    omega = 2.0 * xp.pi * commands.modulation_frequency
    return commands.amplitude[..., yaw] / omega * xp.cos(commands.phase[..., yaw])
