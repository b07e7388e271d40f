"""Learning on from a policy file."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from tabrl.control.policy import PolicyWeights
from tabrl.domain.errors import Invalid
from tabrl.sim.learning.ppo import TrainState


def with_policy(state: TrainState, weights: PolicyWeights) -> TrainState:
    """A training state whose actor is the policy of a params file; the rest stays as it was.

    Exploration noise, critic, optimizer and the statistics of what only the critic sees stay. The
    given state is not touched. Raises `Invalid` (code `bad_params`) where layers differ in shape.
    """
    policy = jax.tree.map(lambda leaf: leaf, state.params.policy)  # new dictionaries, equal leaves
    hidden = policy["params"]["MLP_0"]
    names = sorted(hidden, key=lambda name: int(name.rsplit("_", 1)[1]))
    dense = [hidden[name] for name in names] + [policy["params"]["Dense_0"]]
    if [layer["kernel"].shape for layer in dense] != [one.kernel.shape for one in weights.layers]:
        raise Invalid("its layers are of other sizes", code="bad_params")
    for layer, own in zip(dense, weights.layers, strict=True):
        layer["kernel"], layer["bias"] = jnp.asarray(own.kernel), jnp.asarray(own.bias)
    seen, statistics = len(weights.mean), state.normalizer
    statistics = statistics.replace(
        mean=statistics.mean.at[:seen].set(weights.mean),
        std=statistics.std.at[:seen].set(weights.std),
    )
    changed: TrainState = state.replace(  # type: ignore[attr-defined]
        params=state.params.replace(policy=policy), normalizer=statistics
    )
    return changed
