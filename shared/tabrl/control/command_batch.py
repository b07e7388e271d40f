"""Command schedules of many robots at once, as arrays whose columns are a space's channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Int, Num
from numpy.typing import DTypeLike

from tabrl.control.arrays import Array, Xp
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.command_space import CommandSpace
from tabrl.control.waypoints import Path, along, begun


@dataclass(frozen=True)
class CommandBatch:
    """A batch of schedules of one stage.

    `constant`, `amplitude`, `phase` `[B, C]`; `modulation_frequency [B]` in Hz; `settings` by name,
    `[B]` each: a number, or an index into the setting's choices. `harmonic [B, C]` and `path`, as
    `waypoints` packs them, have no columns in a space without.
    """

    space: CommandSpace
    constant: Float[Array, "*B C"]
    amplitude: Float[Array, "*B C"]
    phase: Float[Array, "*B C"]
    modulation_frequency: Float[Array, "*B"]
    settings: dict[str, Num[Array, "*B"]]
    harmonic: Float[Array, "*B H"]
    path: Float[Array, "*B Q"]

    @classmethod
    def stack(cls, schedules: Sequence[CommandSchedule], dtype: DTypeLike = np.float32) -> Self:
        """One batch of many schedules. Raises `ValueError` if one has later stages."""
        if any(schedule.later for schedule in schedules):
            raise ValueError("a schedule of several stages belongs into StagedCommands")
        space = schedules[0].space
        constant, amplitude, phase, frequency, harmonic = (
            np.array([getattr(schedule, name) for schedule in schedules], dtype)
            for name in ("constant", "amplitude", "phase", "modulation_frequency", "harmonic")
        )
        path = np.zeros((len(schedules), space.path_width), dtype)
        if space.on_path:
            path[:] = [schedule.path.packed(space.on_path, dtype) for schedule in schedules]
        settings = {
            setting.name: _column(
                [schedule.settings[place] for schedule in schedules], setting.choices, dtype
            )
            for place, setting in enumerate(space.settings)
        }
        return cls(space, constant, amplitude, phase, frequency, settings, harmonic, path)

    @classmethod
    def of(
        cls,
        space: CommandSpace,
        constant: Float[Array, "B C"],
        amplitude: Float[Array, "B C"],
        phase: Float[Array, "B C"],
        modulation_frequency: Float[Array, " B"],
        settings: dict[str, Num[Array, " B"]],
    ) -> Self:
        """Schedules without paths, every sinusoid at the modulation frequency itself."""
        count = len(constant)
        harmonic = np.ones((count, space.harmonic_width), np.float32)
        path = np.zeros((count, space.path_width), np.float32)
        if space.on_path:
            path[:] = Path().packed(space.on_path)
        return cls(
            space, constant, amplitude, phase, modulation_frequency, settings, harmonic, path
        )

    @classmethod
    def neutral(cls, space: CommandSpace, size: int) -> Self:
        """`size` schedules that ask for nothing."""
        return cls.stack([CommandSchedule.neutral(space)] * size)

    @classmethod
    def zeros(cls, space: CommandSpace, size: int) -> Self:
        """The same in arrays to be written into."""
        return cls.neutral(space, size)

    def __len__(self) -> int:
        return int(self.constant.shape[0])

    def map(self, change: Callable[[Array], Array]) -> Self:
        """Schedules whose arrays are `change` of these."""
        return type(self)(
            self.space,
            change(self.constant),
            change(self.amplitude),
            change(self.phase),
            change(self.modulation_frequency),
            {name: change(values) for name, values in self.settings.items()},
            change(self.harmonic),
            change(self.path),
        )

    def _with(self, other: Self, join: Callable[[Array, Array], Array]) -> Self:
        """Schedules whose arrays are `join` of these and the others'."""
        return type(self)(
            self.space,
            join(self.constant, other.constant),
            join(self.amplitude, other.amplitude),
            join(self.phase, other.phase),
            join(self.modulation_frequency, other.modulation_frequency),
            {name: join(values, other.settings[name]) for name, values in self.settings.items()},
            join(self.harmonic, other.harmonic),
            join(self.path, other.path),
        )

    def arrays(self) -> list[Array]:
        """All arrays, always in the same order: channels, one number a schedule, the rest."""
        columns = [self.constant, self.amplitude, self.phase, self.modulation_frequency]
        settings = (self.settings[setting.name] for setting in self.space.settings)
        return [*columns, *settings, self.harmonic, self.path]

    def where(self, chosen: Bool[Array, "*B"], others: Self, xp: Xp = np) -> Self:
        """These schedules where `chosen`, else the others."""
        single = self.modulation_frequency.ndim

        def choose(mine: Array, other: Array) -> Array:
            return xp.where(chosen[..., None] if mine.ndim > single else chosen, mine, other)

        return self._with(others, choose)

    def pick(self, index: Int[Array, " N"] | slice) -> Self:
        """The schedules at `index`, copies unless it is a slice."""
        return self.map(lambda values: values[index])

    def copy(self) -> Self:
        """The same schedules in arrays of their own."""
        return self.map(np.copy)

    def replace_at(self, index: Int[Array, " N"], others: Self) -> None:
        """Write `others` over the schedules at `index`, in place."""
        for mine, other in zip(self.arrays(), others.arrays(), strict=True):
            mine[index] = other

    def joined(self, other: Self) -> Self:
        """These schedules, then the other ones."""
        return self._with(other, lambda mine, theirs: np.concatenate([mine, theirs]))

    def single(self, index: int) -> CommandSchedule:
        """One schedule of the batch, for a params file or a person."""
        settings = []
        for setting in self.space.settings:
            value = self.settings[setting.name][index]
            settings.append(setting.choices[int(value)] if setting.choices else float(value))
        return CommandSchedule(
            self.space,
            tuple(self.constant[index].tolist()),
            tuple(self.amplitude[index].tolist()),
            tuple(self.phase[index].tolist()),
            float(self.modulation_frequency[index]),
            tuple(settings),
            harmonic=tuple(self.harmonic[index].tolist()),
            path=Path.unpacked(self.path[index], self.space.on_path),
        )

    def at(self, time: Float[Array, "*B"], xp: Xp = np) -> Self:
        """What is asked at `time`: the same at all times. `StagedCommands` have more to say."""
        return self

    def modulation_phase(self, time: Float[Array, "*B"], xp: Xp = np) -> Float[Array, "*B"]:
        """Phase of the sinusoids in rad, zero at the reset."""
        return (2.0 * xp.pi) * self.modulation_frequency * time

    def command(self, time: Float[Array, "*B"], xp: Xp = np) -> Float[Array, "*B C"]:
        """The command at `time` seconds after the reset, in the channels' units."""
        turned = self.modulation_phase(time, xp)[..., None]
        if self.space.harmonics:
            turned = turned * self.harmonic
        wanted = self.constant + self.amplitude * xp.sin(turned + self.phase)
        count = self.space.on_path
        if not count:
            return wanted
        led = along(self.path, time, count, xp)
        return xp.concatenate([wanted[..., :count] + led, wanted[..., count:]], axis=-1)

    def begun(self, time: Float[Array, "*B"], xp: Xp = np) -> Self:
        """These schedules with their paths begun at `time` s after the reset."""
        if not self.space.on_path:
            return self
        return replace(self, path=begun(self.path, time, xp))

    def peak(self, xp: Xp = np) -> Float[Array, "*B C"]:
        """The most that every channel asks for in either direction, its path apart."""
        return xp.abs(self.constant) + xp.abs(self.amplitude)


def _column(values: Sequence[str | float], choices: tuple[str, ...], dtype: DTypeLike) -> Array:
    if choices:
        return np.array([choices.index(str(value)) for value in values], np.int32)
    return np.array(values, dtype)
