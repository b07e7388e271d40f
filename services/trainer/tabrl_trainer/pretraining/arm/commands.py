"""Random command schedules for pretraining: which behaviours a policy meets, and how often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_space import MODULATION_RANGE
from tabrl.control.waypoints import Path
from tabrl.embodiments.arm.channels import REFERENCE_REACH
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import BLEND, ELBOW, PLACE, POINTING, TEMPO, joint_channel
from tabrl_trainer.pretraining.arm.paths import random_path
from tabrl_trainer.pretraining.arm.reach import Reach

WAVE_SPEED, WAVE_ACCELERATION = 0.8, 5.0  # m/s and m/s², at most, of a tool that swings
WAVED = 0.35  # share of the channels that swing in a schedule that has sinusoids
PATHS = 400  # drawn once and shared: to make one takes longer than a step of the robots

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class CommandMix:
    """Shares of the drawn schedules, and how far they reach, 0..1 of the full ranges.

    A schedule swings, follows a path or holds joint angles; what the shares leave holds a pose of
    the tool, `turned_share` of them aside, where an arm comes nearest to itself, and `narrow_share`
    where it has little room on its way. A share of all has a tempo, one of the poses the elbow
    down. Whatever turns to and fro does so with at most `turn_speed` rad/s and `turn_acceleration`
    rad/s².
    """

    reach: float = 1.0
    waving_share: float = 0.3
    path_share: float = 0.2
    joints_share: float = 0.16
    tempo_share: float = 0.25
    elbow_down_share: float = 0.12
    turned_share: float = 0.25
    narrow_share: float = 0.0
    turn_speed: float = 2.0
    turn_acceleration: float = 20.0


class MixedCommands:
    """Draws schedules of a mix for one arm."""

    def __init__(self, mix: CommandMix, embodiment: ArmRobot, reach: Reach) -> None:
        self._mix, self._space = mix, embodiment.commands
        self._length = embodiment.robot.characteristic_length / REFERENCE_REACH
        self._up, self._elbow_down = reach.up(), reach.down()
        self._straight = reach.pointing_down()
        self._tool = self._space.columns((*PLACE, *POINTING))
        names = [joint_channel(name) for name in embodiment.robot.joint_names]
        self._joints = self._space.columns(names)
        self._home = embodiment.joints.home
        self._paths = self._packed_paths()

    def __call__(self, rng: np.random.Generator, count: int) -> CommandBatch:
        """`count` schedules."""
        mix = self._mix
        batch = CommandBatch.neutral(self._space, count).copy()
        kind = rng.random(count)
        edges = np.cumsum([mix.waving_share, mix.path_share, mix.joints_share])
        waving, led = kind < edges[0], (kind >= edges[0]) & (kind < edges[1])
        by_joints = (kind >= edges[1]) & (kind < edges[2])
        low, high = np.log(MODULATION_RANGE)
        batch.modulation_frequency[:] = np.exp(rng.uniform(low, high, count))
        batch.phase[:] = rng.uniform(0.0, 2.0 * np.pi, batch.phase.shape)
        batch.harmonic[:] = rng.choice(self._space.harmonics, batch.harmonic.shape)
        self._hold(rng, batch, np.flatnonzero(~led & ~by_joints))
        self._wave(rng, batch, np.flatnonzero(waving))
        self._follow(rng, batch, np.flatnonzero(led))
        self._bend(rng, batch, np.flatnonzero(by_joints))
        slow = rng.random(count) < mix.tempo_share
        least, most = np.log(self._space.setting(TEMPO).range)
        tempo = np.exp(rng.uniform(least, most, count))
        batch.settings[TEMPO][:] = np.where(slow & ~led, tempo, 0.0)
        return batch

    def _hold(self, rng: np.random.Generator, batch: CommandBatch, rows: Rows) -> None:
        """Poses of the tool within reach."""
        self._choose(rng, batch, rows, self._up)
        if ELBOW in batch.settings and len(self._elbow_down):
            down = rows[rng.random(len(rows)) < self._mix.elbow_down_share]
            self._choose(rng, batch, down, self._elbow_down)
            batch.settings[ELBOW][down] = 1

    def _choose(
        self, rng: np.random.Generator, batch: CommandBatch, rows: Rows, reach: Reach
    ) -> None:
        chosen = rng.integers(0, reach.within(self._mix.reach), len(rows))
        for share, some in (
            (self._mix.turned_share, reach.turned_aside(self._mix.reach)),
            (
                self._mix.narrow_share,
                reach.narrow(self._mix.reach) if self._mix.narrow_share else (),
            ),
        ):
            if len(some):
                rarer = rng.choice(some, len(rows))
                chosen = np.where(rng.random(len(rows)) < share, rarer, chosen)
        batch.constant[rows[:, None], self._tool] = reach.command[chosen]

    def _wave(self, rng: np.random.Generator, batch: CommandBatch, rows: Rows) -> None:
        """Between two poses, to and fro, as far as a tool can swing so fast."""
        first = batch.constant[rows[:, None], self._tool]
        other = self._up.command[rng.integers(0, self._up.within(0.8), len(rows))]
        half = 0.5 * (other - first)
        half *= rng.random(half.shape) < WAVED
        frequency = batch.modulation_frequency[rows, None]
        omega = 2.0 * np.pi * frequency * batch.harmonic[rows[:, None], self._tool]
        speed = np.array([WAVE_SPEED * self._length] * 3 + [self._mix.turn_speed] * 3)
        push = np.array([WAVE_ACCELERATION * self._length] * 3 + [self._mix.turn_acceleration] * 3)
        most = np.minimum(speed / omega, push / omega**2)
        most = np.minimum(most, self._space.amplitude[self._tool])
        swing = np.clip(half, -most, most)
        batch.constant[rows[:, None], self._tool] = first + swing
        batch.amplitude[rows[:, None], self._tool] = swing

    def _follow(self, rng: np.random.Generator, batch: CommandBatch, rows: Rows) -> None:
        """Paths of a tool that points straight down."""
        batch.path[rows] = self._paths[rng.integers(0, len(self._paths), len(rows))]

    def _bend(self, rng: np.random.Generator, batch: CommandBatch, rows: Rows) -> None:
        """Joint angles of poses within reach, or near home; some swing a little."""
        if BLEND not in self._space:
            return
        chosen = rng.integers(0, self._up.within(0.8 * self._mix.reach), len(rows))
        offset = self._up.qpos[chosen] - self._home
        columns = np.array(self._joints)
        lower, upper = self._space.lower[columns], self._space.upper[columns]
        batch.constant[rows[:, None], columns] = np.clip(offset, lower, upper) * rng.uniform(
            0.2, 1.0, (len(rows), 1)
        )
        swing = rng.uniform(0.0, 0.3, offset.shape) * (rng.random(offset.shape) < WAVED)
        omega = 2.0 * np.pi * batch.modulation_frequency[rows, None]
        omega = omega * batch.harmonic[rows[:, None], columns]
        mix = self._mix
        most = np.minimum(mix.turn_speed / omega, mix.turn_acceleration / omega**2)
        moved = rng.random((len(rows), 1)) < 0.5
        batch.amplitude[rows[:, None], columns] = np.minimum(swing, most) * moved
        batch.constant[rows, self._space.column(BLEND)] = 1.0

    def _packed_paths(self) -> Floats:
        """Paths to choose from, none where no channel follows any."""
        rng, width = np.random.default_rng(5), self._space.on_path
        if not width or not self._mix.path_share:
            return np.zeros((1, self._space.path_width), np.float32) + (
                Path().packed(width) if width else 0.0
            )
        paths = [random_path(rng, self._straight, self._mix.reach) for _ in range(PATHS)]
        return np.stack([path.packed(width) for path in paths])
