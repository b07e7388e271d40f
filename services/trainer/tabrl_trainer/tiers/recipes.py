"""How a training learns. All of it depends on the number of the update alone, never on a clock:
a training can be done again, and goes on after a restart as if nothing had been.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tabrl.contracts.tiers import Tier
from tabrl.control.command_schedule import CommandSchedule
from tabrl.sim.episodes import EpisodeConfig
from tabrl.sim.learning.ppo import Schedule

CRITIC_WARM_UP_UPDATES = 5  # or a fresh value function ruins a good schedule
INITIAL_LEARNING_RATE = 3e-4
MIN_ACTION_STD = 0.2  # of exploration at the start, in units of action
ANCHOR = 0.005  # weight of the KL divergence to the pretrained policy
SYMMETRY = 1.0  # without it a minute leaves the legs of a side 0.2 rad from the other's


@dataclass(frozen=True)
class Recipe:
    """Episodes, exploration and step sizes of a training.

    `initial_action_std` and `least_action_std` are floors under the exploration noise, in units of
    action: at the start, and after every update (0: none). The anchor's weight halves every
    `anchor_half_life` updates (0: it stays). With `rescales` the reward's scale follows a reward
    that grows by orders of magnitude; it never rises again. A fall costs `fall_price` times what an
    episode without an end would earn of usual rewards; where they are negative, what it would lose.
    """

    rules: EpisodeConfig
    warm_up: int = CRITIC_WARM_UP_UPDATES
    initial_rate: float = INITIAL_LEARNING_RATE
    min_rate: float = 5e-5
    max_rate: float = 1e-3
    target_kl: float = 0.01
    initial_action_std: float = MIN_ACTION_STD
    least_action_std: float = 0.0
    anchor: float = ANCHOR
    anchor_half_life: float = 0.0
    symmetry: float = SYMMETRY
    entropy: float = 0.0
    learns_normalizer: bool = False
    rescales: bool = False
    fall_price: float = 1.0

    def warms_up(self, update: int) -> bool:
        """Whether update `update`, from 0, teaches the critic alone."""
        return update < self.warm_up

    def schedule(self, update: int, reward_scale: float) -> Schedule:
        """The runtime arguments of update `update`, counted from 0."""
        warms_up, rate = self.warms_up(update), self.initial_rate
        anchor = self.anchor
        if self.anchor_half_life > 0.0:
            anchor *= 0.5 ** (update / self.anchor_half_life)
        return Schedule.of(
            reward_scale=reward_scale, anchor=anchor, symmetry=self.symmetry,
            entropy=self.entropy, target_kl=self.target_kl,
            policy_weight=0.0 if warms_up else 1.0,
            # Without a policy to diverge, the steering would drive the rate to its end.
            min_rate=rate if warms_up else self.min_rate,
            max_rate=rate if warms_up else self.max_rate,
            learn_normalizer=self.learns_normalizer,
        )  # fmt: skip

    def episodes(self, schedule: CommandSchedule) -> EpisodeConfig:
        """Episodes that begin in all phases of a schedule and see every one to its end."""
        return replace(
            self.rules,
            episode_s=max(self.rules.episode_s, schedule.period_s),
            start_spread_s=max(self.rules.start_spread_s, schedule.period_s),
        )


A_MINUTE = Recipe(
    rules=EpisodeConfig(episode_s=6.0, start_spread_s=5.0, push_every_s=4.0, push_speed=0.25)
)
"""From the pretrained policy, close to it: there is no time to learn anew what was forgotten."""

MINUTES = Recipe(
    rules=EpisodeConfig(episode_s=20.0, start_spread_s=5.0, push_every_s=4.0, push_speed=0.5),
    min_rate=1e-4,
    least_action_std=0.1,
    anchor_half_life=200.0,
)
"""Over many minutes noise and steps would shrink to nothing and the anchor would hold everything
back that the pretrained policy never did; episodes are long, and pushes harder, because there is
time to learn to bear them."""

FROM_NOTHING = Recipe(
    rules=EpisodeConfig(episode_s=20.0, start_spread_s=5.0),
    warm_up=0,
    initial_rate=1e-3,
    min_rate=1e-4,
    target_kl=0.015,
    initial_action_std=0.6,
    least_action_std=0.15,
    anchor=0.0,
    symmetry=0.0,
    entropy=0.003,
    learns_normalizer=True,
    rescales=True,
    fall_price=0.1,
)
"""A random policy: there is nothing to hold on to, and nothing to be pushed over yet. It must
dare to fall: who stands still never falls, and never learns to hop."""


def recipe_of(tier: Tier, *, from_nothing: bool, goes_on: bool) -> Recipe:
    """How a training learns.

    Args:
        tier: of the job.
        from_nothing: the robot has no pretrained policy.
        goes_on: it begins with an earlier result; what that sees is normalised as it was.
    """
    if from_nothing:
        return replace(FROM_NOTHING, learns_normalizer=not goes_on, warm_up=20 if goes_on else 0)
    return MINUTES if tier is Tier.FULL else A_MINUTE
