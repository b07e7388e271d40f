"""Vectors made of named parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Array, Xp


@dataclass(frozen=True)
class Segments:
    """Names and widths of the parts of a vector, in order."""

    widths: tuple[tuple[str, int], ...]

    @cached_property
    def _slices(self) -> dict[str, slice]:
        ends = np.cumsum([width for _, width in self.widths]).tolist()
        return {
            name: slice(end - width, end)
            for (name, width), end in zip(self.widths, ends, strict=True)
        }

    def __len__(self) -> int:
        return sum(width for _, width in self.widths)

    def __getitem__(self, name: str) -> slice:
        """Where a part lies. Raises `KeyError`."""
        return self._slices[name]

    def column(self, name: str) -> int:
        """Where a part of one number lies. Raises `KeyError`."""
        start: int = self._slices[name].start
        return start

    def span(self, first: str, last: str) -> slice:
        """From one part to another one, both included. Raises `KeyError`."""
        return slice(self._slices[first].start, self._slices[last].stop)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parts."""
        return tuple(name for name, _ in self.widths)

    def join(
        self, parts: Mapping[str, Float[Array, "... _"]], xp: Xp = np
    ) -> Float[Array, "... N"]:
        """The vector of its parts. Raises `KeyError` if one is missing."""
        return xp.concatenate([parts[name] for name in self.names], axis=-1)


@dataclass(frozen=True)
class Unsensed:
    """What real robots do not sense and a student may estimate: a segment of the observation, the
    flag that says that it is known, the segments it is estimated from (`seen`), and others that
    stay unknown (`without`)."""

    segment: str
    known: str
    seen: tuple[str, ...]
    without: tuple[str, ...] = ()
