"""The accelerator's simulator: MuJoCo's physics in JAX, a whole experience one compiled graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import PyTreeDef
from jaxtyping import Bool, Float
from mujoco import mjx

from tabrl.control.arrays import Array
from tabrl.control.command_batch import CommandBatch
from tabrl.control.rollout import RawSteps
from tabrl.control.staged_commands import Commands, StagedCommands
from tabrl.embodiments.load import embodiment_of
from tabrl.robots import Robot
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences, truncated
from tabrl.sim.mjx.episodes import EpisodeArguments, Episodes, Pool, Robots, Sensing
from tabrl.sim.mjx.physics import Motion, Outcome, Physics
from tabrl.sim.simulator import Experience, GraphPolicy, Parameters, PolicyFn, PolicyGraph

SAMPLES = 2  # schedules of every robot that are ready for a chunk,
SAMPLES_EVERY = 25  # and one more for so many steps


class Chunk(NamedTuple):
    """What the compiled graph gives back, time first; numpy once it is on the host."""

    fields: dict[str, Float[Array, "T B ..."]]  # as of `Embodiment.instant`
    just_reset: Float[Array, "T B"]
    observation: Float[Array, "T+1 B no"]
    privileged: Float[Array, "T+1 B np"]
    action: Float[Array, "T B nu"]
    terminated: Float[Array, "T B"]
    truncated: Float[Array, "T B"]


# The runtime arguments of the graph, in order: the last two are the policy's and the episodes' key.
_Arguments: TypeAlias = tuple[
    mjx.Model, Robots, EpisodeArguments, Pool, Parameters, jax.Array, jax.Array
]
# What decides which graph is compiled: the policy's, steps, and the shapes of its parameters.
_GraphName: TypeAlias = tuple[
    PolicyGraph, int, PyTreeDef, tuple[tuple[tuple[int, ...], np.dtype], ...]
]
_Row: TypeAlias = dict[str, Float[jax.Array, "B ..."]]  # the fields of `RawSteps` in one step
# A step's row, observation, what a critic sees beside it, action, and who has failed and run out of
# time in it.
_Made: TypeAlias = tuple[
    _Row, Float[jax.Array, "B no"], Float[jax.Array, "B np"], Float[jax.Array, "B nu"],
    Bool[jax.Array, " B"], Bool[jax.Array, " B"],
]  # fmt: skip


class MjxSimulator:
    """`Simulator` on MJX: `size` robots, physics by `impl` (`jax`, or `warp` where installed).

    A `GraphPolicy` runs inside one compiled scan over the chunk. Any other policy is called on the
    host between steps, which is right but slow. Graphs are compiled ahead of their first run, once
    for every robot, size, number of steps and policy graph; schedules, seeds and parameters
    are runtime arguments. JAX's persistent cache keeps them where `JAX_COMPILATION_CACHE_DIR` says.

    Differs from the CPU in this: schedules of a sampler, and the poses they begin in, are drawn
    before each chunk, enough for two resets or changes of each robot and one more in every half
    second; a robot that needs more of them sees its first ones again.
    """

    def __init__(
        self,
        robot: Robot,
        size: int,
        *,
        impl: str = "jax",
        differences: RobotDifferences | None = None,
        seed: int = 0,
    ) -> None:
        self._embodiment = embodiment = embodiment_of(robot)
        self._size = size
        self._physics = Physics(embodiment, size, impl)
        self._episodes = Episodes(embodiment)
        self._rng = np.random.default_rng(seed)
        self._config = EpisodeConfig()
        self._numbers = EpisodeArguments.of(self._config)
        self._carry = embodiment.carry(size)
        self._key = jax.random.PRNGKey(seed)
        self._graphs: dict[_GraphName, jax.stages.Compiled] = {}
        self._start = jax.jit(self._episodes.start)
        self._observe = jax.jit(self._episodes.observe)
        if differences is not None:
            self._physics.differ(differences)
        self._sensing = Sensing.of(differences, size, len(embodiment.observation))
        self._robots = self._begin(CommandBatch.neutral(embodiment.commands, size))

    @property
    def size(self) -> int:
        """Number of robots, B."""
        return self._size

    @property
    def physics(self) -> Physics:
        """The model and its bare step, for measurements."""
        return self._physics

    def reset(self, schedules: Commands, config: EpisodeConfig, seed: int) -> None:
        """Start all robots anew with `schedules [B]`."""
        if len(schedules) != self.size:
            raise ValueError(f"{len(schedules)} schedules for {self.size} robots")
        self._config, self._numbers = config, EpisodeArguments.of(config)
        self._rng = np.random.default_rng(seed)
        self._key = jax.random.PRNGKey(seed)
        if config.sampler is not None:
            schedules = config.sampler(self._rng, self.size)
        self._robots = self._begin(schedules)

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        """Go on for `steps` control steps of 20 ms.

        Nothing interrupts a compiled chunk: `on_step` is called before one, or, if the policy is
        asked on the host, at every step.
        """
        if isinstance(policy, GraphPolicy):
            on_step()
            chunks = [self._run(policy, steps)]
        else:
            chunks = self._stepwise(policy, steps, on_step)
        fields = {
            name: np.concatenate([chunk.fields[name] for chunk in chunks])
            for name in chunks[0].fields
        }
        just_reset = np.concatenate([chunk.just_reset for chunk in chunks])
        return Experience(
            rollout=self._embodiment.look_back(fields, just_reset, self._carry),
            observation=_followed([chunk.observation for chunk in chunks]),
            privileged=_followed([chunk.privileged for chunk in chunks]),
            action=np.concatenate([chunk.action for chunk in chunks]),
            terminated=np.concatenate([chunk.terminated for chunk in chunks]),
            truncated=np.concatenate([chunk.truncated for chunk in chunks]),
        )

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Compile now what `rollout` would compile for `steps` under policies of this kind."""
        if isinstance(policy, GraphPolicy):
            self._compiled(policy, steps)
        else:
            self._compiled(_asked(np.zeros((self.size, self._embodiment.robot.nu), np.float32)), 1)

    def state(self) -> tuple[Float[np.ndarray, "B nq"], Float[np.ndarray, "B nv"]]:
        """Copies of `qpos` and `qvel`."""
        motion = self._robots.motion
        return np.array(motion.qpos), np.array(motion.qvel)

    def place(self, qpos: Float[np.ndarray, "B nq"], qvel: Float[np.ndarray, "B nv"]) -> None:
        """Put the robots into other states; their clocks go on."""
        speeds = jnp.asarray(qvel, jnp.float32)
        motion = Motion(jnp.asarray(qpos, jnp.float32), speeds, jnp.zeros_like(speeds))
        self._robots = self._robots.replace(motion=motion)  # type: ignore[attr-defined]

    def _begin(self, schedules: Commands) -> Robots:
        self._key, use = jax.random.split(self._key)
        self._schedules = StagedCommands.of(schedules)
        poses = self._poses(self._schedules)
        robots: Robots = self._start(use, on_device(schedules), poses, self._sensing, self._numbers)
        return robots

    def _stepwise(self, policy: PolicyFn, steps: int, on_step: Callable[[], None]) -> list[Chunk]:
        chunks = []
        observation = np.asarray(self._observe(self._robots, self._key)[0])
        for _ in range(steps):
            on_step()
            action = np.asarray(policy(observation), np.float32)
            chunks.append(self._run(_asked(action), 1))
            observation = np.asarray(chunks[-1].observation[-1])
        return chunks

    def _run(self, policy: GraphPolicy, steps: int) -> Chunk:
        graph = self._compiled(policy, steps)
        self._key, use = jax.random.split(self._key)
        self._robots, chunk = graph(*self._arguments(policy, steps, use))
        on_host: Chunk = jax.device_get(chunk)
        return on_host

    def _compiled(self, policy: GraphPolicy, steps: int) -> jax.stages.Compiled:
        leaves, structure = jax.tree.flatten(policy.parameters)
        shapes = tuple((jnp.shape(leaf), jnp.result_type(leaf)) for leaf in leaves)
        name = (policy.graph, steps, structure, shapes)
        if name not in self._graphs:
            arguments = self._arguments(policy, steps, self._key, draw=False)
            experience = jax.jit(self._chunk, static_argnums=(0, 1))
            # A GPU's default precision of matrix products is too low for physics.
            with jax.default_matmul_precision("highest"):
                lowered = experience.lower(policy.graph, steps, *arguments)
            self._graphs[name] = lowered.compile()
        return self._graphs[name]

    def _arguments(
        self, policy: GraphPolicy, steps: int, key: jax.Array, *, draw: bool = True
    ) -> _Arguments:
        parameters = jax.tree.map(jnp.asarray, policy.parameters)
        return (
            self._physics.model, self._robots, self._numbers, self._pool(steps, draw), parameters,
            jax.random.fold_in(key, policy.seed), key,
        )  # fmt: skip

    def _pool(self, steps: int, draw: bool) -> Pool:
        """The next schedules of every robot, its own without a sampler, and their start poses."""
        rounds = SAMPLES + steps // SAMPLES_EVERY
        if self._config.sampler is None or not draw:
            drawn = self._schedules.pick(np.tile(np.arange(self.size), rounds))
        else:
            drawn = StagedCommands.of(self._config.sampler(self._rng, rounds * self.size))
        poses = self._poses(drawn) if draw else self._no_poses(len(drawn))
        pool: Pool = jax.tree.map(
            lambda x: x.reshape(rounds, self.size, *x.shape[1:]), Pool(on_device(drawn), poses)
        )
        return pool

    def _poses(self, schedules: StagedCommands) -> Float[jax.Array, "N nq"]:
        """Where robots begin that are asked `schedules`; not a number: the home keyframe."""
        if self._config.start is None:
            return self._no_poses(len(schedules))
        return jnp.asarray(self._config.start(self._rng, schedules.first()), jnp.float32)

    def _no_poses(self, count: int) -> Float[jax.Array, "N nq"]:
        return jnp.full((count, self._embodiment.nq), jnp.nan, jnp.float32)

    def _chunk(
        self, graph: PolicyGraph, steps: int, model: mjx.Model, robots: Robots,
        arguments: EpisodeArguments,
        pool: Pool, parameters: Parameters, policy_key: jax.Array, key: jax.Array,
    ) -> tuple[Robots, Chunk]:  # fmt: skip
        """The graph: a scan over control steps."""

        def step(robots: Robots, keys: jax.Array) -> tuple[Robots, _Made]:
            noise_key, between_key = jax.random.split(keys[1])
            observation, privileged = self._episodes.observe(robots, noise_key)
            action = graph(parameters, observation, keys[0])
            robots, ctrl = self._episodes.decide(robots, action)
            motion, outcome = self._physics.batched_step(model, robots.motion, ctrl)
            moved = self._episodes.moved(robots, motion, ctrl)
            raw = self._row(moved, outcome, robots)
            terminated, timed_out = self._ends(raw["qpos"], moved, arguments)
            after = self._episodes.between(
                moved, between_key, terminated | timed_out, pool, arguments
            )
            return after, (raw, observation, privileged, action, terminated, timed_out)

        keys = jnp.stack(
            [jax.random.split(policy_key, steps), jax.random.split(key, steps)], axis=1
        )
        robots = robots.replace(samples=jnp.zeros_like(robots.samples))  # type: ignore[attr-defined]
        robots, (raw, seen, privileged, action, terminated, timed_out) = jax.lax.scan(
            step, robots, keys
        )
        last, last_privileged = self._episodes.observe(robots, key)
        return robots, Chunk(
            fields=self._embodiment.instant(RawSteps(**raw), jnp),
            just_reset=raw["just_reset"],
            observation=jnp.concatenate([seen, last[None]]),
            privileged=jnp.concatenate([privileged, last_privileged[None]]),
            action=action,
            terminated=terminated.astype(jnp.float32),
            truncated=timed_out.astype(jnp.float32),
        )

    def _row(self, robots: Robots, outcome: Outcome, before: Robots) -> _Row:
        """A step's raw quantities. A diverged robot is all zero: a failure for rewards too."""
        whole = ~robots.diverged[:, None]
        last = jnp.where(whole, before.ctrl, robots.ctrl)
        embodiment = self._embodiment
        features = embodiment.command_features(robots.time, robots.schedules, jnp)
        forces = {
            name: jnp.nan_to_num(value, posinf=0.0, neginf=0.0)
            for name, value in outcome._asdict().items()
        }
        return {
            "time": robots.time,
            "qpos": jnp.where(whole, robots.motion.qpos, 0.0),
            "qvel": jnp.where(whole, robots.motion.qvel, 0.0),
            "action": embodiment.joints.action(robots.ctrl, last),
            **forces,
            "commanded": features[:, embodiment.recorded],
            "just_reset": before.just_reset.astype(jnp.float32),
        }

    def _ends(
        self, qpos: Float[jax.Array, "B nq"], robots: Robots, arguments: EpisodeArguments
    ) -> tuple[Bool[jax.Array, " B"], Bool[jax.Array, " B"]]:
        terminated: Bool[jax.Array, " B"] = self._embodiment.failed(qpos, jnp) | robots.diverged
        ended: Bool[jax.Array, " B"] = truncated(terminated, robots.age, arguments.episode_s)
        return terminated, ended


def _followed(fields: list[Float[np.ndarray, "_ ..."]]) -> Float[np.ndarray, "T+1 ..."]:
    """Chunks that follow each other; each one's last row is the next one's first."""
    return np.concatenate([*(field[:-1] for field in fields), fields[-1][-1:]])


def _asked(action: Float[np.ndarray, "B nu"]) -> GraphPolicy:
    """A policy that was asked on the host already."""
    return GraphPolicy(_given, action, 0, lambda observation: action)


def _given(
    parameters: Float[jax.Array, "B nu"], observation: Float[jax.Array, "B no"], key: jax.Array
) -> Float[jax.Array, "B nu"]:
    return parameters


def on_device(schedules: Commands) -> StagedCommands:
    """CommandBatch as JAX arrays, single precision."""
    exact: StagedCommands = jax.tree.map(jnp.asarray, StagedCommands.of(schedules))
    return jax.tree.map(  # type: ignore[no-any-return]
        lambda x: x.astype(jnp.int32 if jnp.issubdtype(x.dtype, jnp.integer) else jnp.float32),
        exact,
    )
