"""Small changes of command schedules, and the simple schedules that a search begins with."""

from __future__ import annotations

import numpy as np

from tabrl.control.commands import (
    COUNT,
    JUMP,
    LIFT,
    LOWER,
    MODULATION_RANGE,
    STEP_RANGE,
    SWING,
    UPPER,
    CommandBatch,
    CommandSchedule,
)
from tabrl.control.gait import GAITS, Gait
from tabrl.control.rollout import Floats

# What a task asks for moves the trunk more often than single feet.
_OFTEN = np.array([1.0] * 6 + [0.4, 0.3, 0.15, *[0.15] * 4])
# The least that base policies were trained on; less would be asked for without effect.
_LEAST = np.array([0.02, 0.02, 0.04, 0.004, 0.02, 0.02, 0.004, 0.02, 0.4, *[0.04] * 4])
_LEVELS = (-1.0, -0.7, -0.45, -0.25, 0.25, 0.45, 0.7, 1.0)
_GAIT_CHANCE = 0.12
_SWINGING = (*range(6), *range(LIFT.start, COUNT))  # channels that a rhythm may move


class Mutator:
    """Draws changed schedules; `beats` in Hz are tried if the reward is `rhythmic`."""

    def __init__(self, rng: np.random.Generator, beats: Floats, rhythmic: bool) -> None:
        self._rng = rng
        self._beats = beats
        self._rhythmic = rhythmic

    def mutated(self, schedules: CommandBatch, step: float) -> CommandBatch:
        """Every schedule with one to three entries changed; `step` in ranges of the channel."""
        rng, changed = self._rng, schedules.copy()
        constant, amplitude, phase = changed.constant, changed.amplitude, changed.phase
        for row in range(len(schedules)):
            used = (np.abs(constant[row]) > 0) | (np.abs(amplitude[row]) > 0)
            chance = _OFTEN + used
            chosen = rng.choice(COUNT, rng.integers(1, 4), replace=False, p=chance / chance.sum())
            for channel in chosen:
                kind = rng.random()
                if kind < 0.15:
                    constant[row, channel] = amplitude[row, channel] = 0.0
                elif kind < (0.55 if self._rhythmic else 0.93) or channel not in _SWINGING:
                    width = (UPPER[channel] - LOWER[channel]) / 2
                    constant[row, channel] += rng.normal(0.0, step * width)
                else:
                    amplitude[row, channel] += rng.normal(0.0, step * SWING[channel])
                    phase[row, channel] += rng.normal(0.0, step * np.pi)
            if self._rhythmic and rng.random() < 0.1:
                changed.beat_frequency[row] = rng.choice(self._beats)
            if rng.random() < _GAIT_CHANCE:
                self._step_otherwise(changed, row, step)
        return _trained(changed)

    def _step_otherwise(self, schedules: CommandBatch, row: int, step: float) -> None:
        """Another gait, or another frequency for this one, or both left to the speed again."""
        rng, kind = self._rng, self._rng.random()
        if kind < 0.3:
            schedules.gait[row], schedules.gait_frequency[row] = 0, 0.0
        elif kind < 0.6:
            schedules.gait[row] = rng.integers(0, len(GAITS))
        elif schedules.gait_frequency[row] == 0.0:
            schedules.gait_frequency[row] = rng.uniform(*STEP_RANGE)
        else:
            schedules.gait_frequency[row] += rng.normal(0.0, step)


def _trained(schedules: CommandBatch) -> CommandBatch:
    """The schedules within what base policies were trained on, tiny entries set to neutral."""
    constant = np.clip(schedules.constant, LOWER, UPPER)
    amplitude = np.clip(schedules.amplitude, -SWING, SWING)
    constant[np.abs(constant) < _LEAST] = 0.0
    amplitude[np.abs(amplitude) < 0.05 * SWING] = 0.0
    # Feet, hops and rearing only go up: their swing needs a middle to swing about.
    upward = slice(JUMP, COUNT)
    constant[:, upward] = np.where(
        amplitude[:, upward] != 0.0,
        np.maximum(constant[:, upward], np.abs(amplitude[:, upward])),
        constant[:, upward],
    )
    frequency = schedules.gait_frequency
    return CommandBatch(
        constant.astype(np.float32),
        amplitude.astype(np.float32),
        (schedules.phase % (2 * np.pi)).astype(np.float32),
        np.clip(schedules.beat_frequency, *MODULATION_RANGE).astype(np.float32),
        schedules.gait,
        np.where(frequency > 0.0, np.clip(frequency, *STEP_RANGE), 0.0).astype(np.float32),
    )


def single_entries() -> list[CommandSchedule]:
    """Every channel alone at several levels, and every gait on the spot."""
    schedules = []
    for channel in range(COUNT):
        for level in _LEVELS:
            value = level * (UPPER[channel] if level > 0 else -LOWER[channel])
            coarse = channel >= JUMP and level < 0.5
            if abs(value) >= _LEAST[channel] and not coarse:
                constant = [0.0] * COUNT
                constant[channel] = float(value)
                schedules.append(CommandSchedule(constant=tuple(constant)))
    for gait in Gait:
        for frequency in (2.0, 3.0):
            schedules.append(CommandSchedule.asking(gait=gait, gait_frequency=frequency))
    return schedules


def rhythms(still: CommandSchedule, beats: list[float]) -> list[CommandSchedule]:
    """`still` with one swing added: every channel, beat, quarter of a phase and two sizes."""
    schedules = []
    for beat in beats:
        for channel in _SWINGING:
            foot = channel >= LIFT.start
            for quarter in range(4):
                for size in (1.0,) if foot else (0.5, 1.0):
                    schedules.append(_with_swing(still, channel, size, quarter, beat))
    return schedules


def _with_swing(
    still: CommandSchedule, channel: int, size: float, quarter: int, beat: float
) -> CommandSchedule:
    constant, amplitude, phase = np.array(still.constant), np.zeros(COUNT), np.zeros(COUNT)
    amplitude[channel] = size * SWING[channel]
    phase[channel] = quarter * np.pi / 2
    if channel >= LIFT.start:
        constant[channel] = max(constant[channel], amplitude[channel])
    return still.model_copy(
        update={
            "constant": tuple(constant.tolist()),
            "amplitude": tuple(amplitude.tolist()),
            "phase": tuple(phase.tolist()),
            "beat_frequency": beat,
        }
    )
