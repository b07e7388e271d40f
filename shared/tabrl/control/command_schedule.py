"""Command schedules: what a policy is asked to do, as a closed form of the time since reset.

Each channel is `constant + amplitude · sin(2π · harmonic · modulation_frequency · t + phase)`, and
what a path adds to it; the harmonic is 1 but in spaces that have others. A schedule has one stage,
or several that follow each other by time and then begin again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from tabrl.contracts.phases import MAX_PHASES, PhasesS
from tabrl.control.command_space import MODULATION_RANGE, CommandSpace
from tabrl.control.waypoints import NO_PATH, Path
from tabrl.domain.errors import Invalid

_SILENT = 1e-3  # smaller entries are not worth a word


class Wave(NamedTuple):
    """What is asked of one channel: a constant and a sinusoid; the channel's unit, and rad.

    `harmonic` multiplies the modulation frequency, where the space has harmonics.
    """

    constant: float = 0.0
    amplitude: float = 0.0
    phase: float = 0.0
    harmonic: float = 1.0


@dataclass(frozen=True)
class CommandSchedule:
    """One schedule; columns and settings are those of `space`.

    With `later` stages it lasts `stages_s` seconds in each stage; then it begins again, unless it
    is not to `repeat`: the last stage then goes on.
    """

    space: CommandSpace = field(repr=False, compare=False)
    constant: tuple[float, ...]
    amplitude: tuple[float, ...]
    phase: tuple[float, ...]
    modulation_frequency: float = 1.0  # Hz
    settings: tuple[str | float, ...] = ()
    stages_s: tuple[float, ...] = ()
    later: tuple[CommandSchedule, ...] = ()
    repeat: bool = True
    harmonic: tuple[float, ...] = ()  # none in a space without harmonics
    path: Path = NO_PATH  # from the stage's begin on

    @classmethod
    def neutral(cls, space: CommandSpace) -> Self:
        """Asks for nothing: a legged robot stands, an arm stays at home."""
        return cls.asking(space)

    @classmethod
    def asking(
        cls,
        space: CommandSpace,
        *,
        modulation_frequency: float = 1.0,
        **asked: str | float | tuple[float, ...],
    ) -> Self:
        """A schedule by names of channels and settings; a channel takes a constant or a `Wave`.

        Raises `ValueError` for a name that is neither.
        """
        known = {*space.names, *(setting.name for setting in space.settings)}
        unknown = asked.keys() - known
        if unknown:
            raise ValueError(f"no such channel: {', '.join(sorted(unknown))}")
        waves = [_wave(asked.get(name, 0.0)) for name in space.names]
        constant, amplitude, phase, harmonic = zip(*waves, strict=True) if waves else ((),) * 4
        settings = []
        for setting in space.settings:
            value = asked.get(setting.name, setting.neutral)
            settings.append(setting.checked(value) if isinstance(value, str | int | float) else 0.0)
        return cls(
            space, constant, amplitude, phase, modulation_frequency, tuple(settings),
            harmonic=harmonic if space.harmonics else (),
        )  # fmt: skip

    @classmethod
    def sequence(
        cls, stages: Sequence[CommandSchedule], stages_s: Sequence[float], *, repeat: bool = True
    ) -> Self:
        """Schedules of one stage each, one after the other, for `stages_s` seconds each.

        Raises `ValueError` unless there are as many times, at least two and not too many.
        """
        first, *later = stages
        if not 1 <= len(later) < MAX_PHASES or len(stages_s) != len(stages):
            raise ValueError(f"every stage needs its time, and there are two to {MAX_PHASES}")
        if any(stage.later for stage in stages):
            raise ValueError("a stage has no stages of its own")
        return cls(
            first.space, first.constant, first.amplitude, first.phase, first.modulation_frequency,
            first.settings, tuple(stages_s), tuple(later), repeat, first.harmonic, first.path,
        )  # fmt: skip

    @property
    def stages(self) -> tuple[CommandSchedule, ...]:
        """The stages in order, each a schedule of its own."""
        return (replace(self, stages_s=(), later=(), repeat=True), *self.later)

    @property
    def period_s(self) -> float:
        """After how many seconds all stages were seen; 0 for a single one."""
        return sum(self.stages_s)

    def wave(self, channel: str) -> Wave:
        """What the first stage asks of a channel. Raises `KeyError`."""
        column = self.space.column(channel)
        harmonic = self.harmonic[column] if self.harmonic else 1.0
        return Wave(self.constant[column], self.amplitude[column], self.phase[column], harmonic)

    def setting(self, name: str) -> str | float:
        """The first stage's value of a setting. Raises `KeyError`."""
        for setting, value in zip(self.space.settings, self.settings, strict=True):
            if setting.name == name:
                return value
        raise KeyError(name)

    def with_wave(self, channel: str, wave: Wave) -> Self:
        """The same but for one channel of the first stage. Raises `KeyError`."""
        column = self.space.column(channel)
        columns = (self.constant, self.amplitude, self.phase, self.harmonic)
        constant, amplitude, phase, harmonic = (
            (*values[:column], new, *values[column + 1 :]) if values else values
            for values, new in zip(columns, wave, strict=True)
        )
        return replace(self, constant=constant, amplitude=amplitude, phase=phase, harmonic=harmonic)

    def along(self, path: Path) -> Self:
        """The same with a path for its first stage.

        Raises `ValueError` for one whose waypoints do not fit the space.
        """
        count = self.space.on_path
        if path and len(path.waypoints[0]) != 1 + count:
            raise ValueError(f"a waypoint of this robot is a time and {count} numbers")
        return replace(self, path=path)

    def with_settings(self, settings: Sequence[str | float] | None = None) -> Self:
        """The same with other settings; without any, with neutral ones."""
        neutral = tuple(setting.neutral for setting in self.space.settings)
        return replace(self, settings=neutral if settings is None else tuple(settings))

    @property
    def plain(self) -> bool:
        """Whether every setting of the first stage is neutral."""
        neutral = tuple(setting.neutral for setting in self.space.settings)
        return self.settings == neutral

    def in_words(self) -> str:
        """The schedule as a person would say it: "forward 0.40 m/s; roll ±0.20 rad at 1.00 Hz"."""
        if self.later:
            lasting = [f"{seconds:g} s" for seconds in self.stages_s]
            if not self.repeat:
                lasting[-1] = "from then on"
            timed = zip(self.stages, lasting, strict=True)
            return "first " + ", then ".join(
                f"{stage.in_words()} ({lasts})" for stage, lasts in timed
            )
        parts = []
        for channel in self.space.channels:
            constant, amplitude, _, harmonic = self.wave(channel.name)
            if abs(constant) > _SILENT:
                words = channel.positive if constant > 0 else channel.negative
                parts.append(f"{words} {abs(constant):.2f} {channel.unit}")
            if abs(amplitude) > _SILENT:
                swing = f"{channel.name} ±{abs(amplitude):.2f} {channel.unit}"
                parts.append(f"{swing} at {harmonic * self.modulation_frequency:.2f} Hz")
        if self.path:
            rounds = "round and round" if self.path.repeat else f"in {self.path.seconds:g} s"
            parts.append(f"along {len(self.path.waypoints)} waypoints {rounds}")
        for setting, value in zip(self.space.settings, self.settings, strict=True):
            if value != setting.neutral:
                parts.append(value if isinstance(value, str) else setting.words.format(value))
        return "; ".join(parts) if parts else self.space.rest


def _wave(asked: str | float | tuple[float, ...]) -> Wave:
    if isinstance(asked, str):
        raise ValueError("a channel takes numbers")
    return Wave(*asked) if isinstance(asked, tuple) else Wave(float(asked))


def _empty(value: tuple[object, ...]) -> bool:
    return not value


def _usual(repeat: bool) -> bool:
    return repeat


def _no(value: bool) -> bool:
    return not value


_LAST = ("harmonic", "path", "path_repeats", "phases_s", "later", "repeat")


class ScheduleDocument(BaseModel):
    """A schedule as files keep it, the same since the first version.

    Settings are keys of their own beside these. Which channel a column is, the robot's command
    space says; a file of another length does not fit.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    # Zero in every channel where a file leaves them out; always written.
    constant: tuple[float, ...] = ()
    amplitude: tuple[float, ...] = ()
    phase: tuple[float, ...] = ()
    beat_frequency: float = Field(default=1.0, ge=MODULATION_RANGE[0], le=MODULATION_RANGE[1])
    # Left out where they say nothing: schedules of one stage are written as they always were.
    harmonic: tuple[float, ...] = Field(default=(), exclude_if=_empty)
    path: tuple[tuple[float, ...], ...] = Field(default=(), exclude_if=_empty)
    path_repeats: bool = Field(default=False, exclude_if=_no)
    phases_s: PhasesS = Field(default=(), exclude_if=_empty)
    later: tuple[ScheduleDocument, ...] = Field(
        default=(), max_length=MAX_PHASES - 1, exclude_if=_empty
    )
    repeat: bool = Field(default=True, exclude_if=_usual)

    @classmethod
    def of(cls, schedule: CommandSchedule) -> Self:
        """The document of a schedule."""
        names = (setting.name for setting in schedule.space.settings)
        settings: dict[str, Any] = dict(zip(names, schedule.settings, strict=True))
        return cls(
            constant=schedule.constant,
            amplitude=schedule.amplitude,
            phase=schedule.phase,
            beat_frequency=schedule.modulation_frequency,
            harmonic=schedule.harmonic if any(one != 1.0 for one in schedule.harmonic) else (),
            path=schedule.path.waypoints,
            path_repeats=schedule.path.repeat,
            phases_s=schedule.stages_s,
            later=tuple(cls.of(stage) for stage in schedule.later),
            repeat=schedule.repeat,
            **settings,
        )

    def schedule(self, space: CommandSpace) -> CommandSchedule:
        """The schedule for a robot. Raises `Invalid` (code `bad_schedule`) if it does not fit."""
        if any(one.later or one.phases_s for one in self.later):
            raise _unfit("a stage has no stages of its own")
        stages = [self._stage(space), *(one._stage(space) for one in self.later)]
        if len(self.phases_s) != (len(stages) if self.later else 0):
            raise _unfit("every stage needs its time, and a single stage has none")
        if not self.later:
            return stages[0]
        return CommandSchedule.sequence(stages, self.phases_s, repeat=self.repeat)

    def _stage(self, space: CommandSpace) -> CommandSchedule:
        zero = (0.0,) * len(space)
        columns = (self.constant or zero, self.amplitude or zero, self.phase or zero)
        harmonic = self.harmonic or ((1.0,) * len(space) if space.harmonics else ())
        if any(len(values) != len(space) for values in columns):
            raise _unfit(f"a schedule of this robot has {len(space)} channels")
        if len(harmonic) != space.harmonic_width:
            raise _unfit(f"a schedule of this robot has {space.harmonic_width} harmonics")
        found: Mapping[str, Any] = self.model_extra or {}
        unknown = found.keys() - {setting.name for setting in space.settings}
        if unknown:
            raise _unfit(f"a schedule of this robot has no {', '.join(sorted(unknown))}")
        try:
            settings = tuple(
                setting.checked(found.get(setting.name, setting.neutral))
                for setting in space.settings
            )
            path = Path(self.path, self.path_repeats)
            stage = CommandSchedule(
                space, *columns, self.beat_frequency, settings, harmonic=harmonic
            )
            return stage.along(path)
        except (ValueError, TypeError) as error:
            raise _unfit(str(error)) from None

    @model_serializer(mode="wrap")
    def _in_old_order(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """After the settings what not all have: equal schedules are equal bytes, as ever."""
        written: dict[str, Any] = write(self)
        last = {key: written.pop(key) for key in _LAST if key in written}
        return written | last


def _unfit(message: str) -> Invalid:
    return Invalid(message, code="bad_schedule", hint="train the task again with this version")
