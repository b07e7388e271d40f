"""Policies that need no training."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from tabrl.control.arrays import Floats
from tabrl.sim.simulator import GraphPolicy


def constantly(parameters: Any, observation: jax.Array, key: jax.Array) -> jax.Array:
    network, noise = parameters
    action = network["action"]
    drawn: jax.Array = action + noise * jax.random.normal(key, action.shape)
    return drawn


def holding(action: Floats, noise: float = 0.0, seed: int = 0) -> GraphPolicy:
    """Every robot does its own row of `action [B, nu]` all the time, give or take some noise."""
    return GraphPolicy(constantly, ({"action": action}, np.float32(noise)), seed, lambda _: action)
