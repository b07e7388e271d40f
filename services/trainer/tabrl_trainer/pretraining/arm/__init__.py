"""How arms are pretrained."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import ELBOW
from tabrl.sim.episodes import CommandSampler, StartPoses
from tabrl.sim.simulator import Experience
from tabrl_trainer.pretraining.arm.benchmarks import benchmarks
from tabrl_trainer.pretraining.arm.commands import MixedCommands
from tabrl_trainer.pretraining.arm.curriculum import CURRICULUM, ArmStage
from tabrl_trainer.pretraining.arm.reach import Reach
from tabrl_trainer.pretraining.arm.reward import ArmReward
from tabrl_trainer.pretraining.benchmark import Benchmark
from tabrl_trainer.pretraining.pretraining import CardWords, Pretraining

LEAST_JOINTS = 6  # to place a tool and point it as well


class ArmPretraining(Pretraining[ArmStage]):
    """Get there first, then follow everything, then on arms that differ, then exactly."""

    words = CardWords(
        failure="collision",
        errors=(
            "Errors: mean distance of the tool from where it is to be, m, and mean angle of its "
            "axis, rad."
        ),
    )
    reported_terms = ("place", "exact", "pointing", "joints", "elbow", "smooth", "table", "self")

    def __init__(
        self, embodiment: Embodiment, curriculum: tuple[ArmStage, ...] = CURRICULUM
    ) -> None:
        """Raises `Invalid` (code `no_pretraining`) for too few joints."""
        assert isinstance(embodiment, ArmRobot)
        if len(embodiment.robot.limbs[0].joints) < LEAST_JOINTS:
            raise Invalid(
                f"{embodiment.robot.id} cannot be pretrained: it has too few joints",
                code="no_pretraining",
                hint=f"an arm needs at least {LEAST_JOINTS} to place a tool and to point it",
            )
        self.embodiment = embodiment
        self.curriculum = curriculum
        self._arm = embodiment
        self._reward = ArmReward(embodiment)

    @cached_property
    def reach(self) -> Reach:
        """Poses that commands are drawn from; found once."""
        return Reach.of(self._arm)

    def sampler(self, stage: ArmStage) -> CommandSampler:
        return MixedCommands(stage.mix, self._arm, self.reach)

    def reward_terms(self, experience: Experience, stage: ArmStage) -> dict[str, Floats]:
        return self._reward.terms(experience.rollout, stage.weights)

    def start(self, stage: ArmStage) -> StartPoses | None:
        """Some episodes begin anywhere within reach."""

        up, down = self.reach.up(), self.reach.down()

        def anywhere(rng: np.random.Generator, schedules: CommandBatch) -> Floats:
            """With the elbow where it is to be."""
            count = len(schedules)
            qpos = up.qpos[rng.integers(0, up.within(stage.mix.reach), count)]
            if ELBOW in schedules.settings and len(down):
                other = down.qpos[rng.integers(0, down.within(stage.mix.reach), count)]
                qpos = np.where(schedules.settings[ELBOW][:, None] > 0, other, qpos)
            at_home = rng.random(count) >= stage.start_share
            return np.where(at_home[:, None], np.nan, qpos)

        return anywhere

    @cached_property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        return benchmarks(self._arm, self.reach)


def pretraining(embodiment: Embodiment) -> ArmPretraining:
    """The kind's entry point."""
    return ArmPretraining(embodiment)
