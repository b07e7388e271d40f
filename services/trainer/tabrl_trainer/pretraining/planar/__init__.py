"""How planar robots are pretrained: the trunk goes, stands and tilts as it is told."""

from __future__ import annotations

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule, Wave
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import Rollout
from tabrl.embodiments.planar.channels import speed_unit
from tabrl.embodiments.planar.names import HEIGHT, PITCH, SPEED
from tabrl.sim.episodes import CommandSampler
from tabrl.sim.simulator import Experience
from tabrl_trainer.pretraining.benchmark import Benchmark, at_most
from tabrl_trainer.pretraining.pretraining import CardWords, CurriculumStage, Pretraining

_SPEED, _HEIGHT, _PITCH = 0.3, 0.1, 0.15  # of sqrt(g h), of h, rad: off by so much pays 1/e
_RESTS = 0.2  # share of the schedules that ask for nothing
_POSED = 0.3  # and of those that also say how to hold the trunk


class PlanarPretraining(Pretraining[CurriculumStage]):
    """Go as fast as told, then also hold the trunk as told, then as other robots are."""

    words = CardWords(failure="fall", errors="Errors: mean distance from the commanded speed, m/s.")
    reported_terms = ("speed", "height", "pitch", "smooth")

    def __init__(self, embodiment: Embodiment) -> None:
        self.embodiment = embodiment
        self._unit = speed_unit(embodiment.robot)
        self.curriculum = (
            CurriculumStage(name="go", samples=8_000_000, min_action_std=0.15),
            CurriculumStage(name="sturdy", samples=8_000_000, randomise=0.7, push_speed=0.3),
            CurriculumStage(name="fine", samples=4_000_000, randomise=0.7, entropy=0.0),
        )

    def sampler(self, stage: CurriculumStage) -> CommandSampler:
        return self._drawn

    def reward_terms(self, experience: Experience, stage: CurriculumStage) -> dict[str, Floats]:
        rollout = experience.rollout
        off = self._off(rollout)
        change = np.square(rollout.action - rollout.previous_action).mean(axis=-1)
        return {
            "speed": np.exp(-np.square(off[SPEED] / (_SPEED * self._unit))),
            "height": 0.3 * np.exp(-np.square(off[HEIGHT] / (_HEIGHT * self._length))),
            "pitch": 0.3 * np.exp(-np.square(off[PITCH] / _PITCH)),
            "smooth": -0.02 * change,
        }

    @property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        limits = at_most(error=0.15 * self._unit)
        return (Benchmark("any commands", self._drawn, self._measured, limits),)

    @property
    def _length(self) -> float:
        return self.embodiment.robot.characteristic_length

    def _drawn(self, rng: np.random.Generator, count: int) -> CommandBatch:
        return CommandBatch.stack([self._one(rng) for _ in range(count)])

    def _one(self, rng: np.random.Generator) -> CommandSchedule:
        space = self.embodiment.commands
        if rng.random() < _RESTS:
            return CommandSchedule.neutral(space)
        posed = rng.random() < _POSED
        asked = CommandSchedule.neutral(space)
        for channel in space.channels:
            if posed or channel.name == SPEED:
                constant = float(rng.uniform(channel.lower, channel.upper))
                amplitude = float(rng.uniform(0.0, channel.amplitude)) if posed else 0.0
                wave = Wave(constant, amplitude, float(rng.uniform(0.0, 2.0 * np.pi)))
                asked = asked.with_wave(channel.name, wave)
        return asked

    def _off(self, rollout: Rollout) -> dict[str, Floats]:
        """How far the trunk is from what is asked, `[T, B]` by channel; 0 for one it has not."""
        measured = {
            SPEED: rollout.forward_speed,
            HEIGHT: rollout.base_position[..., 2] - self._length,
            PITCH: rollout.pitch,
        }
        space = self.embodiment.commands
        return {
            name: value - rollout.command[..., space.column(name)]
            if name in space
            else np.zeros_like(value)
            for name, value in measured.items()
        }

    def _measured(self, rollout: Rollout, commands: CommandBatch) -> dict[str, float]:
        return {"error": float(np.abs(self._off(rollout)[SPEED]).mean())}


def pretraining(embodiment: Embodiment) -> PlanarPretraining:
    """The kind's entry point."""
    return PlanarPretraining(embodiment)
