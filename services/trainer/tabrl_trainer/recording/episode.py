"""What is kept of one evaluated episode, and of which: a typical one and the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Int

from tabrl.contracts.checks import CheckSpec
from tabrl.control.arrays import Floats
from tabrl.control.checks import series
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import Rollout
from tabrl_trainer.rollout_reward import RolloutReward


@dataclass(frozen=True, eq=False)
class MeasuredEpisodes:
    """Whole episodes of a policy, and what a reward and the checks made of them.

    `terms` are weighted; `values` holds what each check made of every episode.
    """

    rollout: Rollout
    terms: Float[np.ndarray, "T B K"]
    reward: RolloutReward
    checks: Sequence[CheckSpec]
    values: Float[np.ndarray, "checks B"]
    embodiment: Embodiment


@dataclass(frozen=True, eq=False)
class RecordedEpisode:
    """One episode, step by step of 20 ms; all arrays in single precision.

    `terms` are weighted, `reward` is what they come to; `touches` holds 1 while what its name says
    touches something; `checks` what each success check looks at, in its quantity's unit, `values`
    what it made of this episode. `failed` is the first step in which it had failed, None if it
    never did.
    """

    time: Float[np.ndarray, " T"]  # s since the reset
    qpos: Float[np.ndarray, "T nq"]
    terms: Float[np.ndarray, "T K"]
    reward: Float[np.ndarray, " T"]
    touches: Mapping[str, Float[np.ndarray, " T"]]
    checks: Float[np.ndarray, "checks T"]
    values: Float[np.ndarray, " checks"]
    failed: int | None

    @classmethod
    def of(cls, measured: MeasuredEpisodes, index: int) -> Self:
        """The episode of robot `index`."""
        embodiment, one = measured.embodiment, slice(index, index + 1)
        terms, alone = measured.terms[:, one], measured.rollout.robots(one)
        touches = embodiment.measured(alone.fields).touches
        failures = embodiment.failures(alone)[:, 0] > 0.5
        return cls(
            time=_single(alone.time[:, 0]),
            qpos=_single(embodiment.qpos_of(alone)[:, 0]),
            terms=_single(terms[:, 0]),
            reward=_single(measured.reward.total_of(terms)[:, 0]),
            touches={name: _single(touch[:, 0]) for name, touch in touches.items()},
            checks=_single(series(measured.checks, alone.fields, embodiment)[..., 0]),
            values=measured.values[:, index].copy(),
            failed=int(np.argmax(failures)) if failures.any() else None,
        )

    @property
    def rank(self) -> tuple[bool, float]:
        """Higher is better: a failed episode is worse than all that did not fail."""
        return self.failed is None, float(self.reward.mean(dtype=np.float64))


def _single(values: Floats | Float[np.ndarray, "*T"]) -> Floats:
    """A copy of its own, or it would hold on to what all robots did."""
    return np.array(values, np.float32)


@dataclass(frozen=True)
class Recording:
    """Of a policy's evaluation: the episode in the middle of their order, and the worst of all."""

    typical: RecordedEpisode
    worst: RecordedEpisode

    @classmethod
    def of(cls, measured: MeasuredEpisodes, order: Int[np.ndarray, " B"]) -> Self:
        """Two of the episodes, by their order from the worst (`ranked`)."""
        typical, worst = int(order[len(order) // 2]), int(order[0])
        return cls(RecordedEpisode.of(measured, typical), RecordedEpisode.of(measured, worst))

    def joined(self, later: Recording) -> Recording:
        """With a further round of the same policy: the worse of both worst episodes."""
        worst = min(self.worst, later.worst, key=lambda episode: episode.rank)
        return Recording(self.typical, worst)


def ranked(
    failed: Bool[np.ndarray, " B"], earned: Float[np.ndarray, " B"]
) -> Int[np.ndarray, " B"]:
    """Numbers of the episodes `[B]`, the worst first: the failed ones, then by what they earned."""
    return np.lexsort((earned, ~failed))
