"""How episodes begin, end and are disturbed on an accelerator: pure functions of batched arrays.

The same rules as the CPU simulator's, with JAX's random numbers.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np

from tabrl.control import rotation
from tabrl.control.commands import CommandBatch
from tabrl.control.observation import Joints, build_observation
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged import StagedCommands
from tabrl.robots import Robot
from tabrl.sim.mjx.physics import Motion
from tabrl.sim.simulator import EpisodeConfig

HUGE = 1e10  # MuJoCo's own limit of a healthy state
for batch in (CommandBatch, StagedCommands):
    jax.tree_util.register_dataclass(
        batch, data_fields=[field.name for field in fields(batch)], meta_fields=[]
    )


@flax.struct.dataclass
class Robots:
    """The state of a batch `[B, …]` between two control steps."""

    motion: Motion
    ctrl: jax.Array
    schedules: StagedCommands
    time: jax.Array  # s of the schedule
    age: jax.Array  # s since the reset
    heading_origin: jax.Array
    just_reset: jax.Array  # bool: reset just before
    diverged: jax.Array  # bool: not finite or huge since the reset
    samples: jax.Array  # schedules drawn in this block


@flax.struct.dataclass
class Rules:
    """`EpisodeConfig` as runtime arguments: changing them compiles nothing."""

    episode_s: jax.Array
    reset_noise: jax.Array
    start_spread_s: jax.Array
    push_chance: jax.Array  # a control step
    push_speed: jax.Array
    resample_chance: jax.Array
    auto_reset: jax.Array
    sampled: jax.Array  # whether there are schedules to draw

    @classmethod
    def of(cls, rules: EpisodeConfig) -> Rules:
        """The numbers of `rules`."""

        def chance(every_s: float) -> float:
            return CONTROL_DT / every_s if every_s > 0.0 else 0.0

        numbers = (
            rules.episode_s, rules.reset_noise, rules.start_spread_s, chance(rules.push_every_s),
            rules.push_speed, chance(rules.resample_s),
        )  # fmt: skip
        flags = (rules.auto_reset, rules.sampler is not None)
        return cls(*map(jnp.float32, numbers), *map(jnp.bool_, flags))


class Episodes:
    """The life of one robot model: its home pose, start noise, pushes and schedule clocks."""

    def __init__(self, robot: Robot, home: np.ndarray[Any, Any]) -> None:
        """`home [nq]` is the keyframe in which robots start."""
        self._home = jnp.asarray(home, jnp.float32)
        self.joints = Joints.of(robot, jnp)

    def start(self, key: jax.Array, schedules: StagedCommands, rules: Rules) -> Robots:
        """All robots at their first step, of any age so that they do not all end together."""
        key, age_key = jax.random.split(key)
        size = len(schedules)
        blank = Robots(
            motion=self._at_home(size),
            ctrl=jnp.tile(self.joints.home, (size, 1)),
            schedules=schedules,
            time=jnp.zeros(size),
            age=jnp.zeros(size),
            heading_origin=jnp.zeros(size),
            just_reset=jnp.ones(size, jnp.bool_),
            diverged=jnp.zeros(size, jnp.bool_),
            samples=jnp.zeros(size, jnp.int32),
        )
        everyone = jnp.ones(size, jnp.bool_)
        begun = self._restart(blank, key, everyone, schedules, rules)
        age = jax.random.uniform(age_key, (size,)) * rules.episode_s
        return begun.replace(  # type: ignore[attr-defined, no-any-return]
            age=jnp.where(rules.auto_reset, age, 0.0), samples=blank.samples
        )

    def observe(self, robots: Robots) -> jax.Array:
        """What the policy sees, `[B, no]`."""
        observation: jax.Array = build_observation(
            robots.time, robots.motion.qpos, robots.motion.qvel, robots.ctrl, robots.schedules,
            self.joints, robots.heading_origin, jnp,
        )  # fmt: skip
        return observation

    def moved(self, robots: Robots, motion: Motion, ctrl: jax.Array) -> Robots:
        """The robots after the physics; those whose state is not finite are put home, diverged."""
        values = jnp.concatenate([motion.qpos, motion.qvel, ctrl], axis=-1)
        healthy = jnp.all(jnp.abs(values) < HUGE, axis=-1)  # false for what is not a number
        home = self._at_home(len(healthy))
        return robots.replace(  # type: ignore[attr-defined, no-any-return]
            motion=_choose(healthy, motion, home),
            ctrl=_choose(healthy, ctrl, jnp.broadcast_to(self.joints.home, ctrl.shape)),
            time=robots.time + CONTROL_DT,
            age=robots.age + CONTROL_DT,
            just_reset=jnp.zeros_like(robots.just_reset),
            diverged=robots.diverged | ~healthy,
        )

    def between(self, robots: Robots, key: jax.Array, done: jax.Array, pool: StagedCommands,
                rules: Rules) -> Robots:  # fmt: skip
        """Pushes, new schedules, and resets of those that are `done [B]`.

        A robot's next schedules are `pool [K, B]`, one after the other; all used, they come again.
        """
        size = len(done)
        push_key, angle_key, draw_key, clock_key, reset_key = jax.random.split(key, 5)
        pushed = jax.random.bernoulli(push_key, rules.push_chance, (size,))
        angle = jax.random.uniform(angle_key, (size,), maxval=2.0 * jnp.pi)
        kick = rules.push_speed * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
        qvel = robots.motion.qvel.at[:, :2].add(kick * pushed[:, None])
        robots = robots.replace(motion=robots.motion._replace(qvel=qvel))  # type: ignore[attr-defined]

        drawn = jax.random.bernoulli(draw_key, rules.resample_chance, (size,)) & rules.sampled
        robots = self._drawn(robots, drawn, pool)
        robots = self._clocked(robots, clock_key, drawn, rules)

        again = done & rules.auto_reset
        robots = self._drawn(robots, again & rules.sampled, pool)
        return self._restart(robots, reset_key, again, robots.schedules, rules)

    def _restart(self, robots: Robots, key: jax.Array, chosen: jax.Array, schedules: StagedCommands,
                 rules: Rules) -> Robots:  # fmt: skip
        keys = jax.random.split(key, 4)
        size, nu = robots.ctrl.shape
        joints = 0.1 * jax.random.normal(keys[0], (size, nu))
        height = 0.03 * jax.random.uniform(keys[1], (size,))
        speed = 0.15 * jax.random.normal(keys[2], (size, 6))
        motion = self._at_home(size)
        begun = Motion(
            motion.qpos.at[:, 7:].add(joints * rules.reset_noise)
            .at[:, 2].add(height * rules.reset_noise),
            motion.qvel.at[:, :6].add(speed * rules.reset_noise),
            motion.warm_start,
        )  # fmt: skip
        robots = robots.replace(  # type: ignore[attr-defined]
            motion=_choose(chosen, begun, robots.motion),
            ctrl=_choose(chosen, jnp.broadcast_to(self.joints.home, (size, nu)), robots.ctrl),
            schedules=schedules,
            age=jnp.where(chosen, 0.0, robots.age),
            just_reset=robots.just_reset | chosen,
            diverged=robots.diverged & ~chosen,
        )
        return self._clocked(robots, keys[3], chosen, rules)

    def _drawn(self, robots: Robots, chosen: jax.Array, pool: StagedCommands) -> Robots:
        rounds = pool.duration.shape[0]
        turn, each = robots.samples % rounds, jnp.arange(len(chosen))
        offered = jax.tree.map(lambda field: field[turn, each], pool)
        return robots.replace(  # type: ignore[attr-defined, no-any-return]
            schedules=_choose(chosen, offered, robots.schedules), samples=robots.samples + chosen
        )

    def _clocked(self, robots: Robots, key: jax.Array, chosen: jax.Array, rules: Rules) -> Robots:
        """Begin the schedules at a random time within the spread, heading where the robot looks."""
        start = jax.random.uniform(key, chosen.shape) * rules.start_spread_s
        time = jnp.round(start / CONTROL_DT) * CONTROL_DT
        turned = robots.schedules.heading(time, jnp)
        origin = rotation.yaw(robots.motion.qpos[:, 3:7], jnp) - turned
        return robots.replace(  # type: ignore[attr-defined, no-any-return]
            time=jnp.where(chosen, time, robots.time),
            heading_origin=jnp.where(chosen, origin, robots.heading_origin),
        )

    def _at_home(self, size: int) -> Motion:
        speeds = jnp.zeros((size, len(self._home) - 1))
        return Motion(jnp.tile(self._home, (size, 1)), speeds, speeds)


def _choose(chosen: jax.Array, yes: Any, no: Any) -> Any:
    """`yes` where `chosen [B]`, else `no`; both trees of `[B, …]`."""
    return jax.tree.map(
        lambda a, b: jnp.where(chosen.reshape(-1, *[1] * (a.ndim - 1)), a, b), yes, no
    )
