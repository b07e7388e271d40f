"""Evaluates live commands.

Every channel may be driven: the schedule's own constant and sinusoid then give way. A beat leads
the schedule's clock, so that its rhythm keeps time with something outside. Both are smoothed and
kept within what the robot can do. What one state must know of the one before it is a `carry`, which
goes to the client and comes back with its next state: nobody else remembers anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

import numpy as np

from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_space import MODULATION_RANGE, CommandSpace
from tabrl.control.embodiment import Embodiment
from tabrl.control.live.commands import BEAT, WAVE, Clock, LiveCommands, Rows
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import Commands
from tabrl.control.waypoints import NO_PATH

_CLOCKS = 3  # of a carry, before its channels: the schedule's time, its phase, its frequency
RAMP_S = 0.8  # a constant takes so long over all that its channel does
SWELL_S = 0.5  # an amplitude, from nothing to the largest
PULL = 0.15  # of a phase that is behind, in one control step: a time constant of an eighth second
LARGEST_PULL = 0.5  # of the frequency: no rhythm runs faster, or slower, than that to catch up
HASTE = 1.0  # Hz a second by which the frequency changes


class KindClocks(Protocol):
    """Clocks of a kind that a closed form of the time cannot tell while somebody drives."""

    size: int

    def begin(self, stage: CommandBatch, time: Clock, qpos: Rows) -> Rows:
        """The clocks `[B, size]` of robots that nobody drove until now."""

    def step(
        self, features: Rows, stage: CommandBatch, time: Clock, clocks: Rows, qpos: Rows
    ) -> tuple[Rows, Rows]:
        """Features with these clocks in the place of their own, and the next step's clocks."""


class NoClocks:
    """Of kinds whose commands and modulation are all that depends on the time."""

    size = 0

    def begin(self, stage: CommandBatch, time: Clock, qpos: Rows) -> Rows:
        """None."""
        return qpos[..., :0]

    def step(
        self, features: Rows, stage: CommandBatch, time: Clock, clocks: Rows, qpos: Rows
    ) -> tuple[Rows, Rows]:
        """The features as they are."""
        return features, clocks


class Span(NamedTuple):
    """How far a channel may be driven: its constant from where to where, its amplitude at most."""

    lower: float
    upper: float
    amplitude: float


@dataclass(frozen=True)
class _Carry:
    """Of each robot: the schedule's time (s), phase (cycles), frequency (Hz), what is asked of the
    channels, the kind's own clocks."""

    clock: Clock
    phase: Clock
    hz: Clock
    constant: Rows
    amplitude: Rows
    own: Rows

    @classmethod
    def unpacked(cls, rows: Rows, channels: int) -> Self:
        middle, end = _CLOCKS + channels, _CLOCKS + 2 * channels
        return cls(
            rows[..., 0], rows[..., 1], rows[..., 2],
            rows[..., _CLOCKS:middle], rows[..., middle:end], rows[..., end:],
        )  # fmt: skip

    def packed(self) -> Rows:
        clocks = np.stack([self.clock, self.phase, self.hz], axis=-1)
        return np.concatenate([clocks, self.constant, self.amplitude, self.own], axis=-1)


class _Asked(NamedTuple):
    """What is asked of the channels, `[B, C]` each."""

    constant: Rows
    amplitude: Rows


class LiveControl:
    """Evaluates live commands for one robot."""

    def __init__(
        self, embodiment: Embodiment, reach: Mapping[str, tuple[float, float]], clocks: KindClocks
    ) -> None:
        self._embodiment, self._clocks = embodiment, clocks
        space = embodiment.commands
        self.spans = {
            channel.name: Span(*reach[channel.name], channel.amplitude)
            for channel in space.channels
        }
        spans = np.array([*self.spans.values()]).reshape(len(space), 3)
        self._lower, self._upper, self._amplitude = spans[:, 0], spans[:, 1], spans[:, 2]

    @property
    def carried(self) -> int:
        """Numbers of a carry."""
        return _CLOCKS + 2 * len(self._space) + self._clocks.size

    @property
    def width(self) -> int:
        """Numbers of a row of live commands, its carry among them."""
        return BEAT + WAVE * len(self._space) + self.carried

    @property
    def _space(self) -> CommandSpace:
        return self._embodiment.commands

    def observe(
        self,
        time: Clock,
        qpos: Rows,
        qvel: Rows,
        ctrl: Rows,
        commands: Commands,
        live: LiveCommands,
    ) -> tuple[Rows, Rows]:
        """What the policy sees under live commands, float32, and the carry for the next state.

        Args:
            time: s since the reset, `[B]`.
            qpos: generalised positions.
            qvel: generalised velocities.
            ctrl: actuator targets in force.
            commands: the policy's own schedule, one or `[B]`.
            live: what is asked of each robot.
        """
        before = self._begun(time, qpos, commands, live)
        stage = commands.at(before.clock)
        phase, hz = _led(before, stage, live)
        # The time at which a rhythm of this frequency has the phase that is due.
        at = phase / hz
        asked = self._asked(before, stage, live)
        driven = self._driven(stage.begun(at - before.clock), asked, live, hz)
        features = self._embodiment.command_features(at, driven)
        features, own = self._clocks.step(features, driven, at, before.own, qpos)
        origin = np.zeros((*qpos.shape[:-1], self._embodiment.origin_size))
        seen = self._embodiment.complete_observation(features, qpos, qvel, ctrl, origin)
        following = phase + hz * CONTROL_DT
        # As far as the rhythm went on its own schedule: stages and paths keep time with it, too.
        clock = before.clock + (following - before.phase) / stage.modulation_frequency
        after = _Carry(clock, following, hz, asked.constant, asked.amplitude, own)
        return seen, after.packed()

    def _begun(self, time: Clock, qpos: Rows, commands: Commands, live: LiveCommands) -> _Carry:
        """What was carried; of robots that nobody drove until now what their schedules say."""
        stage = commands.at(time)
        hz = np.broadcast_to(stage.modulation_frequency, time.shape)
        shape = (*time.shape, len(self._space))
        first = _Carry(
            time, hz * time, hz, np.broadcast_to(stage.constant, shape),
            np.broadcast_to(stage.amplitude, shape), self._clocks.begin(stage, time, qpos),
        )  # fmt: skip
        unknown = np.isnan(live.carry).any(-1, keepdims=True)
        return _Carry.unpacked(np.where(unknown, first.packed(), live.carry), len(self._space))

    def _asked(self, before: _Carry, stage: CommandBatch, live: LiveCommands) -> _Asked:
        """A step from what was asked towards what is asked now, within what the robot can do."""
        driven = np.isfinite(live.waves[..., 0])
        constant = np.clip(live.waves[..., 0], self._lower, self._upper)
        amplitude = np.clip(live.waves[..., 1], 0.0, self._amplitude)
        return _Asked(
            _towards(
                np.where(driven, constant, stage.constant), before.constant,
                (self._upper - self._lower) / RAMP_S,
            ),
            _towards(
                np.where(driven, amplitude, stage.amplitude), before.amplitude,
                self._amplitude / SWELL_S,
            ),
        )  # fmt: skip

    def _driven(
        self, stage: CommandBatch, asked: _Asked, live: LiveCommands, hz: Clock
    ) -> CommandBatch:
        """The schedule of this moment."""
        driven = np.isfinite(live.waves[..., 0])
        path, harmonic = stage.path, stage.harmonic
        if self._space.harmonics:
            harmonic = np.where(driven, live.waves[..., 3], harmonic)
        if count := self._space.on_path:  # who is driven leaves the path
            free = driven[..., :count].any(-1, keepdims=True)
            path = np.where(free, NO_PATH.packed(count), path)
        return replace(
            stage, constant=asked.constant, amplitude=asked.amplitude,
            phase=np.where(driven, live.waves[..., 2], stage.phase), modulation_frequency=hz,
            harmonic=harmonic, path=path,
        )  # fmt: skip


def _led(before: _Carry, stage: CommandBatch, live: LiveCommands) -> tuple[Clock, Clock]:
    """Phase and frequency of the rhythm now: led by the beat, else the schedule's own."""
    beaten = live.beat_hz > 0.0
    wanted = np.where(beaten, np.clip(live.beat_hz, *MODULATION_RANGE), stage.modulation_frequency)
    hz = _towards(wanted, before.hz, HASTE)
    behind = live.beat_phase - before.phase
    behind = behind - np.round(behind)
    most = LARGEST_PULL * hz * CONTROL_DT
    return before.phase + np.where(beaten, np.clip(PULL * behind, -most, most), 0.0), hz


def _towards(wanted: Rows, before: Rows, speed: Rows | float) -> Rows:
    most = np.multiply(speed, CONTROL_DT)
    reached: Rows = before + np.clip(wanted - before, -most, most)
    return reached
