"""How tabletop robots are pretrained: every joint follows what its channel asks."""

from __future__ import annotations

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.command_schedule import CommandSchedule
from tabrl.control.embodiment import Embodiment
from tabrl.control.rollout import Rollout
from tabrl.sim.episodes import CommandSampler
from tabrl.sim.simulator import Experience
from tabrl_trainer.pretraining.benchmark import Benchmark, at_most
from tabrl_trainer.pretraining.pretraining import CardWords, CurriculumStage, Pretraining

KERNEL = 0.15  # rad, at which following pays 1/e


class TabletopPretraining(Pretraining[CurriculumStage]):
    """Follow, then follow with other motors."""

    words = CardWords(failure="failure", errors="Errors: mean distance of a joint from its target.")
    reported_terms = ("follow", "calm")

    def __init__(self, embodiment: Embodiment) -> None:
        self.embodiment = embodiment
        self.curriculum = (
            CurriculumStage(name="follow", samples=300_000, min_action_std=0.1),
            CurriculumStage(name="sturdy", samples=300_000, randomise=1.0, entropy=0.0),
        )

    def sampler(self, stage: CurriculumStage) -> CommandSampler:
        return self._drawn

    def reward_terms(self, experience: Experience, stage: CurriculumStage) -> dict[str, Floats]:
        rollout = experience.rollout
        change = np.square(rollout.action - rollout.previous_action).mean(axis=-1)
        off = np.square(self._errors(rollout)).mean(axis=-1)
        return {"follow": np.exp(-off / KERNEL**2), "calm": -0.01 * change}

    @property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        return (Benchmark("any angles", self._drawn, self._measured, at_most(error=0.15)),)

    def _drawn(self, rng: np.random.Generator, count: int) -> CommandBatch:
        space = self.embodiment.commands
        return CommandBatch.stack(
            [
                CommandSchedule.asking(
                    space,
                    **{
                        channel.name: (
                            float(rng.uniform(channel.lower, channel.upper)) / 2,
                            float(rng.uniform(0.0, channel.amplitude)),
                            float(rng.uniform(0.0, 2.0 * np.pi)),
                        )
                        for channel in space.channels
                    },
                )
                for _ in range(count)
            ]
        )

    def _errors(self, rollout: Rollout) -> Floats:
        """How far joints are from where they are told to be, `[T, B, nu]` rad."""
        return rollout.joint_position - self.embodiment.joints.home - rollout.command

    def _measured(self, rollout: Rollout, commands: CommandBatch) -> dict[str, float]:
        return {"error": float(np.abs(self._errors(rollout)).mean())}


def pretraining(embodiment: Embodiment) -> TabletopPretraining:
    """The kind's entry point."""
    return TabletopPretraining(embodiment)
