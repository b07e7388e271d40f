"""A reward artifact for one control step of one robot, as JAX traces and maps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from tabrl.rewards.memory import MAX_MEMORY, MEMORY, Remembered
from tabrl.sim.reward.function import RewardFunction

_Fields = Mapping[str, Float[jax.Array, "..."]]
_Columns = Callable[[_Fields], Float[jax.Array, " C"]]


class StepReward:
    """Weighted terms of a step; a program that was exported for batches is called for a batch.

    JAX cannot map an exported program itself, so how a batch of steps is called is said here.
    """

    def __init__(self, reward: RewardFunction, weights: Mapping[str, float]) -> None:
        """Raises `Invalid` if `weights` do not name all terms."""
        self.terms: Sequence[str] = reward.terms
        self.memory: Sequence[Remembered] = reward.memory
        self._weights = reward.vector(weights)
        self._clips = reward.clips_total
        self._call, self._remembers = _mapped(reward), _mapped(reward.remembers)

    def __call__(
        self,
        fields: _Fields,
        remembered: Float[jax.Array, " M"],
        begins: Bool[jax.Array, ""],
    ) -> tuple[Float[jax.Array, " K"], Float[jax.Array, " M"]]:
        """Weighted terms, and what is remembered after the step.

        Args:
            fields: the rollout's fields in this step.
            remembered: what was remembered before it.
            begins: whether the step is an episode's first.
        """
        if self.memory:
            values = jnp.nan_to_num(self._remembers(fields), posinf=0.0, neginf=0.0)
            known = jnp.where(begins, values, remembered)
            moved = [one.moved(known[i], values[i], jnp) for i, one in enumerate(self.memory)]
            seen = jnp.zeros(MAX_MEMORY).at[: len(moved)].set(jnp.stack([see for see, _ in moved]))
            fields = dict(fields) | {MEMORY: seen}
            remembered = jnp.stack([after for _, after in moved])
        terms = jnp.nan_to_num(self._call(fields), posinf=0.0, neginf=0.0)
        return terms * self._weights, remembered

    def total(self, terms: Float[jax.Array, " K"]) -> Float[jax.Array, ""]:
        """The reward that weighted terms come to."""
        total = terms.sum()
        return jnp.maximum(total, 0.0) if self._clips else total


def _mapped(call: Callable[[Any], Any]) -> _Columns:
    """A call for batches as one for a step, which maps to the call for batches."""

    @jax.custom_batching.custom_vmap
    def one(fields: _Fields) -> jax.Array:
        row: jax.Array = call({name: field[None] for name, field in fields.items()})[0]
        return row

    @one.def_vmap
    def _many(size: int, batched: Any, fields: _Fields) -> tuple[jax.Array, bool]:
        full = {
            name: field if batched[0][name] else jnp.broadcast_to(field, (size, *np.shape(field)))
            for name, field in fields.items()
        }
        return call(full), True

    columns: _Columns = one
    return columns
