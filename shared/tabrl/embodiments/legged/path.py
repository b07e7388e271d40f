"""Where a schedule wants a legged robot to be: the integral of its speeds along its heading.

Exact for constant commands. Sinusoids are taken to first order in the heading's swing β = amplitude
/ ω: they move a robot to and fro about the path, and a swinging heading makes it a little shorter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.staged_commands import Commands, StagedCommands
from tabrl.embodiments.legged.gait import GaitClock
from tabrl.embodiments.legged.heading import offset, swing, turning, turns


class _Course(NamedTuple):
    """A stage's mean motion: speeds along the mean heading, m/s, and its turning, rad/s."""

    velocity: Float[Array, "*B 2"]
    rate: Float[Array, "*B"]


def path(
    clock: GaitClock, commands: Commands, time: Float[Array, "*B"], xp: Xp = np
) -> Float[Array, "*B 2"]:
    """Where a robot is wanted at `time`, m, in the frame in which it began: x ahead, y left."""
    if isinstance(commands, CommandBatch):
        course, first = _course(clock, commands, xp), commands
        middle, turned = _arc(course, time, xp), course.rate * time
    else:
        first = commands.first()
        middle, turned = _staged(clock, commands, time, xp)
    now = commands.at(time, xp)
    along = middle + turn(turned, _aside(clock, now, time, xp), xp)
    start = _aside(clock, first, xp.zeros_like(time), xp)
    return turn(offset(first, xp), along - start, xp)


def turn(
    angle: Float[Array, "*B"], vector: Float[Array, "*B 2"], xp: Xp = np
) -> Float[Array, "*B 2"]:
    """A vector over the floor, turned left by an angle in rad."""
    cos, sin, x, y = xp.cos(angle), xp.sin(angle), vector[..., 0], vector[..., 1]
    return xp.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def _staged(
    clock: GaitClock, commands: StagedCommands, time: Float[Array, "*B"], xp: Xp
) -> tuple[Float[Array, "*B 2"], Float[Array, "*B"]]:
    """The mean path, and how far it has turned, of schedules whose stages begin again."""
    place, lasts = commands.place(time, xp), commands.lasting(xp)
    courses = _course(clock, commands.stages, xp)
    turned = turns(courses.rate, commands, place, xp)
    here = led = xp.zeros((*place.into_s.shape, 2), place.into_s.dtype)
    for k, angle in enumerate(turned.begin):
        course = _stage(courses, k)
        arrived = led + turn(angle, _arc(course, turned.since_s, xp), xp)
        here = xp.where((place.stage == k)[..., None], arrived, here)
        led = led + turn(angle, _arc(course, lasts[..., k], xp), xp)
    before = _repeated(led, turned.whole, place.periods, xp)
    return before + turn(place.periods * turned.whole, here, xp), turned.before + turned.within


def _repeated(
    led: Float[Array, "*B 2"], angle: Float[Array, "*B"], count: Float[Array, "*B"], xp: Xp
) -> Float[Array, "*B 2"]:
    """Where `count` times the same motion leads: the sum of a geometric series of rotations."""
    half = 0.5 * angle
    sine = xp.sin(half)
    straight = xp.abs(sine) < 1e-4
    length = xp.where(straight, count, xp.sin(count * half) / xp.where(straight, 1.0, sine))
    return turn(xp.where(straight, 0.0, (count - 1.0) * half), led * length[..., None], xp)


def _arc(course: _Course, time: Float[Array, "*B"], xp: Xp) -> Float[Array, "*B 2"]:
    """Where a steady motion leads in `time` s: the chord of an arc."""
    half = 0.5 * course.rate * time
    chord = (time * xp.sinc(half / xp.pi))[..., None] * course.velocity
    return turn(half, chord, xp)


def _stage(courses: _Course, k: int) -> _Course:
    return _Course(courses.velocity[..., k, :], courses.rate[..., k])


def _course(clock: GaitClock, commands: CommandBatch, xp: Xp) -> _Course:
    """The mean motion along the mean heading: v (1 - β²/4), and what two sinusoids add up to."""
    column = commands.space.column
    vx, vy, yaw = column("vx"), column("vy"), column("yaw")
    stepping, beta = clock.stepping(commands, xp), swing(commands, xp)
    shorter = 1.0 - 0.25 * beta**2
    # Speeds that swing in step with the heading: a mean over a period.
    apart = commands.phase - commands.phase[..., yaw, None]
    drift = 0.5 * beta[..., None] * commands.amplitude * xp.sin(apart)
    ahead = commands.constant[..., vx] * shorter + drift[..., vy]
    left = commands.constant[..., vy] * shorter - drift[..., vx]
    velocity = xp.stack([ahead, left], axis=-1) * stepping[..., None]
    return _Course(velocity, turning(commands, stepping))


def _aside(
    clock: GaitClock, commands: CommandBatch, time: Float[Array, "*B"], xp: Xp
) -> Float[Array, "*B 2"]:
    """How far the sinusoids have led from the mean path at `time`, along the mean heading."""
    column = commands.space.column
    vx, vy, yaw = column("vx"), column("vy"), column("yaw")
    omega = (2.0 * xp.pi) * commands.modulation_frequency
    angle = commands.modulation_phase(time, xp)[..., None] + commands.phase
    waves = -commands.amplitude * xp.cos(angle) / omega[..., None]
    sideways = swing(commands, xp) * xp.sin(angle[..., yaw]) / omega
    ahead = waves[..., vx] + sideways * commands.constant[..., vy]
    left = waves[..., vy] - sideways * commands.constant[..., vx]
    return xp.stack([ahead, left], axis=-1) * clock.stepping(commands, xp)[..., None]
