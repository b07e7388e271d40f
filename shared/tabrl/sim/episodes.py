"""How episodes begin, end and are disturbed: the rules that both simulators follow.

A simulator decides when something happens and draws the random numbers in its own way (per robot in
numpy, for all robots in JAX); what then happens is computed here, or by the robot's embodiment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import jax
import numpy as np
from jaxtyping import Bool, Float

from tabrl.control.arrays import Array, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment, Noise, Randomisation
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import Commands

CommandSampler: TypeAlias = Callable[[np.random.Generator, int], Commands]
# From schedules of robots that are reset to their poses, NaN for the home keyframe.
StartPoses: TypeAlias = Callable[[np.random.Generator, CommandBatch], Float[np.ndarray, "B nq"]]
LATE_S = 1e-4  # clocks that add up steps miss the end of an episode by rounding


@dataclass(frozen=True)
class EpisodeConfig:
    """When episodes begin and end, and how they are disturbed.

    Times in s, `reset_noise` scales the random start pose; a push adds `push_speed` m/s in a random
    direction, every `push_every_s` on average. With `start_spread_s` a robot starts at a random
    time of its schedule, so that a batch sees all stages at once. With a `sampler`, schedules are
    drawn at resets and every `resample_s`; `start` may choose other poses than the home keyframe.
    """

    episode_s: float = 10.0
    reset_noise: float = 1.0
    start_spread_s: float = 0.0
    push_every_s: float = 0.0
    push_speed: float = 0.0
    sampler: CommandSampler | None = None
    resample_s: float = 0.0
    auto_reset: bool = True
    start: StartPoses | None = None


@dataclass(frozen=True)
class RobotDifferences:
    """What is drawn once for every robot of a training; see `Randomisation`."""

    friction: Float[np.ndarray, " B"]  # sliding, of all shapes
    motor_gain: Float[np.ndarray, " B"]  # a factor
    body_mass: Float[np.ndarray, " B"] | None  # kg more than the scene says

    @classmethod
    def draw(
        cls, randomisation: Randomisation, size: int, rng: np.random.Generator
    ) -> RobotDifferences:
        """Random differences of `size` robots."""
        friction = rng.uniform(*randomisation.friction, size)
        motor_gain = rng.uniform(*randomisation.motor_gain, size)
        if randomisation.body is None:
            return cls(friction, motor_gain, None)
        return cls(friction, motor_gain, rng.uniform(*randomisation.body_mass, size))


def chance(every_s: float) -> float:
    """How likely something is in a control step that happens every `every_s` on average."""
    return CONTROL_DT / every_s if every_s > 0.0 else 0.0


def start_time(share: Float[Array, " n"], spread_s: Float[Array, ""], xp: Xp) -> Float[Array, " n"]:
    """Where in their schedules robots start, s.

    Args:
        share: random numbers in 0…1.
        spread_s: the latest start, s.
        xp: numpy or jax.numpy.

    Returns:
        Whole control steps within the spread, s.
    """
    return xp.round(share * spread_s / CONTROL_DT) * CONTROL_DT


def truncated(
    terminated: Bool[Array, " B"], age: Float[Array, " B"], episode_s: Float[Array, ""]
) -> Bool[Array, " B"]:
    """Whose time is up, failed robots apart.

    Args:
        terminated: who has failed.
        age: since the reset, s.
        episode_s: the length of an episode, s.
    """
    return ~terminated & (age >= episode_s - LATE_S)


def held_pose(embodiment: Embodiment, qpos: Float[Array, "n nq"], xp: Xp) -> Float[Array, "n nu"]:
    """The joint targets that hold a pose, rad within the joints' limits."""
    joints = embodiment.joints
    return xp.clip(embodiment.skeleton.joint_position(qpos), joints.lower, joints.upper)


def draw(
    noise: tuple[Noise, ...], count: int, rng: np.random.Generator
) -> Mapping[str, Float[np.ndarray, "n ..."]]:
    """Random numbers in numpy.

    Args:
        noise: what is drawn.
        count: number of robots.
        rng: draws.

    Returns:
        Each noise's numbers by its name.
    """
    drawn = {}
    for one in noise:
        if one.distribution == "normal":
            drawn[one.name] = rng.normal(one.low, one.high, one.shape(count))
        else:
            drawn[one.name] = rng.uniform(one.low, one.high, one.shape(count))
    return drawn


def draw_on_device(
    noise: tuple[Noise, ...], count: int, key: jax.Array
) -> Mapping[str, Float[jax.Array, "n ..."]]:
    """Random numbers in JAX; see `draw`."""
    drawn = {}
    for one, own in zip(noise, jax.random.split(key, max(len(noise), 1)), strict=False):
        shape = one.shape(count)
        if one.distribution == "normal":
            drawn[one.name] = one.low + one.high * jax.random.normal(own, shape)
        else:
            drawn[one.name] = jax.random.uniform(own, shape, minval=one.low, maxval=one.high)
    return drawn
