"""What is asked of an arm, as commands: both speak of where the tool is to be and to point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tabrl.contracts import path as asked_path
from tabrl.contracts.motion import (
    Constant,
    Extreme,
    MotionSpec,
    Phase,
    Sinusoid,
    Target,
)
from tabrl.contracts.quantities import WORLD_AXES
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.command_space import MODULATION_RANGE, CommandSpace
from tabrl.control.waypoints import Path
from tabrl.embodiments.arm.askable import Askable
from tabrl.embodiments.arm.names import BLEND, PLACE, POINTING, TEMPO, joint_channel
from tabrl.embodiments.arm.pose import WantedPose

_AZIMUTH, _ELEVATION, _ROLL = POINTING
_CHANNELS: dict[str, str] = {
    Askable.TOOL_AZIMUTH: _AZIMUTH, Askable.TOOL_ELEVATION: _ELEVATION, Askable.TOOL_TWIST: _ROLL,
}  # fmt: skip
_ON_BEAT = 0.01  # of a frequency


def schedules_of(
    motion: MotionSpec, space: CommandSpace, home: WantedPose
) -> tuple[CommandSchedule, ...]:
    """Schedules that ask for just what a specification says, one a phase.

    What the space has no channel for is left out, and so are swings out of time with the first.
    """
    return tuple(_Stage(space, home, motion.tempo_hz).schedule(phase) for phase in motion.phases)


@dataclass(frozen=True)
class _Stage:
    """Makes the schedule of a phase."""

    space: CommandSpace
    home: WantedPose
    tempo_hz: float | None

    def schedule(self, phase: Phase) -> CommandSchedule:
        beat = _beat(self._frequencies(phase), self.space.harmonics)
        asked = {name: self._wave(target, beat) for target in phase.targets
                 if (name := self._channel(target)) in self.space}  # fmt: skip
        if BLEND in self.space and phase.find(Askable.JOINT_OFFSET):
            asked[BLEND] = Wave(1.0)
        schedule = CommandSchedule.asking(
            self.space, modulation_frequency=beat, **asked, **self._tempo(phase)
        )
        led = next((t.shape for t in phase.targets if isinstance(t.shape, asked_path.Path)), None)
        return schedule.along(self._led(led)) if led and self.space.on_path else schedule

    def _frequencies(self, phase: Phase) -> list[float]:
        swings = [one.shape for one in phase.targets if isinstance(one.shape, Sinusoid)]
        return [hz for one in swings if (hz := one.hz or self.tempo_hz)]

    def _channel(self, target: Target) -> str:
        """The channel that asks for a target; none of a whole path."""
        if target.quantity == Askable.TOOL_POSITION and target.part:
            return PLACE[WORLD_AXES.index(target.part)]
        if target.quantity == Askable.JOINT_OFFSET and target.part:
            return joint_channel(target.part)
        return _CHANNELS.get(target.quantity, "")

    def _wave(self, target: Target, beat: float) -> Wave:
        name, shape = self._channel(target), target.shape
        channel = self.space[name]
        from_home = float(self.home.place[PLACE.index(name)]) if name in PLACE else 0.0

        def within(value: float) -> float:
            return min(max(value - from_home, channel.lower), channel.upper)

        match shape:
            case Constant():
                return Wave(within(shape.value))
            case Extreme():
                return Wave(channel.upper if shape.sense == "most" else channel.lower)
            case Sinusoid():
                times = (shape.hz or self.tempo_hz or 0.0) / beat
                harmonic = next((h for h in self.space.harmonics if _same(h, times)), None)
                if harmonic is None:
                    return Wave(within(shape.mean))
                most = min(shape.amplitude, channel.amplitude)
                return Wave(within(shape.mean), most, shape.phase, harmonic)
        return Wave()

    def _tempo(self, phase: Phase) -> dict[str, float]:
        """The largest speed, where the phase asks for one."""
        target, setting = phase.find(Askable.TOOL_SPEED), self.space.setting(TEMPO)
        if target is None or not isinstance(target.shape, Constant | Extreme):
            return {}
        low, high = setting.range
        if isinstance(target.shape, Extreme):
            return {TEMPO: high if target.shape.sense == "most" else low}
        return {TEMPO: min(max(target.shape.value, low), high)}

    def _led(self, path: asked_path.Path) -> Path:
        """A path from home, within what the channels do."""
        low, high = self.space.lower[: len(PLACE)], self.space.upper[: len(PLACE)]
        times, places = np.array(path.points)[:, 0], np.array(path.points)[:, 1:]
        offsets = np.clip(places - self.home.place, low, high)
        rows = np.column_stack([times, offsets]).tolist()
        return Path(tuple(map(tuple, rows)), path.repeat)


def _beat(frequencies: Sequence[float], harmonics: Sequence[float]) -> float:
    """A modulation frequency of which all are harmonics, or at least the first; 1 Hz for none."""
    low, high = MODULATION_RANGE
    able = [hz / times for hz in frequencies for times in harmonics if low <= hz / times <= high]

    def kept(beat: float) -> tuple[int, float]:
        fitting = [any(_same(hz / beat, times) for times in harmonics) for hz in frequencies]
        # Of several the nearest to the first swing.
        return -sum(fitting), abs(math.log(beat / frequencies[0]))

    return min(able, key=kept, default=1.0)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _ON_BEAT * other
