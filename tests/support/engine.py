"""A small learning engine, compiled once for all tests that learn."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from tabrl.contracts.phases import MAX_PHASES
from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_space import MODULATION_RANGE, CommandSpace
from tabrl.control.rollout import CONTROL_DT, Rollout
from tabrl.control.staged_commands import FOREVER_S, StagedCommands
from tabrl.control.waypoints import Path
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot, get_robot
from tabrl.sim.learning.networks import critic_width
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


def random_programs(count: int, seed: int = 0, robot: Robot = GO1) -> CommandBatch:
    """Schedules all over the trained range, every channel in use.

    Half of them ask nothing of the upward channels that are no lifts, half hold nothing up, and
    half leave every setting that is a number to the robot.
    """
    space = embodiment_of(robot).commands
    rng = np.random.default_rng(seed)
    shape = count, len(space)
    constant = rng.uniform(space.lower, space.upper, shape).astype(np.float32)
    amplitude = rng.uniform(-space.amplitude, space.amplitude, shape).astype(np.float32)
    lifts = np.array([name.startswith("lift_") for name in space.names])
    for channels in (space.upward & ~lifts, space.upward & lifts):
        plain = np.ix_(rng.random(count) < 0.5, channels)
        constant[plain] = amplitude[plain] = 0.0
    numbers = [setting for setting in space.settings if not setting.choices]
    natural = {setting.name: rng.random(count) < 0.5 for setting in numbers}
    return CommandBatch(
        space,
        constant,
        amplitude,
        rng.uniform(0.0, 2.0 * np.pi, shape).astype(np.float32),
        rng.uniform(*MODULATION_RANGE, count).astype(np.float32),
        _random_settings(space, natural, count, rng),
        *_random_rest(space, count, rng),
    )


def _random_rest(
    space: CommandSpace, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Harmonics, and for half of the schedules a path through three waypoints."""
    harmonic = np.ones((count, space.harmonic_width), np.float32)
    path = np.zeros((count, space.path_width), np.float32)
    if space.harmonics:
        harmonic[:] = rng.choice(space.harmonics, harmonic.shape)
    if space.on_path:
        reach = space.upper[: space.on_path] / 2
        for row in range(count):
            times = (0.3, 0.9, 1.7) if rng.random() < 0.5 else ()
            points = tuple((time, *rng.uniform(-reach, reach).tolist()) for time in times)
            path[row] = Path(points).packed(space.on_path)
    return harmonic, path


def _random_settings(
    space: CommandSpace,
    natural: dict[str, NDArray[np.bool_]],
    count: int,
    rng: np.random.Generator,
) -> dict[str, NDArray[Any]]:
    settings: dict[str, NDArray[Any]] = {}
    for setting in space.settings:
        if setting.choices:
            chosen = rng.integers(0, len(setting.choices), count)
            settings[setting.name] = chosen.astype(np.int32)
        else:
            asked = rng.uniform(*setting.range, count)
            asked[natural[setting.name]] = 0.0
            settings[setting.name] = asked.astype(np.float32)
    return settings


def random_sequences(count: int, seed: int = 0, robot: Robot = GO1) -> StagedCommands:
    """Random stages one after the other, at most half a second each; every third one alone."""
    rng = np.random.default_rng(seed)
    stages = random_programs(count * MAX_PHASES, seed, robot).map(
        lambda values: values.reshape(count, MAX_PHASES, *values.shape[1:])
    )
    duration = (CONTROL_DT * rng.integers(2, 25, (count, MAX_PHASES))).astype(np.float32)
    duration[rng.random(count) < 0.4, -1] = 0.0
    duration[::3] = [FOREVER_S, *[0.0] * (MAX_PHASES - 1)]
    return StagedCommands(stages, duration)


def still(observation: Floats, robot: Robot = GO1) -> Floats:
    """A policy that holds the home pose."""
    return np.zeros((len(observation), robot.nu), np.float32)


def quaternions(count: int, seed: int = 0) -> Floats:
    """Attitudes wxyz `[count, 4]`, spread evenly."""
    drawn = np.random.default_rng(seed).normal(size=(count, 4))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def made_up(seed: int = 0) -> Experience:
    """Made-up observations and small actions `[SMALL.unroll, ROBOTS]`; the rollout is empty."""
    rng = np.random.default_rng(seed)
    steps, size = SMALL.unroll, len(embodiment_of(GO1).observation)
    more = critic_width(GO1) - size
    zeros = np.zeros((steps, ROBOTS), np.float32)
    return Experience(
        rollout=Rollout({}),
        observation=rng.normal(size=(steps + 1, ROBOTS, size)).astype(np.float32),
        privileged=rng.normal(size=(steps + 1, ROBOTS, more)).astype(np.float32),
        action=rng.normal(scale=0.5, size=(steps, ROBOTS, GO1.nu)).astype(np.float32),
        terminated=zeros,
        truncated=zeros.copy(),
    )
