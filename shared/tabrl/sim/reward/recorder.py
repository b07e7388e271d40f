"""Writes down, while a reward is traced, which numbers it wants remembered."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Float

from tabrl.rewards.memory import MAX_MEMORY, MAX_SECONDS, Remembered, Rule
from tabrl.rewards.state import DT


class Recorder:
    """The helpers of `rl` that remember: each call asks for one more number.

    `memory` holds what is remembered as the artifact gets it; `values` the numbers of this step.
    """

    def __init__(self, memory: Float[jax.Array, " 8"]) -> None:
        self._memory = memory
        self.values: list[Float[jax.Array, ""]] = []
        self.remembered: list[Remembered] = []

    def running_mean(self, x: Float[ArrayLike, ""], seconds: float) -> Float[jax.Array, ""]:
        """The mean of the last `seconds` or so: older steps count exponentially less."""
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not (number and DT <= seconds <= MAX_SECONDS):
            raise ValueError(f"running_mean takes {DT:g} to {MAX_SECONDS:g} s, a plain number")
        return self._asked(x, Remembered(rule=Rule.RUNNING_MEAN, seconds=float(seconds)))

    def best_so_far(self, x: Float[ArrayLike, ""]) -> Float[jax.Array, ""]:
        """The largest value of the episode until now, this step included."""
        return self._asked(x, Remembered(rule=Rule.BEST_SO_FAR))

    def best_before(self, x: Float[ArrayLike, ""]) -> Float[jax.Array, ""]:
        """The largest value of the episode before this step; in the first one its own."""
        return self._asked(x, Remembered(rule=Rule.BEST_BEFORE))

    def _asked(self, x: Float[ArrayLike, ""], remembered: Remembered) -> Float[jax.Array, ""]:
        value = jnp.asarray(x, jnp.float32)
        if value.shape != ():
            raise ValueError("what is remembered is one number a step, not an array")
        if len(self.values) == MAX_MEMORY:
            raise ValueError(f"a reward may remember at most {MAX_MEMORY} numbers")
        self.values.append(value)
        self.remembered.append(remembered)
        return self._memory[len(self.values) - 1]
