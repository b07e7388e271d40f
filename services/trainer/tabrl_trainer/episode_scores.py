"""What an evaluation keeps of its episodes, whose rollouts are large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

from tabrl.contracts.checks import CheckSpec
from tabrl.contracts.training import EvaluationRow
from tabrl.control.checks import over_episodes, per_episode
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import Rollout
from tabrl_trainer.comparison import fall_rate_upper, half_width
from tabrl_trainer.recording.episode import MeasuredEpisodes, Recording, ranked
from tabrl_trainer.rollout_reward import RolloutReward


@dataclass(frozen=True)
class EvaluationEntry:
    """One candidate's evaluation with the checks' measured values, how it looks, and two of its
    episodes."""

    row: EvaluationRow
    values: tuple[float, ...]
    looks: Mapping[str, float] = field(default_factory=dict)
    recording: Recording | None = None


@dataclass(frozen=True)
class EpisodeScores:
    """One number an episode: weighted terms a step `[B, K]`, what they come to `[B]`, checks
    `[checks, B]`, falls `[B]`.

    `looks` are means over all episodes; `recording` is what is kept of two of them.
    """

    terms: Float[np.ndarray, "B K"]
    rewards: Float[np.ndarray, " B"]
    values: Float[np.ndarray, "checks B"]
    fallen: Bool[np.ndarray, " B"]
    looks: Mapping[str, float]
    recording: Recording | None = None

    @classmethod
    def of(
        cls,
        rollout: Rollout,
        reward: RolloutReward,
        checks: Sequence[CheckSpec],
        embodiment: Embodiment,
    ) -> EpisodeScores:
        """What a reward and the checks say of a rollout."""
        terms = reward.terms_of(rollout)
        means, rewards = reward.episode_means(terms)
        values = per_episode(checks, rollout.fields, embodiment)
        fallen = embodiment.failures(rollout).max(0) > 0.5
        measured = MeasuredEpisodes(rollout, terms, reward, checks, values, embodiment)
        recording = Recording.of(measured, ranked(fallen, rewards))
        return cls(means, rewards, values, fallen, embodiment.looks(rollout), recording)

    def joined(self, others: EpisodeScores) -> EpisodeScores:
        """These episodes, then others of the same policy."""
        share = len(self.fallen) / (len(self.fallen) + len(others.fallen))
        return EpisodeScores(
            np.concatenate([self.terms, others.terms]),
            np.concatenate([self.rewards, others.rewards]),
            np.concatenate([self.values, others.values], axis=1),
            np.concatenate([self.fallen, others.fallen]),
            {
                name: share * look + (1.0 - share) * others.looks[name]
                for name, look in self.looks.items()
            },
            self.recording and others.recording and self.recording.joined(others.recording),
        )

    def entry(
        self, names: Sequence[str], checks: Sequence[CheckSpec], embodiment: Embodiment
    ) -> EvaluationEntry:
        """All of it in one row; `names` are those of the terms."""
        rewards, count = self.rewards, len(self.fallen)
        return EvaluationEntry(
            EvaluationRow(
                reward=float(rewards.mean()),
                reward_ci95=half_width(rewards),
                terms=dict(zip(names, self.terms.mean(0).tolist(), strict=True)),
                fall_rate=float(self.fallen.mean()),
                fall_rate_upper=fall_rate_upper(int(self.fallen.sum()), count),
                episodes=count,
            ),
            tuple(over_episodes(checks, self.values, embodiment)),
            self.looks,
            self.recording,
        )
