"""The accelerator's simulator: MuJoCo's physics in JAX, a whole experience one compiled graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tabrl.control import rotation
from tabrl.control.commands import CommandBatch
from tabrl.control.rollout import CONTACT_MARGIN, Carry, Floats, RawSteps, RolloutBuilder
from tabrl.control.shapes import trunk_shapes
from tabrl.control.staged import StagedCommands
from tabrl.robots import Robot
from tabrl.sim.mjx.episodes import Episodes, Robots, Rules
from tabrl.sim.mjx.physics import Motion, Outcome, Physics
from tabrl.sim.simulator import EpisodeConfig, Experience, GraphPolicy, PolicyFn, PolicyGraph

SAMPLES = 2  # schedules of every robot that are ready for a block,
SAMPLES_EVERY = 25  # and one more for so many steps


class Chunk(NamedTuple):
    """What the compiled graph gives back, time first; `fields` as of `RolloutBuilder.instant`."""

    fields: dict[str, Any]
    just_reset: jax.Array
    observation: jax.Array
    action: jax.Array
    terminated: jax.Array
    truncated: jax.Array


class MjxSimulator:
    """`Simulator` on MJX: `size` robots, physics by `impl` (`jax`, or `warp` where installed).

    A `GraphPolicy` runs inside one compiled scan over the block. Any other policy is called on the
    host between steps, which is right but slow. Graphs are compiled ahead of their first run, once
    for every robot, size, number of steps and policy graph; schedules, rules, seeds and parameters
    are runtime arguments. JAX's persistent cache keeps them where `JAX_COMPILATION_CACHE_DIR` says.

    Differs from the CPU in this: schedules of a sampler are drawn before each block, enough for two
    resets or changes of each robot and one more in every half second; a robot that needs more of
    them sees its first ones again.
    """

    def __init__(
        self, robot: Robot, size: int, *, impl: str = "jax", randomise: bool = False, seed: int = 0
    ) -> None:
        self._robot = robot
        self._size = size
        self._physics = Physics(robot, size, impl)
        self._builder = RolloutBuilder(robot, trunk_shapes(self._physics.host))
        self._episodes = Episodes(robot, self._physics.host.key_qpos[0])
        self._rng = np.random.default_rng(seed)
        self._rules = EpisodeConfig()
        self._numbers = Rules.of(self._rules)
        self._memory = Carry.zeros(size, robot)
        self._key = jax.random.PRNGKey(seed)
        self._graphs: dict[Any, Any] = {}
        self._start = jax.jit(self._episodes.start)
        self._observe = jax.jit(self._episodes.observe)
        if randomise:
            rng = self._rng
            self._physics.randomise(
                friction=rng.uniform(0.5, 1.1, size),
                strength=rng.uniform(0.9, 1.1, size),
                mass=rng.uniform(-0.8, 0.8, size),
            )
        self._robots = self._begin(CommandBatch.neutral(size))

    @property
    def size(self) -> int:
        """Number of robots, B."""
        return self._size

    @property
    def physics(self) -> Physics:
        """The model and its bare step, for measurements."""
        return self._physics

    def reset(
        self, schedules: CommandBatch | StagedCommands, rules: EpisodeConfig, seed: int
    ) -> None:
        """Start all robots anew with `schedules [B]`."""
        if len(schedules) != self.size:
            raise ValueError(f"{len(schedules)} schedules for {self.size} robots")
        if rules.start is not None:
            raise ValueError("start poses are for the CPU simulator only")
        self._rules, self._numbers = rules, Rules.of(rules)
        self._rng = np.random.default_rng(seed)
        self._key = jax.random.PRNGKey(seed)
        if rules.sampler is not None:
            schedules = rules.sampler(self._rng, self.size)
        self._robots = self._begin(schedules)

    def rollout(
        self, policy: PolicyFn, steps: int, on_step: Callable[[], None] = lambda: None
    ) -> Experience:
        """Go on for `steps` control steps of 20 ms.

        Nothing interrupts a compiled block: `on_step` is called before one, or, if the policy is
        asked on the host, at every step.
        """
        if isinstance(policy, GraphPolicy):
            on_step()
            blocks = [self._run(policy, steps)]
        else:
            blocks = self._stepwise(policy, steps, on_step)
        fields = {
            name: np.concatenate([block.fields[name] for block in blocks])
            for name in blocks[0].fields
        }
        just_reset = np.concatenate([block.just_reset for block in blocks])
        return Experience(
            rollout=self._builder.remember(fields, just_reset, self._memory),
            observation=np.concatenate(
                [*(block.observation[:-1] for block in blocks), blocks[-1].observation[-1:]]
            ),
            action=np.concatenate([block.action for block in blocks]),
            terminated=np.concatenate([block.terminated for block in blocks]),
            truncated=np.concatenate([block.truncated for block in blocks]),
        )

    def prepare(self, policy: PolicyFn, steps: int) -> None:
        """Compile now what `rollout` would compile for `steps` under policies of this kind."""
        if isinstance(policy, GraphPolicy):
            self._compiled(policy, steps)
        else:
            self._compiled(_asked(np.zeros((self.size, self._robot.nu), np.float32)), 1)

    def state(self) -> tuple[Floats, Floats]:
        """Copies of `qpos [B, nq]` and `qvel [B, nv]`."""
        motion = self._robots.motion
        return np.array(motion.qpos), np.array(motion.qvel)

    def place(self, qpos: Floats, qvel: Floats) -> None:
        """Put the robots into states `qpos [B, nq]`, `qvel [B, nv]`; their clocks go on."""
        speeds = jnp.asarray(qvel, jnp.float32)
        motion = Motion(jnp.asarray(qpos, jnp.float32), speeds, jnp.zeros_like(speeds))
        self._robots = self._robots.replace(motion=motion)  # type: ignore[attr-defined]

    def _begin(self, schedules: CommandBatch | StagedCommands) -> Robots:
        self._key, use = jax.random.split(self._key)
        robots: Robots = self._start(use, _on_device(schedules), self._numbers)
        return robots

    def _stepwise(self, policy: PolicyFn, steps: int, on_step: Callable[[], None]) -> list[Chunk]:
        blocks = []
        observation = np.asarray(self._observe(self._robots))
        for _ in range(steps):
            on_step()
            action = np.asarray(policy(observation), np.float32)
            blocks.append(self._run(_asked(action), 1))
            observation = np.asarray(blocks[-1].observation[-1])
        return blocks

    def _run(self, policy: GraphPolicy, steps: int) -> Chunk:
        graph = self._compiled(policy, steps)
        self._key, use = jax.random.split(self._key)
        self._robots, block = graph(*self._arguments(policy, steps, use))
        on_host: Chunk = jax.device_get(block)
        return on_host

    def _compiled(self, policy: GraphPolicy, steps: int) -> Any:
        leaves, structure = jax.tree.flatten(policy.parameters)
        shapes = tuple((jnp.shape(leaf), jnp.result_type(leaf)) for leaf in leaves)
        name = (policy.graph, steps, structure, shapes)
        if name not in self._graphs:
            arguments = self._arguments(policy, steps, self._key, draw=False)
            experience = jax.jit(self._block, static_argnums=(0, 1))
            # A GPU's default precision of matrix products is too low for physics.
            with jax.default_matmul_precision("highest"):
                lowered = experience.lower(policy.graph, steps, *arguments)
            self._graphs[name] = lowered.compile()
        return self._graphs[name]

    def _arguments(
        self, policy: GraphPolicy, steps: int, key: jax.Array, *, draw: bool = True
    ) -> tuple[Any, ...]:
        parameters = jax.tree.map(jnp.asarray, policy.parameters)
        return (
            self._physics.model, self._robots, self._numbers, self._pool(steps, draw), parameters,
            jax.random.fold_in(key, policy.seed), key,
        )  # fmt: skip

    def _pool(self, steps: int, draw: bool) -> StagedCommands:
        """The next schedules of every robot, `[K, B]`; none are drawn without a sampler."""
        rounds = SAMPLES + steps // SAMPLES_EVERY
        if self._rules.sampler is None or not draw:
            unused: StagedCommands = jax.tree.map(
                lambda x: jnp.broadcast_to(x, (rounds, *x.shape)), self._robots.schedules
            )
            return unused
        drawn = _on_device(self._rules.sampler(self._rng, rounds * self.size))
        pool: StagedCommands = jax.tree.map(
            lambda x: x.reshape(rounds, self.size, *x.shape[1:]), drawn
        )
        return pool

    def _block(
        self, graph: PolicyGraph, steps: int, model: Any, robots: Robots, rules: Rules,
        pool: StagedCommands, parameters: Any, policy_key: jax.Array, key: jax.Array,
    ) -> tuple[Robots, Chunk]:  # fmt: skip
        """The graph: a scan over control steps."""

        def step(robots: Robots, keys: jax.Array) -> tuple[Robots, Any]:
            observation = self._episodes.observe(robots)
            action = graph(parameters, observation, keys[0])
            ctrl = self._episodes.joints.targets(action, jnp)
            motion, outcome = self._physics.batched_step(model, robots.motion, ctrl)
            moved = self._episodes.moved(robots, motion, ctrl)
            raw = self._row(moved, outcome, robots.just_reset)
            terminated, truncated = self._ends(raw["qpos"], moved, rules)
            after = self._episodes.between(moved, keys[1], terminated | truncated, pool, rules)
            return after, (raw, observation, action, terminated, truncated)

        keys = jnp.stack(
            [jax.random.split(policy_key, steps), jax.random.split(key, steps)], axis=1
        )
        robots = robots.replace(samples=jnp.zeros_like(robots.samples))  # type: ignore[attr-defined]
        robots, (raw, seen, action, terminated, truncated) = jax.lax.scan(step, robots, keys)
        last = self._episodes.observe(robots)
        return robots, Chunk(
            fields=self._builder.instant(RawSteps(**raw), jnp),
            just_reset=raw["just_reset"],
            observation=jnp.concatenate([seen, last[None]]),
            action=action,
            terminated=terminated.astype(jnp.float32),
            truncated=truncated.astype(jnp.float32),
        )

    def _row(self, robots: Robots, outcome: Outcome, just_reset: jax.Array) -> dict[str, jax.Array]:
        """A step's raw quantities. A diverged robot lies in the floor: a fall for rewards too."""
        whole = ~robots.diverged[:, None]
        asked = robots.schedules.at(robots.time, jnp)
        forces = {
            name: jnp.nan_to_num(value, posinf=0.0, neginf=0.0)
            for name, value in outcome._asdict().items()
        }
        return {
            "time": robots.time,
            "qpos": jnp.where(whole, robots.motion.qpos, 0.0),
            "qvel": jnp.where(whole, robots.motion.qvel, 0.0),
            "action": self._episodes.joints.action(robots.ctrl),
            **forces,
            "command": asked.command(robots.time, jnp),
            "gait_phase": asked.gait_phase(robots.time, jnp),
            "just_reset": just_reset.astype(jnp.float32),
        }

    def _ends(self, qpos: jax.Array, robots: Robots, rules: Rules) -> tuple[jax.Array, jax.Array]:
        up = rotation.up_in_body(qpos[:, 3:7], jnp)
        gap: Any = self._builder.trunk_clearance(qpos[:, 2], up, jnp)  # type: ignore[arg-type]
        terminated = (gap < CONTACT_MARGIN) | (up[:, 2] < 0.0) | robots.diverged
        truncated = ~terminated & (robots.age >= rules.episode_s - 1e-4)
        return terminated, truncated


def _asked(action: Floats) -> GraphPolicy:
    """A policy that was asked on the host already."""
    return GraphPolicy(_given, action, 0, lambda observation: action)


def _given(parameters: jax.Array, observation: jax.Array, key: jax.Array) -> jax.Array:
    return parameters


def _on_device(schedules: CommandBatch | StagedCommands) -> StagedCommands:
    """CommandBatch as JAX arrays, single precision."""
    exact: StagedCommands = jax.tree.map(jnp.asarray, StagedCommands.of(schedules))
    return jax.tree.map(  # type: ignore[no-any-return]
        lambda x: x.astype(jnp.int32 if jnp.issubdtype(x.dtype, jnp.integer) else jnp.float32),
        exact,
    )
