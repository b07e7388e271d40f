"""PPO between two rollouts: one jitted update over a block of experience.

The loss is Brax's (`brax.training.agents.ppo.losses`); what is added is a KL anchor to a reference
policy, a learning rate steered by the measured KL divergence, and value-only updates. Graphs depend
on shapes alone: rewards, scales, rates and anchors are runtime arguments, so that a new reward
never compiles anything here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import optax
from brax.training import types
from brax.training.acme import running_statistics
from brax.training.agents.ppo import losses
from brax.training.agents.ppo import networks as ppo_networks
from jaxtyping import Float

from tabrl.control.arrays import Array
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.learning.networks import deployed, initial_normalizer, make_networks, policy_weights
from tabrl.sim.simulator import Experience, GraphPolicy

Scalar: TypeAlias = Float[jax.Array, ""]
Metrics: TypeAlias = dict[str, Scalar]
# The actor's distributions: means and standard deviations.
Logits: TypeAlias = tuple[Float[jax.Array, "B T nu"], Float[jax.Array, "B T nu"]]
# What a step of gradient descent moves on: parameters, optimizer, learning rate.
Loss: TypeAlias = Callable[
    [losses.PPONetworkParams, types.Transition, jax.Array], tuple[Scalar, Metrics]
]
Carry: TypeAlias = tuple[losses.PPONetworkParams, optax.OptState, Scalar]


MIRRORED = 4  # every so many robots of a minibatch are looked at in the mirror too


@dataclass(frozen=True)
class PPOConfig:
    """Shapes and constants of the update; `unroll` control steps of 20 ms a block."""

    unroll: int = 24
    epochs: int = 4
    minibatches: int = 4
    discount: float = 0.985
    gae_lambda: float = 0.95
    clip: float = 0.2
    max_grad_norm: float = 1.0


@flax.struct.dataclass
class TrainState:
    """All that training needs to go on: parameters, optimizer, normaliser, randomness, rate."""

    params: losses.PPONetworkParams
    optimizer: optax.OptState
    normalizer: running_statistics.RunningStatisticsState
    key: jax.Array
    learning_rate: Scalar


@flax.struct.dataclass
class Schedule:
    """Runtime arguments of one update; changing them compiles nothing."""

    reward_scale: Scalar
    target_kl: Scalar
    entropy: Scalar
    anchor: Scalar  # weight of the KL divergence to the reference policy
    symmetry: Scalar  # weight of what differs between a policy and its mirror image
    policy_weight: Scalar  # 0 while only the value function learns
    min_rate: Scalar
    max_rate: Scalar
    learn_normalizer: Scalar  # 0 or 1

    @classmethod
    def of(cls, *, reward_scale: float, target_kl: float = 0.01, entropy: float = 0.003,
           anchor: float = 0.0, symmetry: float = 0.0, policy_weight: float = 1.0,
           min_rate: float = 1e-5, max_rate: float = 1e-3,
           learn_normalizer: bool = False) -> Schedule:  # fmt: skip
        """A schedule from plain numbers."""
        numbers = (
            reward_scale, target_kl, entropy, anchor, symmetry, policy_weight, min_rate, max_rate,
        )  # fmt: skip
        return cls(*(jnp.float32(x) for x in numbers), jnp.float32(learn_normalizer))  # type: ignore[call-arg]


class Learner:
    """The update and the exploring policy of one robot, compiled once per batch shape."""

    def __init__(self, robot: Robot, config: PPOConfig) -> None:
        self.config = config
        self.networks: ppo_networks.PPONetworks = make_networks(robot)
        self.robot = robot
        self._optimizer = optax.chain(
            optax.clip_by_global_norm(config.max_grad_norm),
            optax.scale_by_adam(),
        )
        self._spread = jax.jit(self._standard_deviation)
        self._update = jax.jit(self._update_graph, donate_argnums=0)

    def init(self, seed: int, learning_rate: float = 1e-3) -> TrainState:
        """A fresh state; the same seed gives the same state."""
        key, policy_key, value_key = jax.random.split(jax.random.PRNGKey(seed), 3)
        params = losses.PPONetworkParams(
            policy=self.networks.policy_network.init(policy_key),
            value=self.networks.value_network.init(value_key),
        )
        return TrainState(
            params=params,
            optimizer=self._optimizer.init(params),
            normalizer=initial_normalizer(self.robot),
            key=key,
            learning_rate=jnp.float32(learning_rate),
        )

    def exploring(self, state: TrainState, seed: int, noise: float = 1.0) -> GraphPolicy:
        """A policy that samples actions.

        Args:
            state: whose policy it is.
            seed: of its actions.
            noise: scales their standard deviation.
        """
        weights = policy_weights(state.params.policy, state.normalizer)
        spread = np.asarray(self._spread(state.params.policy, state.normalizer))
        scale = np.float32(noise) * spread
        random = np.random.default_rng(seed)

        def noisy(
            observation: Float[np.ndarray, "B no"], drawn: Float[np.ndarray, "B nu"]
        ) -> Float[np.ndarray, "B nu"]:
            action: Float[np.ndarray, "B nu"] = weights.act(observation) + scale * drawn
            return action

        def act(observation: Float[np.ndarray, "B no"]) -> Float[np.ndarray, "B nu"]:
            shape = (len(observation), self.robot.nu)
            return noisy(observation, random.standard_normal(shape, np.float32))

        return GraphPolicy(
            graph=self._exploring_graph,
            parameters=(state.params.policy, state.normalizer, jnp.float32(noise)),
            seed=seed,
            act=act,
            noisy=noisy,
        )

    def deterministic(self, state: TrainState) -> GraphPolicy:
        """The policy without noise."""
        return deployed(policy_weights(state.params.policy, state.normalizer))

    def update(
        self,
        state: TrainState,
        experience: Experience,
        reward: Float[Array, "T B"],
        schedule: Schedule,
        reference: losses.PPONetworkParams,
    ) -> tuple[TrainState, dict[str, float]]:
        """Learn from a block.

        Args:
            state: before it; given up to the next one.
            experience: a block of it, of `unroll` steps.
            reward: unscaled.
            schedule: how to learn.
            reference: whose policy the anchor holds on to.

        Returns:
            The next state, and metrics by name.
        """
        state, metrics = self._update(
            state,
            np.concatenate([experience.observation, experience.privileged], axis=-1),
            experience.action,
            jnp.asarray(reward, jnp.float32),
            experience.terminated,
            experience.truncated,
            schedule,
            reference.policy,
        )
        return state, {name: float(value) for name, value in jax.device_get(metrics).items()}

    def _exploring_graph(
        self,
        parameters: tuple[types.Params, running_statistics.RunningStatisticsState, Scalar],
        observation: Float[jax.Array, "B no"],
        key: jax.Array,
    ) -> Float[jax.Array, "B nu"]:
        policy, normalizer, noise = parameters
        loc, scale = self.networks.policy_network.apply(normalizer, policy, observation)
        drawn = jax.random.normal(key, loc.shape)
        action: Float[jax.Array, "B nu"] = loc + noise * scale * drawn
        return action

    def _standard_deviation(
        self, policy: types.Params, normalizer: running_statistics.RunningStatisticsState
    ) -> Float[jax.Array, " nu"]:
        """Of the actions; the same for every observation (see `make_networks`)."""
        anything = jnp.zeros((1, len(embodiment_of(self.robot).observation)))
        _, scale = self.networks.policy_network.apply(normalizer, policy, anything)
        spread: Float[jax.Array, " nu"] = jnp.broadcast_to(scale, (1, self.robot.nu))[0]
        return spread

    def _transitions(
        self, state: TrainState,
        observation: Float[jax.Array, "T+1 B no"], action: Float[jax.Array, "T B nu"],
        reward: Float[jax.Array, "T B"],
        terminated: Float[jax.Array, "T B"], truncated: Float[jax.Array, "T B"],
        reference: types.Params,
    ) -> types.Transition:  # fmt: skip
        """The block as Brax's loss reads it, `[B, T, …]`: minibatches are robots."""
        apply = self.networks.policy_network.apply
        distribution = self.networks.parametric_action_distribution
        old = apply(state.normalizer, state.params.policy, observation[:-1])
        anchor = apply(state.normalizer, reference, observation[:-1])
        return jax.tree.map(
            lambda x: jnp.swapaxes(x, 0, 1),
            types.Transition(
                observation=observation[:-1],
                action=action,
                reward=reward,
                discount=1.0 - terminated,
                next_observation=observation[-1:],  # the loss reads no other
                extras={
                    "state_extras": {"truncation": truncated},
                    "policy_extras": {
                        "log_prob": distribution.log_prob(old, action),
                        "raw_action": action,
                        "distribution_params": old,
                        "reference_params": anchor,
                    },
                },
            ),
        )

    def _loss(self, state: TrainState, schedule: Schedule) -> Loss:
        """PPO's loss, and what it costs to leave the reference."""
        config, heads = self.config, self.networks
        distribution = heads.parametric_action_distribution

        def loss(
            params: losses.PPONetworkParams, batch: types.Transition, key: jax.Array
        ) -> tuple[Scalar, Metrics]:
            logits = heads.policy_network.apply(state.normalizer, params.policy, batch.observation)
            total, metrics = losses.compute_ppo_loss(
                params, state.normalizer, batch, key, _answering(heads, logits),
                entropy_cost=schedule.entropy * schedule.policy_weight,
                discounting=config.discount, reward_scaling=schedule.reward_scale,
                gae_lambda=config.gae_lambda, clipping_epsilon=config.clip,
            )  # fmt: skip
            dist = distribution.create_dist(logits)
            base = distribution.create_dist(batch.extras["policy_extras"]["reference_params"])
            drift = jnp.mean(dist.kl_divergence(base))
            policy = schedule.policy_weight * (metrics["policy_loss"] + schedule.anchor * drift)
            total = total - metrics["policy_loss"] + policy
            uneven = jax.lax.cond(
                schedule.symmetry > 0.0,
                lambda: self._asymmetry(state, params, batch.observation, logits),
                lambda: jnp.zeros(()),  # for nothing it would take an eighth of an update
            )
            total = total + schedule.policy_weight * schedule.symmetry * uneven
            return total, {**metrics, "anchor_kl": drift, "asymmetry": uneven}

        return loss

    def _asymmetry(
        self,
        state: TrainState,
        params: losses.PPONetworkParams,
        observation: Float[jax.Array, "B T N"],
        logits: Logits,
    ) -> Scalar:
        """How much an action differs from the mirror image of that in the mirror, squared.

        Of a share of the batch: it takes as much as the policy's own loss. Zero for robots that
        look different in a mirror.
        """
        mirror = embodiment_of(self.robot).mirror
        if mirror is None:
            return jnp.zeros(())
        some = max(len(observation) // MIRRORED, 1)
        seen = observation[:some, :, : len(mirror.observation.index)]
        reflected, _ = self.networks.policy_network.apply(
            state.normalizer, params.policy, mirror.observation(seen)
        )
        wanted = mirror.action(logits[0][:some])
        uneven: Scalar = jnp.mean(jnp.sum((reflected - wanted) ** 2, axis=-1))
        return uneven

    def _update_graph(
        self, state: TrainState,
        observation: Float[jax.Array, "T+1 B no"], action: Float[jax.Array, "T B nu"],
        reward: Float[jax.Array, "T B"],
        terminated: Float[jax.Array, "T B"], truncated: Float[jax.Array, "T B"],
        schedule: Schedule, reference: types.Params,
    ) -> tuple[TrainState, Metrics]:  # fmt: skip
        config = self.config
        data = self._transitions(
            state, observation, action, reward, terminated, truncated, reference
        )
        loss = self._loss(state, schedule)
        robots = reward.shape[1]
        per_batch = robots // config.minibatches

        def step(
            carry: Carry, batch_and_key: tuple[types.Transition, jax.Array]
        ) -> tuple[Carry, Metrics]:
            params, optimizer, rate = carry
            batch, key = batch_and_key
            (_, metrics), gradient = jax.value_and_grad(loss, has_aux=True)(params, batch, key)
            direction, optimizer = self._optimizer.update(gradient, optimizer)
            # Without this, Adam's momentum would move a policy that is not to learn.
            learns = schedule.policy_weight > 0
            direction = direction.replace(
                policy=jax.tree.map(lambda d: jnp.where(learns, d, 0.0), direction.policy)
            )
            params = jax.tree.map(lambda p, d: p - rate * d, params, direction)
            return (params, optimizer, _steered(rate, metrics["kl_mean"], schedule)), metrics

        def epoch(carry: Carry, key: jax.Array) -> tuple[Carry, Metrics]:
            shuffle, use = jax.random.split(key)
            order = jax.random.permutation(shuffle, robots)[: per_batch * config.minibatches]
            index = order.reshape(config.minibatches, per_batch)
            batches = jax.tree.map(lambda x: x[index], data)
            return jax.lax.scan(step, carry, (batches, jax.random.split(use, config.minibatches)))

        key, use = jax.random.split(state.key)
        carry = (state.params, state.optimizer, state.learning_rate)
        (params, optimizer, rate), metrics = jax.lax.scan(
            epoch, carry, jax.random.split(use, config.epochs)
        )
        seen = running_statistics.update(state.normalizer, observation[:-1], std_min_value=1e-2)
        normalizer = jax.tree.map(
            lambda new, now: jnp.where(schedule.learn_normalizer > 0, new, now),
            seen,
            state.normalizer,
        )
        last = {
            name: metrics[name][-1, -1]
            for name in ("kl_mean", "anchor_kl", "asymmetry", "v_loss", "policy_dist_mean_std")
        }
        return (
            TrainState(params, optimizer, normalizer, key, rate),
            {**last, "learning_rate": rate},
        )


def _steered(rate: Scalar, kl: Scalar, schedule: Schedule) -> Scalar:
    """The rate, steered by the divergence from the acting policy, as rsl_rl does."""
    rate = jnp.where(kl > 2.0 * schedule.target_kl, rate / 1.5, rate)
    rate = jnp.where(kl < 0.5 * schedule.target_kl, rate * 1.5, rate)
    return jnp.clip(rate, schedule.min_rate, schedule.max_rate)


def _answering(networks: ppo_networks.PPONetworks, logits: Logits) -> ppo_networks.PPONetworks:
    """The networks with a policy that answers `logits`, in the loss's order.

    The anchor and Brax's loss need the same answer. Asked for twice, the policy would be
    differentiated twice: nearly a third of an update.
    """
    time_first = jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), logits)
    policy = replace(networks.policy_network, apply=lambda *_: time_first)
    return networks.replace(policy_network=policy)
