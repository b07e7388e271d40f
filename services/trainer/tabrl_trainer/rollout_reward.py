"""A reward artifact applied to rollouts, in pieces of one size so that it compiles once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Self

import jax
import numpy as np
from jaxtyping import Float

from tabrl.control.arrays import Floats
from tabrl.control.rollout import Rollout
from tabrl.rewards.memory import MEMORY, RewardCarry
from tabrl.sim.reward.function import RewardFunction

CALL_STEPS = 8192  # unless told


class RolloutReward:
    """Weighted reward of rollouts; `weights` by term name."""

    def __init__(self, reward: RewardFunction, weights: Mapping[str, float]) -> None:
        self._reward = reward
        self._steps = CALL_STEPS
        self.weights: Floats = reward.vector(weights)

    def reweighted(self, weights: Mapping[str, float]) -> Self:
        """The same reward with other weights, by term; nothing is compiled again.

        Raises `Invalid` if they do not name all terms.
        """
        other = copy(self)
        other.weights = self._reward.vector(weights)
        return other

    def in_calls_of(self, steps: int) -> Self:
        """The same reward, called for so many steps at a time."""
        other = copy(self)
        other._steps = steps
        return other

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms, sorted."""
        return self._reward.terms

    def terms_of(
        self, rollout: Rollout, carry: RewardCarry | None = None, ends: Floats | None = None
    ) -> Floats:
        """Weighted terms `[T, B, K]`; what is not finite counts as zero.

        Args:
            rollout: of episodes that begin with it, unless it goes on from another.
            carry: what is remembered of that one; it is moved on to this one's end.
            ends: 1 in the last step of an episode, `[T, B]`; None if none ends.
        """
        steps, size = rollout.shape
        flat = rollout.flat()
        if self._reward.memory:
            values = self._columns(self._reward.remembers, flat).reshape(steps, size, -1)
            seen = (carry or RewardCarry()).move_on(self._reward.memory, values, ends)
            flat[MEMORY] = seen.reshape(steps * size, -1)
        terms = self._columns(self._reward, flat)
        weighted: Floats = terms.reshape(steps, size, -1) * self.weights
        return weighted

    def _columns(
        self, call: Callable[[dict[str, Floats]], Float[jax.Array, "N C"]], flat: dict[str, Floats]
    ) -> Floats:
        """What `call` makes of a flat rollout, piece by piece."""
        total = len(flat["time"])
        pieces = []
        for begin in range(0, total, self._steps):
            piece = {name: field[begin : begin + self._steps] for name, field in flat.items()}
            count = len(piece["time"])
            if count < self._steps:
                piece = {name: _padded(field, self._steps) for name, field in piece.items()}
            pieces.append(np.asarray(call(piece))[:count])
        columns: Floats = np.nan_to_num(np.concatenate(pieces), posinf=0.0, neginf=0.0)
        return columns

    @property
    def clipped(self) -> bool:
        """Whether the reward is never below zero, whatever its terms come to."""
        return self._reward.clips_total

    def total_of(self, terms: Floats) -> Floats:
        """The reward `[T, B]` that weighted terms `[T, B, K]` come to."""
        total: Floats = terms.sum(-1)
        return np.maximum(total, 0.0) if self._reward.clips_total else total

    def total(self, rollout: Rollout) -> Floats:
        """Weighted reward `[T, B]`."""
        return self.total_of(self.terms_of(rollout))

    def episode_means(
        self, terms: Floats
    ) -> tuple[Float[np.ndarray, "B K"], Float[np.ndarray, " B"]]:
        """Means a control step of every episode: weighted terms, and the reward."""
        means: Float[np.ndarray, "B K"] = terms.mean(0, dtype=np.float64)
        if self._reward.clips_total:
            return means, self.total_of(terms).mean(0, dtype=np.float64)
        return means, means.sum(1)

    def means(self, terms: Floats) -> dict[str, float]:
        """Mean of every weighted term a control step."""
        return dict(zip(self.terms, terms.mean((0, 1), dtype=np.float64).tolist(), strict=True))


def _padded(field: Floats, size: int) -> Floats:
    """The last row repeated up to a full piece: real values, so that nothing new can go wrong."""
    missing = size - len(field)
    return np.concatenate([field, np.repeat(field[-1:], missing, axis=0)])
