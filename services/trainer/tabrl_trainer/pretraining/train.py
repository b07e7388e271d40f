"""Training a policy from nothing: a curriculum of stages, resumable at any time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tabrl.control.command_batch import CommandBatch
from tabrl.control.rollout import CONTROL_DT
from tabrl.sim.episodes import EpisodeConfig, RobotDifferences
from tabrl.sim.factory import SimulatorKind, make_simulator
from tabrl.sim.learning.checkpoint import dump_tree, load_tree, read_metadata
from tabrl.sim.learning.ppo import Learner, Schedule, TrainState
from tabrl.sim.simulator import Experience, Simulator
from tabrl_trainer.pretraining.pretraining import CurriculumStage, Pretraining
from tabrl_trainer.sizes import Batch, sizes_for

CHECKPOINT = "train_state.safetensors"


@dataclass(frozen=True)
class PretrainingProgress:
    """A measured chunk of pretraining; terms are means a control step."""

    stage: str
    samples: int
    total: int
    samples_per_s: float
    reward: float
    terms: dict[str, float]
    failures_per_minute: float
    metrics: dict[str, float]


class PretrainingRun:
    """Trains a robot's policy, keeping its whole state in `folder`."""

    def __init__(
        self, pretraining: Pretraining[Any], folder: Path, seed: int,
        simulator: SimulatorKind = "auto", batch: Batch | None = None,
    ) -> None:  # fmt: skip
        """Goes on from the checkpoint in `folder`, if there is one.

        Args:
            pretraining: of the robot.
            folder: of the checkpoint.
            seed: of all randomness.
            simulator: which one the robots move in.
            batch: what suits the device, unless given.
        """
        self.pretraining = pretraining
        self._kind = simulator
        self._batch = batch or sizes_for(simulator).pretraining
        self.learner = Learner(pretraining.robot, self._batch.config)
        self._folder = folder
        self._seed = seed
        self.state: TrainState = self.learner.init(seed)
        self.samples = 0
        self._restore()

    @property
    def total(self) -> int:
        """Samples of the whole curriculum."""
        return self.pretraining.samples

    def run(self, save_every_s: float = 60.0) -> Iterator[PretrainingProgress]:
        """Train to the end of the curriculum, yielding after every chunk."""
        begin = 0
        for stage in self.pretraining.curriculum:
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
        unfinished.rename(self._folder / CHECKPOINT)

    def _restore(self) -> None:
        checkpoint = self._folder / CHECKPOINT
        if checkpoint.exists():
            data = checkpoint.read_bytes()
            self.state = load_tree(data, self.state)
            self.samples = int(read_metadata(data)["samples"])

    def _explore(self, min_action_std: float) -> None:
        """Keep the exploration noise at `min_action_std` or above."""
        params = jax.tree.map(lambda leaf: leaf, self.state.params)
        noise = params.policy["params"]["std_logparam"]
        noise["log_value"] = jnp.maximum(noise["log_value"], jnp.log(min_action_std))
        self.state = self.state.replace(params=params)  # type: ignore[attr-defined]

    def _stage(
        self, stage: CurriculumStage, end: int, save_every_s: float
    ) -> Iterator[PretrainingProgress]:
        seed = self._seed + self.samples
        simulator = self._simulator(stage, seed)
        schedule = Schedule.of(
            reward_scale=0.02, entropy=stage.entropy, learn_normalizer=True,
            min_rate=stage.min_rate, max_rate=stage.max_rate, target_kl=stage.target_kl,
            symmetry=stage.symmetry,
        )  # fmt: skip
        saved, chunk = time.monotonic(), 0
        while self.samples < end:
            began = time.monotonic()
            chunk += 1
            if stage.min_action_std > 0.0:
                self._explore(stage.min_action_std)
            policy = self.learner.exploring(self.state, seed + chunk)
            experience = simulator.rollout(policy, self._batch.config.unroll)
            yield self._learn(experience, stage, schedule, began)
            if time.monotonic() - saved > save_every_s:
                self.save()
                saved = time.monotonic()
        self.save()

    def _simulator(self, stage: CurriculumStage, seed: int) -> Simulator:
        """Robots that have just begun the stage."""
        pretraining = self.pretraining
        robots = self._batch.robots
        differences = RobotDifferences.of_training(
            pretraining.embodiment, robots, seed, stage.randomise
        )
        simulator = make_simulator(
            pretraining.robot,
            robots,
            kind=self._kind,
            differences=differences if stage.randomise > 0.0 else None,
            seed=seed,
        )
        config = EpisodeConfig(
            episode_s=20.0,
            start_spread_s=5.0,
            push_every_s=4.0 if stage.push_speed > 0.0 else 0.0,
            push_speed=stage.push_speed,
            sampler=pretraining.sampler(stage),
            resample_s=6.0,
            start=pretraining.start(stage),
        )
        neutral = CommandBatch.neutral(pretraining.embodiment.commands, simulator.size)
        simulator.reset(neutral, config, seed)
        return simulator

    def _learn(
        self, experience: Experience, stage: CurriculumStage, schedule: Schedule, began: float
    ) -> PretrainingProgress:
        """One update from a chunk of experience that was `began` at this monotonic time, s."""
        terms = self.pretraining.reward_terms(experience, stage)
        reward = np.sum(list(terms.values()), axis=0)
        # Without an anchor any policy will do, but the update donates its state: copy.
        reference = jax.tree.map(jnp.copy, self.state.params)
        self.state, metrics = self.learner.update(
            self.state, experience, reward, schedule, reference
        )
        self.samples += reward.size
        minutes = reward.size * CONTROL_DT / 60.0
        return PretrainingProgress(
            stage=stage.name,
            samples=self.samples,
            total=self.total,
            samples_per_s=reward.size / (time.monotonic() - began),
            reward=float(reward.mean()),
            terms={name: float(value.mean()) for name, value in terms.items()},
            failures_per_minute=float(experience.terminated.sum() / minutes),
            metrics=metrics,
        )
