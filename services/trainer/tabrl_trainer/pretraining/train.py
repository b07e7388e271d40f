"""Training a base policy: a curriculum of stages, resumable at any time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from tabrl.control.commands import CommandBatch
from tabrl.control.observation import HEADING_ERROR, STEP_FREQUENCY
from tabrl.robots import Robot
from tabrl.sim.cpu.simulator import CpuSimulator
from tabrl.sim.learning.checkpoint import dump_tree, load_tree, read_metadata
from tabrl.sim.learning.ppo import Learner, PPOConfig, Schedule, TrainState
from tabrl.sim.simulator import EpisodeConfig
from tabrl_trainer.pretraining.commands import CommandMix
from tabrl_trainer.pretraining.reward import BaseWeights, base_terms, reared_starts

ROBOTS = 512
CONFIG = PPOConfig(unroll=24, epochs=4, minibatches=4, discount=0.985)


@dataclass(frozen=True)
class Stage:
    """A part of the curriculum; `samples` are control steps."""

    name: str
    samples: int
    weights: BaseWeights
    mix: CommandMix
    randomise: bool = False
    push_speed: float = 0.0
    entropy: float = 0.003
    min_rate: float = 1e-5
    max_rate: float = 1e-3
    target_kl: float = 0.01
    start_reared: bool = False
    least_noise: float = 0.0  # floor under the exploration noise, in units of action


# Noise and rate have floors until the last stage: left alone, exploration shrinks to 0.15 within
# twenty million samples and the KL-steered rate with it, and what is rare is never learnt.
CURRICULUM = (
    # Walking first: with everything at once the robot never leaves the spot.
    Stage(
        "walk",
        4_000_000,
        BaseWeights(velocity=2.5, yaw=1.5, orientation=0.6, height=0.4),
        CommandMix(
            velocity=0.7,
            posture=0.3,
            standing_share=0.1,
            marching_share=0.05,
            lifting_share=0.05,
            hopping_share=0.1,
            rearing_share=0.0,
            modulated_share=0.2,
            own_gait_share=0.4,
        ),
        entropy=0.005,
        min_rate=2e-4,
        target_kl=0.015,
        least_noise=0.35,
    ),
    # Some of the rearing robots begin reared: otherwise none ever gets there.
    Stage(
        "behaviours",
        18_000_000,
        BaseWeights(schedule=1.7, feet=2.0, clearance=200.0),
        CommandMix(rearing_share=0.12),
        entropy=0.004,
        min_rate=2e-4,
        target_kl=0.02,
        start_reared=True,
        least_noise=0.35,
    ),
    # What is seldom asked for and hard: paces, bounds, high knees, rearing.
    Stage(
        "skills",
        20_000_000,
        BaseWeights(velocity=2.2, schedule=2.5, feet=2.0, clearance=350.0),
        CommandMix(
            standing_share=0.11,
            marching_share=0.13,
            lifting_share=0.08,
            hopping_share=0.09,
            rearing_share=0.16,
            own_gait_share=0.7,
        ),
        randomise=True,
        push_speed=0.3,
        entropy=0.004,
        min_rate=2e-4,
        target_kl=0.02,
        start_reared=True,
        least_noise=0.3,
    ),
    Stage(
        "robust",
        14_000_000,
        BaseWeights(schedule=2.2, feet=2.0, height=1.6, clearance=350.0, fall=20.0),
        CommandMix(marching_share=0.10, rearing_share=0.12, own_gait_share=0.6),
        randomise=True,
        push_speed=0.5,
        entropy=0.001,
        min_rate=1e-4,
        max_rate=5e-4,
        target_kl=0.015,
        start_reared=True,
        least_noise=0.25,
    ),
    Stage(
        "polish",
        14_000_000,
        BaseWeights(schedule=2.0, feet=2.0, height=1.8, clearance=350.0, fall=20.0),
        CommandMix(marching_share=0.10, rearing_share=0.10, own_gait_share=0.6),
        randomise=True,
        push_speed=0.5,
        entropy=0.0,
        min_rate=3e-5,
        max_rate=2e-4,
        target_kl=0.01,
        start_reared=True,
    ),
)


@dataclass(frozen=True)
class BaseProgress:
    """A measured block of base training; terms are means a control step."""

    stage: str
    samples: int
    total: int
    samples_per_s: float
    reward: float
    terms: dict[str, float]
    falls_per_minute: float
    metrics: dict[str, float]


class BaseTraining:
    """Trains `robot`'s base policy, keeping its whole state in `folder`."""

    def __init__(
        self, robot: Robot, folder: Path, seed: int, curriculum: tuple[Stage, ...] = CURRICULUM
    ) -> None:
        self.robot = robot
        self.learner = Learner(robot, CONFIG)
        self._folder = folder
        self._seed = seed
        self._curriculum = curriculum
        self.state: TrainState = self.learner.init(seed)
        self.samples = 0
        self._restore()

    @property
    def total(self) -> int:
        """Samples of the whole curriculum."""
        return sum(stage.samples for stage in self._curriculum)

    def run(self, save_every_s: float = 60.0) -> Iterator[BaseProgress]:
        """Train to the end of the curriculum, yielding after every block."""
        begin = 0
        for stage in self._curriculum:
            end = begin + stage.samples
            if self.samples < end:
                yield from self._stage(stage, end, save_every_s)
            begin = end

    def save(self) -> None:
        """Write the checkpoint; a kill at any moment leaves the last one whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        data = dump_tree(self.state, {"samples": str(self.samples)})
        unfinished = self._folder / "train_state.partial"
        unfinished.write_bytes(data)
        unfinished.rename(self._checkpoint)

    @property
    def _checkpoint(self) -> Path:
        return self._folder / "train_state.safetensors"

    def _restore(self) -> None:
        if self._checkpoint.exists():
            data = self._checkpoint.read_bytes()
            self.state = load_tree(data, self.state)
            self.samples = int(read_metadata(data)["samples"])

    def _explore(self, least: float) -> None:
        """Keep the exploration noise at `least` or above."""
        params = jax.tree.map(lambda leaf: leaf, self.state.params)
        noise = params.policy["params"]["std_logparam"]
        noise["log_value"] = jnp.maximum(noise["log_value"], jnp.log(least))
        self.state = self.state.replace(params=params)  # type: ignore[attr-defined]

    def _stage(self, stage: Stage, end: int, save_every_s: float) -> Iterator[BaseProgress]:
        seed = self._seed + self.samples
        simulator = CpuSimulator(self.robot, ROBOTS, randomise=stage.randomise, seed=seed)
        sampler = stage.mix.sampler()
        rules = EpisodeConfig(
            episode_s=20.0,
            start_spread_s=5.0,
            push_every_s=4.0 if stage.push_speed > 0.0 else 0.0,
            push_speed=stage.push_speed,
            sampler=sampler,
            resample_s=6.0,
            start=partial(reared_starts, robot=self.robot) if stage.start_reared else None,
        )
        simulator.reset(CommandBatch.neutral(ROBOTS), rules, seed)
        schedule = Schedule.of(
            reward_scale=0.02, entropy=stage.entropy, learn_normalizer=True,
            min_rate=stage.min_rate, max_rate=stage.max_rate, target_kl=stage.target_kl,
        )  # fmt: skip
        saved, block = time.monotonic(), 0
        while self.samples < end:
            began = time.monotonic()
            block += 1
            if stage.least_noise > 0.0:
                self._explore(stage.least_noise)
            policy = self.learner.exploring(self.state, seed + block)
            experience = simulator.rollout(policy, CONFIG.unroll)
            error = experience.observation[1:, :, HEADING_ERROR]
            stepping = (experience.observation[1:, :, STEP_FREQUENCY] > 0.0).astype(np.float32)
            terms = base_terms(experience.rollout, error, stepping, self.robot, stage.weights)
            reward = np.sum(list(terms.values()), axis=0)
            # Without an anchor any policy will do, but the update donates its state: copy.
            reference = jax.tree.map(jnp.copy, self.state.params)
            self.state, metrics = self.learner.update(
                self.state, experience, reward, schedule, reference
            )
            count = reward.size
            self.samples += count
            minutes = count * 0.02 / 60.0
            yield BaseProgress(
                stage=stage.name,
                samples=self.samples,
                total=self.total,
                samples_per_s=count / (time.monotonic() - began),
                reward=float(reward.mean()),
                terms={name: float(value.mean()) for name, value in terms.items()},
                falls_per_minute=float(experience.terminated.sum() / minutes),
                metrics=metrics,
            )
            if time.monotonic() - saved > save_every_s:
                self.save()
                saved = time.monotonic()
        self.save()
