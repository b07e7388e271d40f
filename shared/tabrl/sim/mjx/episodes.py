"""How episodes begin, end and are disturbed on an accelerator: pure functions of batched arrays.

The same arguments as the CPU simulator's, with JAX's random numbers.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import flax.struct
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import CONTROL_DT
from tabrl.control.staged_commands import StagedCommands
from tabrl.sim import episodes
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl.sim.mjx.physics import Motion

Tree = TypeVar("Tree")
HUGE = 1e10  # MuJoCo's own limit of a healthy state
jax.tree_util.register_dataclass(
    CommandBatch,
    data_fields=[
        "constant", "amplitude", "phase", "modulation_frequency", "settings", "harmonic", "path",
    ],
    meta_fields=["space"],
)  # fmt: skip
jax.tree_util.register_dataclass(StagedCommands, data_fields=["stages", "duration"], meta_fields=[])


@flax.struct.dataclass
class Sensing:
    """What a batch of robots senses and how late it acts; see `RobotDifferences`."""

    late: Bool[jax.Array, " B"]
    sees_decision: Bool[jax.Array, " B"]
    noise: Float[jax.Array, "B no"]
    known: Float[jax.Array, "B no"]
    told: Float[jax.Array, "B D"]  # what a critic is told of how robots differ

    @classmethod
    def of(cls, differences: RobotDifferences | None, size: int, width: int) -> Sensing:
        """From what robots differ in; without, all of them know all of their `width` numbers."""
        if differences is None:
            nobody, nothing = jnp.zeros(size, jnp.bool_), jnp.zeros((size, width))
            told = jnp.asarray(RobotDifferences.no_columns(size))
            return cls(nobody, nobody, nothing, nothing + 1.0, told)
        late, told = jnp.asarray(differences.late), jnp.asarray(differences.columns())
        sees = jnp.asarray(differences.sees_decision)
        noise, known = (
            jnp.asarray(array, jnp.float32) for array in (differences.noise, differences.known)
        )
        return cls(late, sees, noise, known, told)


@flax.struct.dataclass
class Robots:
    """The state of a batch between two control steps."""

    motion: Motion
    sensing: Sensing
    ctrl: Float[jax.Array, "B nu"]  # targets in force, rad
    decided: Float[jax.Array, "B nu"]  # targets that the policy asked for last
    schedules: StagedCommands
    time: Float[jax.Array, " B"]  # s of the schedule
    age: Float[jax.Array, " B"]  # s since the reset
    origin: Float[jax.Array, "B O"]  # what the start of the episode fixed
    just_reset: Bool[jax.Array, " B"]  # just before
    diverged: Bool[jax.Array, " B"]  # not finite or huge since the reset
    samples: Int[jax.Array, " B"]  # taken from the pool in this block


class Pool(NamedTuple):
    """What robots follow and begin in next, `[K, B]`: one after the other, then all again."""

    schedules: StagedCommands
    poses: Float[jax.Array, "K B nq"]  # of each schedule; not a number: the home keyframe


@flax.struct.dataclass
class EpisodeArguments:
    """`EpisodeConfig` as runtime arguments: changing them compiles nothing."""

    episode_s: Float[jax.Array, ""]
    reset_noise: Float[jax.Array, ""]
    start_spread_s: Float[jax.Array, ""]
    push_chance: Float[jax.Array, ""]  # a control step
    push_speed: Float[jax.Array, ""]  # m/s
    resample_chance: Float[jax.Array, ""]  # a control step
    auto_reset: Bool[jax.Array, ""]
    sampled: Bool[jax.Array, ""]  # whether there are schedules to draw

    @classmethod
    def of(cls, config: EpisodeConfig) -> EpisodeArguments:
        """The numbers of `config`."""

        numbers = (
            config.episode_s, config.reset_noise, config.start_spread_s,
            episodes.chance(config.push_every_s), config.push_speed,
            episodes.chance(config.resample_s),
        )  # fmt: skip
        flags = (config.auto_reset, config.sampler is not None)
        return cls(*map(jnp.float32, numbers), *map(jnp.bool_, flags))


class Episodes:
    """The life of one robot model: its home pose, start noise, pushes and schedule clocks."""

    def __init__(self, embodiment: Embodiment) -> None:
        self._embodiment = embodiment
        self._home = jnp.asarray(embodiment.home_qpos)

    def start(
        self, key: jax.Array, schedules: StagedCommands, poses: Float[jax.Array, "B nq"],
        sensing: Sensing, arguments: EpisodeArguments,
    ) -> Robots:  # fmt: skip
        """All robots at their first step, of any age so that they do not all end together.

        Args:
            key: of the random start.
            schedules: what each robot is asked, `[B]`.
            poses: where it begins; not a number: the home keyframe.
            sensing: what it knows and how late it acts.
            arguments: how episodes begin.
        """
        key, age_key = jax.random.split(key)
        size = len(schedules)
        blank = Robots(
            motion=self._at_home(size),
            sensing=sensing,
            ctrl=jnp.tile(self._embodiment.joints.home, (size, 1)),
            decided=jnp.tile(self._embodiment.joints.home, (size, 1)),
            schedules=schedules,
            time=jnp.zeros(size),
            age=jnp.zeros(size),
            origin=jnp.zeros((size, self._embodiment.origin_size)),
            just_reset=jnp.ones(size, jnp.bool_),
            diverged=jnp.zeros(size, jnp.bool_),
            samples=jnp.zeros(size, jnp.int32),
        )
        everyone = jnp.ones(size, jnp.bool_)
        begun = self._restart(blank, key, everyone, poses, arguments)
        age = jax.random.uniform(age_key, (size,)) * arguments.episode_s
        return begun.replace(  # type: ignore[attr-defined, no-any-return]
            age=jnp.where(arguments.auto_reset, age, 0.0), samples=blank.samples
        )

    def observe(
        self, robots: Robots, key: jax.Array
    ) -> tuple[Float[jax.Array, "B no"], Float[jax.Array, "B np"]]:
        """What the policy sees, its noise drawn with `key`, and what a critic sees beside it."""
        motion, sensing = robots.motion, robots.sensing
        last = self._last_targets(robots)
        clean = self._embodiment.observe(
            robots.time, motion.qpos, motion.qvel, last, robots.schedules, robots.origin, jnp
        )
        seen = clean * sensing.known
        observation = seen + sensing.noise * jax.random.normal(key, clean.shape)
        hidden = self._embodiment.privileged(clean, seen, motion.qpos, jnp)
        return observation, jnp.concatenate([hidden, sensing.told], axis=-1)

    def _last_targets(self, robots: Robots) -> Float[jax.Array, "B nu"]:
        """What robots take for their last targets: what they decided, or what they did."""
        return jnp.where(robots.sensing.sees_decision[:, None], robots.decided, robots.ctrl)

    def decide(
        self, robots: Robots, action: Float[jax.Array, "B nu"]
    ) -> tuple[Robots, Float[jax.Array, "B nu"]]:
        """The targets (rad) that are in force for the next step: late robots' are the last ones."""
        motion, last = robots.motion, self._last_targets(robots)
        targets = self._embodiment.joints.aimed(action, motion.qpos, motion.qvel, jnp, last)
        ctrl = jnp.where(robots.sensing.late[:, None], robots.decided, targets)
        return robots.replace(decided=targets), ctrl  # type: ignore[attr-defined]

    def moved(self, robots: Robots, motion: Motion, ctrl: Float[jax.Array, "B nu"]) -> Robots:
        """The robots after the physics.

        Args:
            robots: before it.
            motion: what it made of theirs, `[B, …]`.
            ctrl: the joint targets of the step, rad.

        Returns:
            The robots a step later; those whose state is not finite are put home, diverged.
        """
        values = jnp.concatenate([motion.qpos, motion.qvel, ctrl], axis=-1)
        healthy = jnp.all(jnp.abs(values) < HUGE, axis=-1)  # false for what is not a number
        home = self._at_home(len(healthy))
        return robots.replace(  # type: ignore[attr-defined, no-any-return]
            motion=_choose(healthy, motion, home),
            ctrl=_choose(healthy, ctrl, jnp.broadcast_to(self._embodiment.joints.home, ctrl.shape)),
            time=robots.time + CONTROL_DT,
            age=robots.age + CONTROL_DT,
            just_reset=jnp.zeros_like(robots.just_reset),
            diverged=robots.diverged | ~healthy,
        )

    def between(self, robots: Robots, key: jax.Array, done: Bool[jax.Array, " B"],
                pool: Pool, arguments: EpisodeArguments) -> Robots:  # fmt: skip
        """What happens between two steps: pushes, new schedules, resets.

        Args:
            robots: after a step.
            key: of all that is random.
            done: whose episodes have ended.
            pool: each robot's next schedules and start poses; its own schedules if none are drawn.
            arguments: how episodes begin and are disturbed.
        """
        size = len(done)
        push_key, angle_key, draw_key, clock_key, reset_key = jax.random.split(key, 5)
        if self._embodiment.push_noise:
            pushed = jax.random.bernoulli(push_key, arguments.push_chance, (size,))
            noise = episodes.draw_on_device(self._embodiment.push_noise, size, angle_key)
            kick = self._embodiment.push(noise, arguments.push_speed, jnp)
            qvel = robots.motion.qvel + kick * pushed[:, None]
            robots = robots.replace(motion=robots.motion._replace(qvel=qvel))  # type: ignore[attr-defined]

        drawn = (
            jax.random.bernoulli(draw_key, arguments.resample_chance, (size,)) & arguments.sampled
        )
        robots, _ = self._drawn(robots, drawn, pool)
        robots = self._clocked(robots, clock_key, drawn, arguments)

        again = done & arguments.auto_reset
        robots, poses = self._drawn(robots, again, pool)
        return self._restart(robots, reset_key, again, poses, arguments)

    def _restart(self, robots: Robots, key: jax.Array, chosen: Bool[jax.Array, " B"],
                 poses: Float[jax.Array, "B nq"],
                 arguments: EpisodeArguments) -> Robots:  # fmt: skip
        noise_key, clock_key = jax.random.split(key)
        size = len(chosen)
        noise = episodes.draw_on_device(self._embodiment.reset_noise, size, noise_key)
        more_qpos, more_qvel = self._embodiment.reset_offset(noise, jnp)
        motion, home = self._at_home(size), jnp.tile(self._embodiment.joints.home, (size, 1))
        posed = jnp.isfinite(poses).all(-1)
        begun = Motion(
            _choose(posed, poses, motion.qpos) + more_qpos * arguments.reset_noise,
            motion.qvel + more_qvel * arguments.reset_noise,
            motion.warm_start,
        )
        held = _choose(posed, episodes.held_pose(self._embodiment, poses, jnp), home)
        robots = robots.replace(  # type: ignore[attr-defined]
            motion=_choose(chosen, begun, robots.motion),
            ctrl=_choose(chosen, held, robots.ctrl),
            decided=_choose(chosen, held, robots.decided),
            age=jnp.where(chosen, 0.0, robots.age),
            just_reset=robots.just_reset | chosen,
            diverged=robots.diverged & ~chosen,
        )
        return self._clocked(robots, clock_key, chosen, arguments)

    def _drawn(
        self, robots: Robots, chosen: Bool[jax.Array, " B"], pool: Pool
    ) -> tuple[Robots, Float[jax.Array, "B nq"]]:
        """The `chosen` follow their next schedules; all robots' next start poses."""
        turn, each = robots.samples % len(pool.poses), jnp.arange(len(chosen))
        schedules, poses = jax.tree.map(lambda field: field[turn, each], pool)
        robots = robots.replace(  # type: ignore[attr-defined]
            schedules=_choose(chosen, schedules, robots.schedules), samples=robots.samples + chosen
        )
        return robots, poses

    def _clocked(
        self,
        robots: Robots,
        key: jax.Array,
        chosen: Bool[jax.Array, " B"],
        arguments: EpisodeArguments,
    ) -> Robots:
        """Begin the schedules at a random time within the spread, and fix the origin there."""
        share = jax.random.uniform(key, chosen.shape)
        time = episodes.start_time(share, arguments.start_spread_s, jnp)
        origin = self._embodiment.origin(robots.motion.qpos, time, robots.schedules, jnp)
        return robots.replace(  # type: ignore[attr-defined, no-any-return]
            time=jnp.where(chosen, time, robots.time),
            origin=jnp.where(chosen[:, None], origin, robots.origin),
        )

    def _at_home(self, size: int) -> Motion:
        speeds = jnp.zeros((size, self._embodiment.nv))
        return Motion(jnp.tile(self._home, (size, 1)), speeds, speeds)


def _choose(chosen: Bool[jax.Array, " B"], yes: Tree, no: Tree) -> Tree:
    """`yes` where `chosen`, else `no`; both trees of arrays `[B, …]`."""
    tree: Tree = jax.tree.map(
        lambda a, b: jnp.where(chosen.reshape(-1, *[1] * (a.ndim - 1)), a, b), yes, no
    )
    return tree
