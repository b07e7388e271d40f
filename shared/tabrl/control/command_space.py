"""What a kind of robot can be told to do: command channels and settings, by name.

A command schedule gives every channel a constant and a sinusoid; settings (which gait, how many
strides a second) hold for a whole stage. The order of the channels is an order of columns and says
nothing: code asks for a channel by its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tabrl.control.waypoints import packed_width

MODULATION_RANGE = (0.4, 2.5)  # Hz, of the sinusoids; one frequency for all channels


@dataclass(frozen=True)
class Channel:
    """One command channel.

    Pretrained policies are trained on constants between `lower` and `upper` and on sinusoids of up
    to `amplitude`; below `least` (of the constant) a command has no effect. `weight` says how often
    a search changes it. An `upward` channel has no negative side: its sinusoid needs a middle to
    swing about. `rhythmic` channels are those that a rhythm may move. One that is of no use
    `alone` does something only beside others.
    """

    name: str
    unit: str
    lower: float
    upper: float
    amplitude: float
    least: float
    meaning: str
    positive: str
    negative: str = ""
    weight: float = 1.0
    upward: bool = False
    rhythmic: bool = True
    alone: bool = True


@dataclass(frozen=True)
class Setting:
    """What holds for a whole stage: one of `choices`, or a number that is 0 or in `range`.

    `words` formats a number that is not 0; a choice speaks for itself.
    """

    name: str
    meaning: str
    choices: tuple[str, ...] = ()
    range: tuple[float, float] = (0.0, 0.0)
    words: str = "{}"

    @property
    def neutral(self) -> str | float:
        """The value that asks for nothing."""
        return self.choices[0] if self.choices else 0.0

    def checked(self, value: str | float) -> str | float:
        """The value, a number as float. Raises `ValueError` if it is none of this setting's."""
        if self.choices:
            if value not in self.choices:
                raise ValueError(f"{self.name} is one of {', '.join(self.choices)}, not {value!r}")
            return str(value)
        number = float(value)
        if not (number == 0.0 or 0.0 < number <= self.range[1]):
            raise ValueError(f"{self.name} is 0 or up to {self.range[1]:g}, not {number:g}")
        return number


@dataclass(frozen=True)
class CommandSpace:
    """All channels and settings of one robot; `rest` says in words that nothing is asked.

    With `harmonics`, each channel's sinusoid has one of these multiples of the modulation
    frequency; without, all have that frequency. The first channels, as many as `on_path`, also
    follow a path of waypoints.
    """

    channels: tuple[Channel, ...]
    settings: tuple[Setting, ...] = ()
    rest: str = "hold still"
    harmonics: tuple[float, ...] = ()
    on_path: int = 0
    _columns: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        columns = {channel.name: column for column, channel in enumerate(self.channels)}
        object.__setattr__(self, "_columns", columns)

    def __len__(self) -> int:
        return len(self.channels)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __getitem__(self, name: str) -> Channel:
        return self.channels[self._columns[name]]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the channels, in the order of their columns."""
        return tuple(channel.name for channel in self.channels)

    @property
    def harmonic_width(self) -> int:
        """Numbers of a schedule's harmonics: one a channel, or none."""
        return len(self) if self.harmonics else 0

    @property
    def path_width(self) -> int:
        """Numbers of a stage's path, packed; none where no channel follows one."""
        return packed_width(self.on_path) if self.on_path else 0

    def column(self, name: str) -> int:
        """The column of a channel. Raises `KeyError`."""
        return self._columns[name]

    def columns(self, names: Iterable[str]) -> list[int]:
        """Columns of several channels, those that there are."""
        return [self._columns[name] for name in names if name in self._columns]

    @cached_property
    def lower(self) -> NDArray[np.float64]:
        """Lower ends of the constants, `[C]`."""
        return np.array([channel.lower for channel in self.channels])

    @cached_property
    def upper(self) -> NDArray[np.float64]:
        """Upper ends of the constants, `[C]`."""
        return np.array([channel.upper for channel in self.channels])

    @cached_property
    def amplitude(self) -> NDArray[np.float64]:
        """Largest amplitudes of the sinusoids, `[C]`."""
        return np.array([channel.amplitude for channel in self.channels])

    @cached_property
    def least(self) -> NDArray[np.float64]:
        """The smallest constants that have an effect, `[C]`."""
        return np.array([channel.least for channel in self.channels])

    @cached_property
    def weight(self) -> NDArray[np.float64]:
        """How often a search changes each channel, `[C]`, relative to each other."""
        return np.array([channel.weight for channel in self.channels])

    @cached_property
    def upward(self) -> NDArray[np.bool_]:
        """Which channels have no negative side, `[C]`."""
        return np.array([channel.upward for channel in self.channels])

    @cached_property
    def rhythmic(self) -> NDArray[np.bool_]:
        """Which channels a rhythm may move, `[C]`."""
        return np.array([channel.rhythmic for channel in self.channels])

    def setting(self, name: str) -> Setting:
        """A setting by name. Raises `KeyError`."""
        for setting in self.settings:
            if setting.name == name:
                return setting
        raise KeyError(name)
