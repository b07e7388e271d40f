"""How arms are pretrained."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.command_batch import CommandBatch
from tabrl.control.embodiment import Embodiment
from tabrl.domain.errors import Invalid
from tabrl.embodiments.arm.embodiment import ArmRobot
from tabrl.embodiments.arm.names import ELBOW, can_pose
from tabrl.sim.episodes import CommandSampler, StartPoses
from tabrl.sim.simulator import Experience
from tabrl_trainer.pretraining.arm.benchmarks import benchmarks
from tabrl_trainer.pretraining.arm.commands import MixedCommands
from tabrl_trainer.pretraining.arm.curriculum import CURRICULUM, ArmStage
from tabrl_trainer.pretraining.arm.reach import Reach
from tabrl_trainer.pretraining.arm.reward import ArmReward
from tabrl_trainer.pretraining.benchmark import Benchmark
from tabrl_trainer.pretraining.pretraining import CardWords, Pretraining

LEAST_POSES = 200  # within reach, the elbow up and the tool as at home, that teach anything


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
        """Raises `Invalid` (code `no_pretraining`) for joints that cannot pose a tool."""
        assert isinstance(embodiment, ArmRobot)
        if not can_pose(embodiment.robot):
            raise Invalid(
                f"{embodiment.robot.id} cannot be pretrained: it has too few joints, or some that "
                "are too much alike",
                code="no_pretraining",
                hint="an arm needs six whose axes lie in different ways to place a tool and to "
                "point it; tabrl run --tier full teaches it single tasks from nothing",
            )
        self.embodiment = embodiment
        self.curriculum = curriculum
        self._arm = embodiment
        self._reward = ArmReward(embodiment)

    @cached_property
    def reach(self) -> Reach:
        """Poses that commands are drawn from; found once.

        Raises `Invalid` (code `no_pretraining`) if there are too few, and says why.
        """
        found = Reach.of(self._arm)
        if min(len(found.up()), len(found.pointing_down())) < LEAST_POSES:
            raise Invalid(
                f"{self.robot.id} cannot be pretrained: next to no poses of its tool are within "
                f"reach ({found.tried})",
                code="no_pretraining",
                hint="give it room: another home (tabrl robots add --home), wider ranges of its "
                "joints, or a higher base",
            )
        return found

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
