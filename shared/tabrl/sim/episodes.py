"""How episodes begin, end and are disturbed: the rules that both simulators follow.

A simulator decides when something happens and draws the random numbers in its own way (per robot in
numpy, for all robots in JAX); what then happens is computed here, or by the robot's embodiment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import jax
import numpy as np
from jaxtyping import Bool, Float

from tabrl.control.arrays import Array, Xp
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment, Noise, Randomisation
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.segments import Segments
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


# What a critic is told of how a robot differs; see `RobotDifferences.columns`.
DIFFERENCES = Segments(
    (
        ("friction", 1), ("stiffness", 1), ("damping", 1), ("body_mass", 1), ("body_offset", 3),
        ("late", 1), ("known", 1),
    )
)  # fmt: skip


@dataclass(frozen=True)
class RobotDifferences:
    """How each of a batch of robots differs from the scene; see `Randomisation`."""

    friction: Float[np.ndarray, " B"]  # factors
    stiffness: Float[np.ndarray, " B"]
    damping: Float[np.ndarray, " B"]
    body: str | None
    body_mass: Float[np.ndarray, " B"]  # a factor
    body_offset: Float[np.ndarray, "B 3"]  # m, in the body's frame
    late: Bool[np.ndarray, " B"]  # acts a control step later than it decides
    sees_decision: Bool[np.ndarray, " B"]  # a late one's last action: what it decided, or did
    noise: Float[np.ndarray, "B no"]  # standard deviation of what is sensed
    known: Float[np.ndarray, "B no"]  # 1 or 0

    @classmethod
    def draw(
        cls,
        randomisation: Randomisation,
        observation: Segments,
        size: int,
        rng: np.random.Generator,
    ) -> Self:
        """Random differences of `size` robots that observe the segments of `observation`."""
        known = np.ones((size, len(observation)), np.float32)
        shares = np.cumsum([unknown.share for unknown in randomisation.unknown])
        kind = np.searchsorted(shares, rng.random(size), side="right")
        for number, unknown in enumerate(randomisation.unknown):
            for name in unknown.segments:
                known[kind == number, observation[name]] = 0.0
        noise = np.zeros((size, len(observation)), np.float32)
        for name, deviation in randomisation.noise.items():
            noise[:, observation[name]] = deviation
        return cls(
            friction=rng.uniform(*randomisation.friction, size),
            stiffness=rng.uniform(*randomisation.stiffness, size),
            damping=rng.uniform(*randomisation.damping, size),
            body=randomisation.body,
            body_mass=rng.uniform(*randomisation.body_mass, size),
            body_offset=np.stack(
                [rng.uniform(*ends, size) for ends in randomisation.body_offset], axis=1
            ),
            late=rng.random(size) < randomisation.late,
            sees_decision=rng.random(size) < randomisation.sees_decision,
            noise=noise * known,
            known=known,
        )

    @classmethod
    def of_training(cls, embodiment: Embodiment, size: int, seed: int, share: float = 1.0) -> Self:
        """Of `size` robots of a training; the first ones, up to a share, differ."""
        rng, count = np.random.default_rng(seed), round(share * size)
        randomisation, observation = embodiment.randomisation, embodiment.observation
        drawn = (
            cls.draw(randomisation, observation, count, rng),
            cls.draw(Randomisation(), observation, size - count, rng),
        )
        return cls.joined(drawn)

    def __len__(self) -> int:
        return len(self.friction)

    def pick(self, part: slice) -> Self:
        """Those of some robots."""
        fields = {name: value for name, value in vars(self).items() if name != "body"}
        return type(self)(body=self.body, **{name: value[part] for name, value in fields.items()})

    @classmethod
    def joined(cls, some: Sequence[Self]) -> Self:
        """Those of several batches of robots, one after the other."""
        bodies = {one.body for one in some if one.body is not None}
        if len(bodies) > 1:
            raise ValueError(f"one body may differ, not {', '.join(sorted(bodies))}")
        fields = {
            name: np.concatenate([getattr(one, name) for one in some])
            for name in vars(some[0])
            if name != "body"
        }
        return cls(body=next(iter(bodies), None), **fields)

    def columns(self) -> Float[np.ndarray, "B D"]:
        """The segments of `DIFFERENCES`, float32."""
        numbers = (self.friction, self.stiffness, self.damping, self.body_mass)
        columns = [column[:, None] for column in numbers]
        shares = [self.late[:, None], self.known.mean(-1, keepdims=True)]
        return np.concatenate([*columns, self.body_offset, *shares], axis=1, dtype=np.float32)

    @staticmethod
    def no_columns(size: int) -> Float[np.ndarray, "B D"]:
        """The same columns of robots that are as their scene says."""
        columns = np.ones((size, len(DIFFERENCES)), np.float32)
        columns[:, DIFFERENCES["body_offset"]] = columns[:, DIFFERENCES["late"]] = 0.0
        return columns


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
