"""Teaching a student: states that it and its teacher reach, then supervised learning on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Bool, Float, Int

from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.policy import Layer, PolicyWeights
from tabrl.control.staged_commands import StagedCommands
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl.sim.simulator import episode
from tabrl_trainer.distillation.student import FRAMES, Columns, Student, StudentPolicy

HIDDEN = (256, 128)
ACTION_WEIGHT = 1.0  # of what the teacher decides wrongly, against what is estimated wrongly
EPISODES = EpisodeConfig(
    reset_noise=1.0, start_spread_s=5.0, push_every_s=3.0, push_speed=0.4
)  # as in trainings

Params = list[tuple[jax.Array, jax.Array]]


@dataclass(frozen=True)
class Amount:
    """How much is learnt: rounds of `robots` over `seconds`, and gradient steps after each."""

    rounds: int = 5
    robots: int = 256
    seconds: float = 4.0
    steps: int = 500
    batch: int = 1024


@dataclass(frozen=True)
class States:
    """What robots saw `[T, B, no]`, their speed among it; what counts is not of the fallen."""

    observation: Float[np.ndarray, "T B no"]
    counts: Bool[np.ndarray, "T B"]

    def windows(
        self, columns: Columns, time: Int[np.ndarray, " n"], robot: Int[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n k"]:
        """What a student reads at these times of these robots."""
        frames = np.maximum(time[:, None] - np.arange(FRAMES)[::-1], 0)
        seen = self.observation[frames, robot[:, None]][:, :, columns.seen]
        flat: Float[np.ndarray, "n k"] = seen.reshape(len(time), -1)
        return flat


def taught(
    embodiment: Embodiment, teacher: PolicyWeights, schedule: CommandSchedule, amount: Amount,
    on_round: Callable[[int, float], None] = lambda number, error: None, seed: int = 0,
) -> Student:  # fmt: skip
    """A student of a teacher under a schedule.

    Args:
        embodiment: the robot.
        teacher: the policy, which stays as it is.
        schedule: what it is asked.
        amount: how much is learnt.
        on_round: told after each round its number, and how far estimates are from the truth in the
            states of the next one, root mean square, in the observation's units.
        seed: of all randomness.

    Raises:
        Invalid: (code `all_sensed`) if the robot needs no student.
    """
    columns, rng = Columns.of(embodiment), np.random.default_rng(seed)
    simulator = CpuSimulator(
        embodiment.robot, amount.robots, differences=_differences(embodiment, amount.robots, rng)
    )
    schedules = StagedCommands.stack(_varied(schedule, amount.robots, rng))

    def states(student: Student, knowing: float) -> States:
        policy = StudentPolicy(teacher, student, knowing)
        ran = episode(
            simulator, schedules, policy, amount.seconds, int(rng.integers(2**31)), EPISODES
        )
        failed = np.maximum.accumulate(embodiment.failures(ran.rollout) > 0.5, axis=0)
        return States(ran.observation[:-1], ~failed)

    student = _untaught(columns, rng)
    gathered = [states(student, knowing=1.0)]
    student = _normalised(student, gathered[0])
    for number in range(amount.rounds):
        student = _fitted(student, teacher, gathered, amount, rng)
        gathered.append(states(student, knowing=0.0))
        on_round(number, _error(student, gathered[-1]))
    return student


def _differences(embodiment: Embodiment, robots: int, rng: np.random.Generator) -> RobotDifferences:
    """As in trainings, but that the speed is known without noise: it is what is to be learnt."""
    unsensed = embodiment.unsensed
    assert unsensed is not None
    usual = embodiment.randomisation
    noise = {name: value for name, value in usual.noise.items() if name != unsensed.segment}
    known = replace(usual, noise=noise, unknown=())
    return RobotDifferences.draw(known, embodiment.observation, robots, rng)


def _varied(
    schedule: CommandSchedule, robots: int, rng: np.random.Generator
) -> list[CommandSchedule]:
    """What is asked, of half of the robots; of the others a share of it."""

    def scaled(share: float) -> CommandSchedule:
        return replace(
            schedule,
            constant=tuple(share * value for value in schedule.constant),
            amplitude=tuple(share * value for value in schedule.amplitude),
        )

    shares = np.where(np.arange(robots) % 2 == 0, 1.0, rng.uniform(0.2, 1.0, robots))
    return [schedule if share == 1.0 else scaled(float(share)) for share in shares]


def _untaught(columns: Columns, rng: np.random.Generator) -> Student:
    sizes = (FRAMES * len(columns.seen), *HIDDEN, columns.size)
    layers = tuple(
        Layer(
            (rng.normal(size=(rows, width)) / np.sqrt(rows)).astype(np.float32),
            np.zeros(width, np.float32),
        )
        for rows, width in pairwise(sizes)
    )
    none, one = np.zeros(sizes[0], np.float32), np.ones(sizes[0], np.float32)
    return Student(PolicyWeights(none, one, layers), columns)


def _normalised(student: Student, states: States) -> Student:
    """With means and deviations of what is seen."""
    seen = states.observation[states.counts][:, student.columns.seen]
    mean, std = np.tile(seen.mean(0), FRAMES), np.tile(seen.std(0) + 1e-3, FRAMES)
    weights = PolicyWeights(mean.astype(np.float32), std.astype(np.float32), student.weights.layers)
    return replace(student, weights=weights)


def _fitted(
    student: Student, teacher: PolicyWeights, gathered: list[States], amount: Amount,
    rng: np.random.Generator,
) -> Student:  # fmt: skip
    """The student after some gradient steps on all that was gathered."""
    columns, weights = student.columns, student.weights
    optimizer = optax.adam(optax.cosine_decay_schedule(1e-3, amount.steps, 0.05))
    params: Params = [(jnp.asarray(one.kernel), jnp.asarray(one.bias)) for one in weights.layers]
    state = optimizer.init(params)
    decide = [(jnp.asarray(one.kernel), jnp.asarray(one.bias)) for one in teacher.layers]

    def loss(params: Params, read: jax.Array, seen: jax.Array) -> jax.Array:
        truth = seen[:, columns.estimated]
        estimate = _layers(params, (read - weights.mean) / weights.std)
        told = seen.at[:, columns.estimated].set(estimate)
        normal = (jnp.stack([told, seen]) - teacher.mean) / teacher.std
        decided = _layers(decide, normal)
        scale = teacher.std[columns.estimated]
        wrong = jnp.mean(((estimate - truth) / scale) ** 2)
        return wrong + ACTION_WEIGHT * jnp.mean((decided[0] - decided[1]) ** 2)

    @jax.jit
    def step(
        params: Params, state: optax.OptState, read: jax.Array, seen: jax.Array
    ) -> tuple[Params, optax.OptState]:
        gradient = jax.grad(loss)(params, read, seen)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(params, updates), state

    places = [np.argwhere(states.counts) for states in gathered]
    for _ in range(amount.steps):
        number = int(rng.integers(len(gathered)))
        time, robot = places[number][rng.integers(len(places[number]), size=amount.batch)].T
        states = gathered[number]
        seen = states.observation[time, robot]
        truth = seen[:, columns.estimated]
        read = states.windows(columns, time, robot)
        params, state = step(params, state, read, columns.told(seen, truth))
    layers = tuple(Layer(np.asarray(kernel), np.asarray(bias)) for kernel, bias in params)
    return replace(student, weights=PolicyWeights(weights.mean, weights.std, layers))


def _layers(params: Params, x: jax.Array) -> jax.Array:
    for kernel, bias in params[:-1]:
        x = jax.nn.swish(x @ kernel + bias)
    kernel, bias = params[-1]
    return x @ kernel + bias


def _error(student: Student, states: States) -> float:
    """Root mean square of estimates against the truth."""
    time, robot = np.argwhere(states.counts)[::7].T
    estimate = student.weights.act(states.windows(student.columns, time, robot))
    truth = states.observation[time, robot][:, student.columns.estimated]
    return float(np.sqrt(np.mean((estimate - truth) ** 2)))
