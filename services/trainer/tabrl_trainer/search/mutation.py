"""Small changes of command schedules, and the simple schedules that a search begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.command_space import MODULATION_RANGE
from tabrl.control.embodiment import Embodiment
from tabrl_trainer.search.beats import Beat

_LEVELS = (-1.0, -0.7, -0.45, -0.25, 0.25, 0.45, 0.7, 1.0)
_COARSE = 0.5  # of the range: what an upward channel is tried with at least
_SETTINGS_CHANCE, _FREQUENCY_CHANCE = 0.12, 0.1
_HARMONIC_CHANCE = 0.3  # of a sinusoid that changes
_SMALL_SHARE = 0.05  # of the largest amplitude: smaller ones are set to neutral


class Mutator:
    """Draws changed schedules; `frequencies` in Hz are tried if the reward is `rhythmic`."""

    def __init__(
        self, embodiment: Embodiment, rng: np.random.Generator, frequencies: Floats, rhythmic: bool
    ) -> None:
        self._embodiment = embodiment
        self._rng = rng
        self._frequencies = frequencies
        self._rhythmic = rhythmic

    def mutated(self, schedules: CommandBatch, step: float) -> CommandBatch:
        """Every schedule with one to three entries changed; `step` in ranges of the channel.

        An entry is set to neutral, or becomes another constant or another sinusoid.
        """
        rng, changed, space = self._rng, schedules.copy(), schedules.space
        shape = changed.constant.shape
        used = (changed.constant != 0.0) | (changed.amplitude != 0.0)
        chosen = _drawn(rng, space.weight + used, rng.integers(1, 4, shape[0]))
        kind = rng.random(shape)
        cleared = chosen & used & (kind < 0.15)
        held = chosen & ~cleared & ((kind < (0.55 if self._rhythmic else 0.93)) | ~space.rhythmic)
        swung = chosen & ~cleared & ~held
        drawn = rng.normal(0.0, step, (3, *shape))
        changed.constant[:] += np.where(held, drawn[0] * (space.upper - space.lower) / 2, 0.0)
        changed.amplitude[:] += np.where(swung, drawn[1] * space.amplitude, 0.0)
        changed.phase[:] += np.where(swung, drawn[2] * np.pi, 0.0)
        changed.constant[cleared] = changed.amplitude[cleared] = 0.0
        if space.harmonics:
            other = swung & (rng.random(shape) < _HARMONIC_CHANCE)
            changed.harmonic[other] = rng.choice(space.harmonics, other.sum())
        if self._rhythmic:
            other = rng.random(shape[0]) < _FREQUENCY_CHANCE
            changed.modulation_frequency[other] = rng.choice(self._frequencies, other.sum())
        if space.settings:
            for row in np.flatnonzero(rng.random(shape[0]) < _SETTINGS_CHANCE):
                self._embodiment.mutate_settings(changed, int(row), step, rng)
        return _trained(changed)


def _drawn(
    rng: np.random.Generator, weight: Float[np.ndarray, "B C"], count: Int[np.ndarray, " B"]
) -> Bool[np.ndarray, "B C"]:
    """`count` different columns of each row, drawn one after the other by their weights."""
    # The least of exponentially distributed numbers is each one's with a chance like its rate.
    waited = rng.exponential(size=weight.shape) / weight
    chosen: Bool[np.ndarray, "B C"] = waited.argsort(axis=1).argsort(axis=1) < count[:, None]
    return chosen


def _trained(schedules: CommandBatch) -> CommandBatch:
    """The schedules within what policies were pretrained on, tiny entries set to neutral."""
    space = schedules.space
    constant = np.clip(schedules.constant, space.lower, space.upper)
    amplitude = np.clip(schedules.amplitude, -space.amplitude, space.amplitude)
    constant[np.abs(constant) < space.least] = 0.0
    amplitude[np.abs(amplitude) < _SMALL_SHARE * space.amplitude] = 0.0
    # What only goes up needs a middle to swing about.
    raised = (amplitude != 0.0) & space.upward
    constant = np.where(raised, np.maximum(constant, np.abs(amplitude)), constant)
    settings = {}
    for setting in space.settings:
        values = schedules.settings[setting.name]
        if not setting.choices:
            values = np.where(values > 0.0, np.clip(values, *setting.range), 0.0)
            values = values.astype(np.float32)
        settings[setting.name] = values
    frequency = np.clip(schedules.modulation_frequency, *MODULATION_RANGE)
    return replace(
        schedules,
        constant=constant.astype(np.float32),
        amplitude=amplitude.astype(np.float32),
        phase=(schedules.phase % (2 * np.pi)).astype(np.float32),
        modulation_frequency=frequency.astype(np.float32),
        settings=settings,
    )


def single_entries(embodiment: Embodiment) -> list[CommandSchedule]:
    """Every channel that does something alone, at several levels, and settings to begin with."""
    space, schedules = embodiment.commands, []
    for channel in (one for one in space.channels if one.alone):
        for level in _LEVELS:
            value = level * (channel.upper if level > 0 else -channel.lower)
            coarse = channel.upward and level < _COARSE
            if abs(value) >= channel.least and not coarse:
                schedules.append(CommandSchedule.asking(space, **{channel.name: float(value)}))
    return [*schedules, *embodiment.setting_variants()]


def rhythms(still: CommandSchedule, beats: Sequence[Beat]) -> list[CommandSchedule]:
    """`still` with one sinusoid added: every channel and beat, four phases, two sizes."""
    return [
        _with_sinusoid(still, channel.name, size, quarter, beat)
        for beat in beats
        for channel in still.space.channels
        if channel.rhythmic and channel.alone
        for quarter in range(4)
        for size in ((1.0,) if channel.upward else (0.5, 1.0))
    ]


def _with_sinusoid(
    still: CommandSchedule, name: str, size: float, quarter: int, beat: Beat
) -> CommandSchedule:
    channel, constant = still.space[name], still.wave(name).constant
    amplitude = size * channel.amplitude
    if channel.upward:
        constant = max(constant, amplitude)
    calm = (0.0,) * len(still.space)
    calmed = replace(still, amplitude=calm, phase=calm, modulation_frequency=beat.modulation)
    wave = Wave(constant, amplitude, quarter * np.pi / 2, beat.harmonic)
    return calmed.with_wave(name, wave)
