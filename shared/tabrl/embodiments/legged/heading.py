"""Where a schedule wants a legged robot to look: the integral of its yaw channel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.arrays import Array, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.staged_commands import Commands, Place, StagedCommands
from tabrl.embodiments.legged.gait import GaitClock


class Turns(NamedTuple):
    """How far stages have turned a robot, rad, the sinusoids left out."""

    begin: list[Float[Array, "*B"]]  # when each stage begins
    whole: Float[Array, "*B"]  # when all have ended; nothing if they never begin again
    before: Float[Array, "*B"]  # when the stage of now began, after all periods so far
    within: Float[Array, "*B"]  # since then
    since_s: Float[Array, "*B"]  # how long that was


def heading(
    clock: GaitClock, commands: Commands, time: Float[Array, "*B"], xp: Xp = np
) -> Float[Array, "*B"]:
    """How far schedules have turned the robot by `time`, rad, not wrapped.

    The integral of the yaw channel's constants over all stages so far; the sinusoids of the
    channel, whichever stage they belong to, go to and fro about that integral.
    """
    if isinstance(commands, CommandBatch):
        rate = turning(commands, clock.stepping(commands, xp))
        return rate * time + _swung(commands, time, xp)
    place, stages = commands.place(time, xp), commands.stages
    turned = turns(turning(stages, clock.stepping(stages, xp)), commands, place, xp)
    now, first = commands.chosen(place.stage, xp), commands.first()
    aside = xp.where(place.stage > 0, offset(first, xp) - offset(now, xp), 0.0)
    # In this order a single stage gets the very bits of a plain schedule.
    return turned.within + _swung(now, time, xp) + (turned.before + aside)


def turning(commands: CommandBatch, stepping: Float[Array, "*B"]) -> Float[Array, "*B"]:
    """How fast the heading goes on turning, rad/s; on legs that rest, not at all."""
    return commands.constant[..., commands.space.column("yaw")] * stepping


def turns(rate: Float[Array, "*B S"], commands: StagedCommands, place: Place, xp: Xp = np) -> Turns:
    """How far schedules have turned the robot, stage by stage.

    Args:
        rate: how fast it turns in each stage, rad/s.
        commands: how long these last.
        place: where in them it is now.
        xp: numpy or jax.numpy.
    """
    lasts = commands.lasting(xp)
    begin, began = [xp.zeros_like(place.into_s)], xp.zeros_like(place.into_s)
    pace, before, since = rate[..., 0], begin[0], place.into_s
    for k in range(1, MAX_PHASES):
        begin.append(begin[-1] + rate[..., k - 1] * lasts[..., k - 1])
        began = began + lasts[..., k - 1]
        here = place.stage == k
        pace = xp.where(here, rate[..., k], pace)
        before = xp.where(here, begin[k], before)
        since = xp.where(here, place.into_s - began, since)
    whole = begin[-1] + rate[..., -1] * lasts[..., -1]
    return Turns(begin, whole, place.periods * whole + before, pace * since, since)


def swing(commands: CommandBatch, xp: Xp = np) -> Float[Array, "*B"]:
    """How far the yaw channel's sinusoid turns the robot to either side, rad."""
    omega = (2.0 * xp.pi) * commands.modulation_frequency
    return commands.amplitude[..., commands.space.column("yaw")] / omega


def offset(commands: CommandBatch, xp: Xp = np) -> Float[Array, "*B"]:
    """The middle of that sinusoid, rad from the heading at time zero."""
    return swing(commands, xp) * xp.cos(commands.phase[..., commands.space.column("yaw")])


def _swung(commands: CommandBatch, time: Float[Array, "*B"], xp: Xp) -> Float[Array, "*B"]:
    """How far the yaw channel's sinusoid alone has turned the robot by `time`, rad."""
    phase = commands.phase[..., commands.space.column("yaw")]
    angle = commands.modulation_phase(time, xp) + phase
    return swing(commands, xp) * (xp.cos(phase) - xp.cos(angle))
