"""How many robots learn and are measured at once, by kind of device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import jax

from tabrl.sim.factory import SimulatorKind
from tabrl.sim.learning.ppo import PPOConfig

DISCOUNT = 0.985


@dataclass(frozen=True)
class Batch:
    """Robots that learn together, and how."""

    robots: int
    config: PPOConfig


@dataclass(frozen=True)
class TrainingSizes:
    """Sizes of a trainer's batches; what is compiled depends on every one of them."""

    fine_tuning: Batch  # the search's as well
    pretraining: Batch
    from_nothing: Batch  # of a job whose robot has no pretrained policy
    episodes_a_round: int  # of each of two policies; an evaluation has one round or two
    few_episodes: int  # of a policy that only stands, or on a machine too busy for more
    reward_steps: int  # a call of the reward: a block of fine-tuning

    @property
    def beginning_with_nothing(self) -> Self:
        """The sizes of jobs whose robot has no pretrained policy."""
        block = self.from_nothing.robots * self.from_nothing.config.unroll
        return replace(self, fine_tuning=self.from_nothing, reward_steps=block)


CPU = TrainingSizes(
    fine_tuning=Batch(256, PPOConfig(unroll=32, epochs=1, minibatches=4, discount=DISCOUNT)),
    pretraining=Batch(512, PPOConfig(unroll=24, epochs=4, minibatches=4, discount=DISCOUNT)),
    from_nothing=Batch(128, PPOConfig(unroll=32, epochs=4, minibatches=4, discount=DISCOUNT)),
    episodes_a_round=128,
    few_episodes=64,
    reward_steps=8192,
)
"""Two to some ten cores, measured: robots enough to fill them, updates as often as these allow.

What begins with nothing has minutes: small batches, so many updates (docs/benchmarks.md).
"""

GPU = TrainingSizes(
    fine_tuning=Batch(4096, PPOConfig(unroll=20, epochs=4, minibatches=16, discount=DISCOUNT)),
    pretraining=Batch(8192, PPOConfig(unroll=20, epochs=4, minibatches=32, discount=DISCOUNT)),
    from_nothing=Batch(4096, PPOConfig(unroll=20, epochs=4, minibatches=16, discount=DISCOUNT)),
    episodes_a_round=1024,
    few_episodes=1024,
    reward_steps=4096 * 20,
)
"""One GPU. Not measured: no training has run on one yet.

Pretraining has the batch that MuJoCo Playground publishes for PPO on its Go1 joystick task: 8,192
environments, 20 steps, 32 minibatches of 5,120 samples, 4 epochs. Fine-tuning has minibatches of
that size in a batch of half as many robots, because a job's budget is a minute: more updates in it.
A step of a thousand robots takes a GPU hardly less time than one of a few thousand, so all
rows are evaluated on a thousand; one size for all of them also compiles fewer graphs.
"""


def sizes_for(simulator: SimulatorKind) -> TrainingSizes:
    """What suits this machine; MJX without a GPU works with the CPU's sizes.

    Args:
        simulator: the setting.
    """
    accelerated = simulator != "cpu" and jax.default_backend() == "gpu"
    return GPU if accelerated else CPU
