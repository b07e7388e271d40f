"""Small changes of command schedules, and the simple schedules that a search begins with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.command_space import MODULATION_RANGE
from tabrl.control.embodiment import Embodiment

_LEVELS = (-1.0, -0.7, -0.45, -0.25, 0.25, 0.45, 0.7, 1.0)
_COARSE = 0.5  # of the range: what an upward channel is tried with at least
_SETTINGS_CHANCE = 0.12
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
        """Every schedule with one to three entries changed; `step` in ranges of the channel."""
        rng, changed, space = self._rng, schedules.copy(), schedules.space
        for row in range(len(schedules)):
            used = (np.abs(changed.constant[row]) > 0) | (np.abs(changed.amplitude[row]) > 0)
            chance = space.weight + used
            count = min(int(rng.integers(1, 4)), len(space))
            chosen = rng.choice(len(space), count, replace=False, p=chance / chance.sum())
            for column in chosen:
                self._change(changed, row, column, step)
            if self._rhythmic and rng.random() < 0.1:
                changed.modulation_frequency[row] = rng.choice(self._frequencies)
            if space.settings and rng.random() < _SETTINGS_CHANCE:
                self._embodiment.mutate_settings(changed, row, step, rng)
        return _trained(changed)

    def _change(self, schedules: CommandBatch, row: int, column: int, step: float) -> None:
        """One entry: set to neutral, another constant, or another sinusoid."""
        rng, channel = self._rng, schedules.space.channels[column]
        kind = rng.random()
        if kind < 0.15:
            schedules.constant[row, column] = schedules.amplitude[row, column] = 0.0
        elif kind < (0.55 if self._rhythmic else 0.93) or not channel.rhythmic:
            width = (channel.upper - channel.lower) / 2
            schedules.constant[row, column] += rng.normal(0.0, step * width)
        else:
            schedules.amplitude[row, column] += rng.normal(0.0, step * channel.amplitude)
            schedules.phase[row, column] += rng.normal(0.0, step * np.pi)


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
    return CommandBatch(
        space,
        constant.astype(np.float32),
        amplitude.astype(np.float32),
        (schedules.phase % (2 * np.pi)).astype(np.float32),
        np.clip(schedules.modulation_frequency, *MODULATION_RANGE).astype(np.float32),
        settings,
    )


def single_entries(embodiment: Embodiment) -> list[CommandSchedule]:
    """Every channel alone at several levels, and the settings that a search begins with."""
    space, schedules = embodiment.commands, []
    for channel in space.channels:
        for level in _LEVELS:
            value = level * (channel.upper if level > 0 else -channel.lower)
            coarse = channel.upward and level < _COARSE
            if abs(value) >= channel.least and not coarse:
                schedules.append(CommandSchedule.asking(space, **{channel.name: float(value)}))
    return [*schedules, *embodiment.setting_variants()]


def rhythms(still: CommandSchedule, frequencies: list[float]) -> list[CommandSchedule]:
    """`still` with one sinusoid added: every channel and frequency, four phases, two sizes."""
    return [
        _with_sinusoid(still, channel.name, size, quarter, frequency)
        for frequency in frequencies
        for channel in still.space.channels
        if channel.rhythmic
        for quarter in range(4)
        for size in ((1.0,) if channel.upward else (0.5, 1.0))
    ]


def _with_sinusoid(
    still: CommandSchedule, name: str, size: float, quarter: int, frequency: float
) -> CommandSchedule:
    channel, constant = still.space[name], still.wave(name).constant
    amplitude = size * channel.amplitude
    if channel.upward:
        constant = max(constant, amplitude)
    calm = (0.0,) * len(still.space)
    calmed = replace(still, amplitude=calm, phase=calm, modulation_frequency=frequency)
    return calmed.with_wave(name, Wave(constant, amplitude, quarter * np.pi / 2))
