"""What a robot's observations and actions are in a mirror that swaps left and right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float, Int

from tabrl.control.arrays import Array, Floats


@dataclass(frozen=True)
class Reflection:
    """A vector in the mirror: `sign * vector[index]`, `[N]` each."""

    index: Int[np.ndarray, " N"]
    sign: Floats

    @classmethod
    def of(cls, sources: Sequence[int], signs: Sequence[float]) -> Self:
        """From places and signs of the entries that appear in the mirror."""
        return cls(np.array(sources, np.intp), np.array(signs, np.float32))

    def __call__(self, vector: Float[Array, "... N"]) -> Float[Array, "... N"]:
        """The vector as the mirror shows it."""
        return vector[..., self.index] * self.sign


@dataclass(frozen=True)
class Mirror:
    """Reflections of what a policy sees and of what it does."""

    observation: Reflection
    action: Reflection
