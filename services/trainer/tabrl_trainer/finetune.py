"""PPO fine-tuning of a pretrained policy with a task's reward, under a command schedule."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
from brax.training.agents.ppo import losses

from tabrl.control.arrays import Floats
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.policy import PolicyWeights
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.embodiments.load import embodiment_of
from tabrl.rewards.memory import RewardCarry
from tabrl.sim.learning.networks import policy_weights
from tabrl.sim.learning.ppo import Learner, TrainState
from tabrl.sim.simulator import Experience, Simulator
from tabrl_trainer.beginnings import Beginnings
from tabrl_trainer.rollout_reward import RolloutReward
from tabrl_trainer.tiers.recipes import A_MINUTE, Recipe

_USUAL = 0.1  # mean size of a scaled reward
OVERSPEED = 20.0  # what a joint at twice its motor's speed costs, in usual rewards a step


@flax.struct.dataclass
class FineTuneState:
    """What a fine-tuning needs to go on after a restart."""

    train: TrainState
    update: jax.Array  # updates done
    samples: jax.Array
    reward_scale: jax.Array
    elapsed_s: jax.Array  # seconds of PPO so far


@dataclass(frozen=True)
class UpdateReport:
    """One measured experience and update; rewards and terms are means a control step."""

    update: int
    samples: int
    samples_per_s: float
    reward: float
    terms: dict[str, float]
    episode_length_s: float
    falls_per_minute: float
    kl: float
    elapsed_s: float
    critic_warm_up: bool


class FineTune:
    """Fine-tunes one policy; owns its simulator, not its clock's budget."""

    def __init__(
        self,
        simulator: Simulator,
        learner: Learner,
        pretrained: TrainState,
        reward: RolloutReward,
        schedule: CommandSchedule,
        seed: int,
        clock: Callable[[], float] = time.monotonic,
        recipe: Recipe = A_MINUTE,
        begin: TrainState | None = None,
    ) -> None:
        """Begin at the `pretrained` state, which the anchor holds on to, or at another one.

        Args:
            simulator: of the robots that learn.
            learner: of their kind.
            pretrained: state of the pretrained policy.
            reward: to learn.
            schedule: of commands.
            seed: of all randomness.
            clock: in seconds.
            recipe: how to learn.
            begin: where to begin, unless with the pretrained policy.
        """
        self._simulator = simulator
        self._learner = learner
        self._reward = reward
        self._schedule = schedule
        self._recipe = recipe
        self._rules = recipe.episodes(schedule)
        self._seed = seed
        self._clock = clock
        self._embodiment = embodiment_of(learner.robot)
        self._motors = self._embodiment.joints.motors
        # With the exploration of the learner, or the anchor would pull at the noise alone.
        least_std = recipe.initial_action_std
        self._reference: losses.PPONetworkParams = _exploring(pretrained.params, least_std)
        self._carry = RewardCarry()
        self._beginnings = Beginnings(self._embodiment, schedule)
        self.state = initial_state(begin or pretrained, seed, recipe)

    @property
    def schedule(self) -> CommandSchedule:
        """The schedule it runs under."""
        return self._schedule

    @property
    def reward(self) -> RolloutReward:
        """The reward with the weights in force."""
        return self._reward

    @property
    def weights(self) -> PolicyWeights:
        """The policy as it is now."""
        return policy_weights(self.state.train.params.policy, self.state.train.normalizer)

    def run(
        self,
        budget_s: float = math.inf,
        *,
        updates: int | None = None,
        before: Callable[[int], None] = lambda _: None,
    ) -> Iterator[UpdateReport]:
        """Yield after every update until `budget_s` seconds of PPO are used, restarts included.

        With `updates`, not beyond that update. `before` is called with the number of every update
        that is about to be done, and may reweight.
        """
        update = int(self.state.update)
        self._simulator.reset(
            StagedCommands.stack([self._schedule] * self._simulator.size),
            self._rules,
            self._seed + update,
        )
        self._carry = RewardCarry()
        self._beginnings = Beginnings(self._embodiment, self._schedule)
        took = 0.0
        while float(self.state.elapsed_s) + took < budget_s and update != updates:
            before(update)
            began = self._clock()
            report = self._update(update, began)
            took = report.elapsed_s - float(self.state.elapsed_s)
            self.state = self.state.replace(  # type: ignore[attr-defined]
                elapsed_s=jnp.float32(report.elapsed_s)
            )
            update += 1
            yield report

    def reweight(self, weights: Mapping[str, float]) -> None:
        """New weights of the reward's terms from the next update on; nothing is compiled.

        They may make the reward larger by any factor: its scale is found anew. Raises `Invalid`
        if they do not name all terms.
        """
        self._reward = self._reward.reweighted(weights)
        self.state = self.state.replace(reward_scale=jnp.float32(0.0))  # type: ignore[attr-defined]

    def _overspeed(self, experience: Experience) -> Floats:
        """By how much the joints of each robot turn faster than motors can, shares `[T, B]`.

        Targets keep to the motors' torques; a leg's swing and a landing know no such bound.
        """
        speed = np.asarray(experience.rollout.joint_velocity)
        faster: Floats = self._motors.overspeed(speed).sum(-1)
        return faster

    def _scale(self, before: float, reward: Floats) -> float:
        """What makes the rewards `[T, B]` of usual size; found once, or lowered as they grow."""
        if before > 0.0 and not self._recipe.rescales:
            return before
        found = _USUAL / max(float(np.abs(reward).mean()), 1e-3)
        return min(before, found) if before > 0.0 else found

    def _still_exploring(self, train: TrainState) -> TrainState:
        """With the recipe's floor under the exploration noise."""
        floor = self._recipe.least_action_std
        if floor == 0.0:
            return train
        floored: TrainState = train.replace(  # type: ignore[attr-defined]
            params=_exploring(train.params, floor)
        )
        return floored

    def _update(self, update: int, began: float) -> UpdateReport:
        state = self.state
        policy = self._learner.exploring(state.train, self._seed * 100_003 + update)
        experience = self._simulator.rollout(policy, self._learner.config.unroll)
        ends = np.maximum(experience.terminated, experience.truncated)
        rollout = self._beginnings.placed(experience.rollout, ends)
        terms = self._reward.terms_of(rollout, self._carry, ends)
        reward = self._reward.total_of(terms)
        scale = self._scale(float(state.reward_scale), reward)
        # A fall ends the flow of rewards; make sure that this never pays, whatever their sign.
        price = _USUAL / scale
        fall = max(self._recipe.fall_price * price, -float(reward.mean()))
        penalty = fall / (1.0 - self._learner.config.discount)
        schedule = self._recipe.schedule(update, scale)
        pay = reward - penalty * experience.terminated
        pay -= OVERSPEED * price * self._overspeed(experience)
        train, metrics = self._learner.update(
            state.train,
            experience,
            pay,
            schedule,
            self._reference,
        )
        train = self._still_exploring(train)
        samples = int(state.samples) + reward.size
        self.state = FineTuneState(
            train=train,
            update=jnp.int32(update + 1),
            samples=jnp.int32(samples),
            reward_scale=jnp.float32(scale),
            elapsed_s=state.elapsed_s,
        )
        ends = float(experience.terminated.sum() + experience.truncated.sum())
        lived = reward.size * CONTROL_DT
        took = self._clock() - began
        return UpdateReport(
            update=update + 1,
            samples=samples,
            samples_per_s=reward.size / took,
            reward=float(reward.mean()),
            terms=self._reward.means(terms),
            episode_length_s=min(lived / max(ends, 1.0), self._rules.episode_s),
            falls_per_minute=float(experience.terminated.sum()) / lived * 60.0,
            kl=metrics["anchor_kl"],
            elapsed_s=float(state.elapsed_s) + took,
            critic_warm_up=self._recipe.warms_up(update),
        )


def initial_state(begin: TrainState, seed: int, recipe: Recipe = A_MINUTE) -> FineTuneState:
    """Where a fine-tuning begins; it shares no buffers with the state `begin`."""
    train = begin.replace(  # type: ignore[attr-defined]
        params=_exploring(begin.params, recipe.initial_action_std),
        key=jax.random.PRNGKey(seed),
        learning_rate=jnp.float32(recipe.initial_rate),
    )
    return FineTuneState(
        train=copy_state(train),
        update=jnp.int32(0),
        samples=jnp.int32(0),
        reward_scale=jnp.float32(0.0),
        elapsed_s=jnp.float32(0.0),
    )


def _exploring(params: losses.PPONetworkParams, least_std: float) -> losses.PPONetworkParams:
    """The same policy with an action std of at least so much, in units of action."""
    policy = jax.tree.map(lambda x: x, params.policy)
    log_std = policy["params"]["std_logparam"]["log_value"]
    policy["params"]["std_logparam"]["log_value"] = jnp.maximum(log_std, jnp.log(least_std))
    return params.replace(policy=policy)


def copy_state(state: TrainState) -> TrainState:
    """A copy: the update donates its input's buffers, and the pretrained state must survive."""
    copy: TrainState = jax.tree.map(jnp.copy, state)
    return copy
