"""A small learning engine, compiled once for all tests that learn."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import jax
import numpy as np

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.commands import (
    COUNT,
    JUMP,
    LIFT,
    LOWER,
    REAR,
    STEP_RANGE,
    SWING,
    UPPER,
    CommandBatch,
)
from tabrl.control.gait import GAITS
from tabrl.control.observation import observation_size
from tabrl.control.rollout import CONTROL_DT, Floats, Rollout
from tabrl.control.staged import FOREVER_S, StagedCommands
from tabrl.robots import Robot, get_robot
from tabrl.sim.learning.ppo import Learner, PPOConfig, TrainState
from tabrl.sim.reward.function import ExportedReward, export_reward
from tabrl.sim.simulator import Experience

GO1 = get_robot("go1")
SMALL = PPOConfig(unroll=16, epochs=2, minibatches=2)
ROBOTS = 32  # of every batch that learns: a graph is compiled for its shape

FORWARD = """
WEIGHTS = {"speed": 1.0, "level": 0.2}

def reward(state, action):
    speed = state.base_linear_velocity()[0]
    return {
        "speed": rl.gaussian(speed - 0.5, 0.25),
        "level": rl.gaussian(state.base_angular_velocity()[2], 0.5) * state.uprightness(),
    }
"""
SWAY = """
WEIGHTS = {"sway": 1.0}

def reward(state, action):
    return {"sway": rl.gaussian(state.roll() - 0.2 * jnp.sin(state.phase(1.3)), 0.1)}
"""


@cache
def small_learner() -> Learner:
    """A learner that compiles for `SMALL` blocks of `ROBOTS`."""
    return Learner(GO1, SMALL)


@cache
def _initialise() -> Callable[[int], TrainState]:
    return jax.jit(small_learner().init)


def fresh_state(seed: int) -> TrainState:
    """An untrained state, made by one graph instead of a hundred small ones."""
    return _initialise()(seed)


class CompiledLearner(Learner):
    """The shared learner, whatever it is made for: its graphs are compiled already."""

    def __init__(self, robot: Robot, config: PPOConfig) -> None:
        self.__dict__.update(small_learner().__dict__)

    def init(self, seed: int, learning_rate: float = 1e-3) -> TrainState:
        return fresh_state(seed)


@cache
def exported(source: str) -> ExportedReward:
    """A reward's artifact."""
    return export_reward(source, GO1)


def random_programs(count: int, seed: int = 0) -> CommandBatch:
    """CommandBatch all over the trained range, every channel in use; half of them neither hop, rear
    nor hold a foot up, and half leave the gait's frequency to the speed."""
    rng = np.random.default_rng(seed)
    constant = rng.uniform(LOWER, UPPER, (count, COUNT)).astype(np.float32)
    amplitude = rng.uniform(-SWING, SWING, (count, COUNT)).astype(np.float32)
    for channels in (slice(JUMP, REAR + 1), LIFT):
        plain = rng.random(count) < 0.5
        constant[plain, channels] = amplitude[plain, channels] = 0.0
    natural = rng.random(count) < 0.5
    return CommandBatch(
        constant,
        amplitude,
        rng.uniform(0.0, 2.0 * np.pi, (count, COUNT)).astype(np.float32),
        rng.uniform(0.4, 2.5, count).astype(np.float32),
        rng.integers(0, len(GAITS), count).astype(np.int32),
        np.where(natural, 0.0, rng.uniform(*STEP_RANGE, count)).astype(np.float32),
    )


def random_sequences(count: int, seed: int = 0) -> StagedCommands:
    """Random stages one after the other, at most half a second each; every third one alone."""
    rng = np.random.default_rng(seed)
    phases = random_programs(count * MAX_PHASES, seed).map(
        lambda field: field.reshape(count, MAX_PHASES, *field.shape[1:])
    )
    duration = (CONTROL_DT * rng.integers(2, 25, (count, MAX_PHASES))).astype(np.float32)
    duration[rng.random(count) < 0.4, -1] = 0.0
    duration[::3] = [FOREVER_S, 0.0, 0.0]
    return StagedCommands(phases, duration)


def still(observation: Floats) -> Floats:
    """A policy that holds the home pose."""
    return np.zeros((len(observation), GO1.nu), np.float32)


def quaternions(count: int, seed: int = 0) -> Floats:
    """Attitudes wxyz `[count, 4]`, spread evenly."""
    drawn = np.random.default_rng(seed).normal(size=(count, 4))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def made_up(seed: int = 0) -> Experience:
    """Made-up observations and small actions `[SMALL.unroll, ROBOTS]`; the rollout is empty."""
    rng = np.random.default_rng(seed)
    steps, size = SMALL.unroll, observation_size(GO1)
    zeros = np.zeros((steps, ROBOTS), np.float32)
    return Experience(
        rollout=Rollout({}),
        observation=rng.normal(size=(steps + 1, ROBOTS, size)).astype(np.float32),
        action=rng.normal(scale=0.5, size=(steps, ROBOTS, GO1.nu)).astype(np.float32),
        terminated=zeros,
        truncated=zeros.copy(),
    )
