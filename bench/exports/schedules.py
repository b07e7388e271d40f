"""Schedules of every kind that a robot's command space knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.command_space import CommandSpace
from tabrl.control.waypoints import Path
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot

Named = tuple[str, CommandSchedule]


def every_kind(robot: Robot, rng: np.random.Generator) -> Iterator[Named]:
    """One of each: constants and waves, stages, settings, harmonics, paths."""
    space = embodiment_of(robot).commands
    yield "nothing asked", CommandSchedule.neutral(space)
    first, second, third = (waves(space, rng) for _ in range(3))
    yield "waves", first
    yield "stages, again and again", CommandSchedule.sequence([first, second], (1.5, 2.0))
    ends = CommandSchedule.sequence([second, first, third], (1.0, 0.7, 2.0), repeat=False)
    yield "stages with an end", ends
    yield from settings(space, first)
    if space.harmonics:
        yield "harmonics", harmonics(space, first)
    if space.on_path:
        once, closed = waypoints(space, rng)
        late = Path(tuple((row[0] + 0.5, *row[1:]) for row in closed.waypoints), repeat=True)
        yield "a path", first.along(once)
        yield "a path from the beginning, round and round", second.along(closed)
        yield "a path later, round and round", second.along(late)
        paths = [first.along(once), second.along(late)]
        yield "stages with paths", CommandSchedule.sequence(paths, (3.0, 7.0))


def recipes(robot: Robot) -> Iterator[Named]:
    """What the robot's motion library shows."""
    yield from embodiment_of(robot).recipes.items()


def waves(space: CommandSpace, rng: np.random.Generator) -> CommandSchedule:
    """A constant and a sinusoid in every channel."""
    asked = {
        channel.name: Wave(
            float(rng.uniform(channel.lower, channel.upper)) / 2,
            float(rng.uniform(0.0, channel.amplitude)) / 2,
            float(rng.uniform(0.0, 6.0)),
        )
        for channel in space.channels
    }
    frequency = float(rng.uniform(0.5, 2.0))
    return CommandSchedule.asking(space, modulation_frequency=frequency, **asked)


def settings(space: CommandSpace, plain: CommandSchedule) -> Iterator[Named]:
    """Every choice of every setting, and numbers from the middle of their ranges."""
    for place, setting in enumerate(space.settings):
        values = setting.choices or (0.0, sum(setting.range) / 2, setting.range[1])
        for value in values:
            changed = (*plain.settings[:place], value, *plain.settings[place + 1 :])
            yield f"{setting.name} {value}", plain.with_settings(changed)


def harmonics(space: CommandSpace, plain: CommandSchedule) -> CommandSchedule:
    """Every harmonic in some channel."""
    count = len(space.harmonics)
    return replace(plain, harmonic=tuple(space.harmonics[k % count] for k in range(len(space))))


def waypoints(space: CommandSpace, rng: np.random.Generator) -> tuple[Path, Path]:
    """A path with an end, and one that goes round; a place comes twice in the first one."""
    places = rng.uniform(-0.1, 0.1, (6, space.on_path)).tolist()
    rows = [(0.7 * k, *place) for k, place in enumerate(places)]
    stays = (rows[2][0] + 0.3, *rows[2][1:])
    once = Path(tuple(sorted([*rows[1:], stays])))
    return once, Path((*rows, (5.0, *rows[0][1:])), repeat=True)
