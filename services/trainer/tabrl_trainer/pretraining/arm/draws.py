"""What the model card's rows ask of arms: schedules from randomness."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.waypoints import Path
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import BLEND, ELBOW, PLACE, POINTING, TEMPO
from tabrl_trainer.pretraining.arm.paths import circle, random_path
from tabrl_trainer.pretraining.arm.reach import Reach
from tabrl_trainer.pretraining.benchmark import Draw

Range = tuple[float, float]


class Draws:
    """Draws of one arm."""

    def __init__(self, embodiment: ArmRobot, reach: Reach) -> None:
        self._space = space = embodiment.commands
        self._home = embodiment.joints.home
        self._reach, self._up = reach, reach.up()
        self._straight = reach.pointing_down()
        self._tool = space.columns((*PLACE, *POINTING))

    def poses(self, rng: np.random.Generator, count: int) -> CommandBatch:
        """Poses of the tool all over its reach, the elbow up."""
        return self._held(self._up.command[rng.integers(0, len(self._up), count)])

    def elbow_down(self, rng: np.random.Generator, count: int) -> CommandBatch:
        """Poses with the elbow down."""
        down = self._reach.down()
        batch = self._held(down.command[rng.integers(0, len(down), count)])
        batch.settings[ELBOW][:] = 1
        return batch

    def tempo(self, speed: float) -> Draw:
        """To places all over its reach, the tool straight down, at a speed."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            batch = self._held(self._straight.command[rng.integers(0, len(self._straight), count)])
            batch.settings[TEMPO][:] = speed
            return batch

        return draw

    def constant(self, **channels: float) -> Draw:
        """The same of all robots."""

        def draw(_: np.random.Generator, count: int) -> CommandBatch:
            batch = CommandBatch.neutral(self._space, count).copy()
            for name, value in channels.items():
                batch.constant[:, self._space.column(name)] = value
            return batch

        return draw

    def swinging(
        self, channel: str, amplitude: float, frequency: float, middle: Mapping[str, float]
    ) -> Draw:
        """One channel's sinusoid about a middle."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            batch = self.constant(**middle)(rng, count)
            column = self._space.column(channel)
            batch.amplitude[:, column] = amplitude
            batch.phase[:, column] = rng.uniform(0.0, 2.0 * np.pi, count)
            batch.modulation_frequency[:] = frequency
            return batch

        return draw

    def circles(self, radius: float, frequency: float) -> Draw:
        """Round and round above the table, about home; too slow for a sinusoid."""
        speed = 2.0 * np.pi * radius * frequency

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            return self._led([circle(np.zeros(3), radius, speed, rng) for _ in range(count)], count)

        return draw

    def paths(self, speed: float) -> Draw:
        """Lines, circles and corners at one speed."""

        def draw(rng: np.random.Generator, count: int) -> CommandBatch:
            made = [random_path(rng, self._straight, 0.8) for _ in range(count)]
            return self._led([_at_speed(path, speed) for path in made], count)

        return draw

    def joints(self, rng: np.random.Generator, count: int) -> CommandBatch:
        """Joint angles of poses near home."""
        batch = CommandBatch.neutral(self._space, count).copy()
        chosen = rng.integers(0, self._up.within(0.6), count)
        offset = self._up.qpos[chosen] - self._home
        columns = [c for c, name in enumerate(self._space.names) if name.endswith("_offset")]
        lower, upper = self._space.lower[columns], self._space.upper[columns]
        batch.constant[:, columns] = np.clip(offset, lower, upper)
        batch.constant[:, self._space.column(BLEND)] = 1.0
        return batch

    def _held(self, command: Floats) -> CommandBatch:
        batch = CommandBatch.neutral(self._space, len(command)).copy()
        batch.constant[:, self._tool] = command
        return batch

    def _led(self, paths: list[Path], count: int) -> CommandBatch:
        batch = CommandBatch.neutral(self._space, count).copy()
        batch.path[:] = [path.packed(self._space.on_path) for path in paths]
        return batch


def _at_speed(path: Path, speed: float) -> Path:
    """The same waypoints, gone through at a speed along the lines between them."""
    rows: list[tuple[float, ...]] = []
    time = path.waypoints[0][0]
    before = np.array(path.waypoints[0][1:])
    for row in path.waypoints:
        here = np.array(row[1:])
        way = float(np.linalg.norm(here - before))
        time += way / speed if way else (0.2 if rows else 0.0)
        rows.append((time, *row[1:]))
        before = here
    return Path(tuple(rows), path.repeat)
