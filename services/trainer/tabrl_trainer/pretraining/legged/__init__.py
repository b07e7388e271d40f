"""How legged robots are pretrained."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tabrl.control.arrays import Floats
from tabrl.control.embodiment import Embodiment
from tabrl.domain.errors import Invalid
from tabrl.sim.episodes import CommandSampler, StartPoses
from tabrl.sim.simulator import Experience
from tabrl_trainer.pretraining.benchmark import Benchmark
from tabrl_trainer.pretraining.legged.benchmarks import benchmarks
from tabrl_trainer.pretraining.legged.commands import MixedCommands
from tabrl_trainer.pretraining.legged.curriculum import CURRICULUM, LeggedStage
from tabrl_trainer.pretraining.legged.rearing import RearingPose
from tabrl_trainer.pretraining.legged.reward import Errors, LeggedReward
from tabrl_trainer.pretraining.pretraining import CardWords, Pretraining

MIN_JOINTS = 2  # of a leg


class LeggedPretraining(Pretraining[LeggedStage]):
    """Walk first, then every behaviour, then all of it under disturbances."""

    words = CardWords(
        failure="fall",
        errors=(
            "Errors: mean absolute difference of command and motion, each averaged over half a "
            "second (speeds) or taken every step (postures)."
        ),
    )
    reported_terms = (
        "velocity", "yaw", "orientation", "height", "feet", "swing", "slip", "motors", "tucked",
    )  # fmt: skip

    def __init__(
        self, embodiment: Embodiment, curriculum: tuple[LeggedStage, ...] = CURRICULUM
    ) -> None:
        """Raises `Invalid` (code `no_pretraining`) for legs of a single joint."""
        robot = embodiment.robot
        short = [limb.name for limb in robot.limbs if len(limb.joints) < MIN_JOINTS]
        if short:
            raise Invalid(
                f"{robot.id} cannot be pretrained: too few joints in {', '.join(short)}",
                code="no_pretraining",
                hint=f"a leg needs at least {MIN_JOINTS}: a thigh and a calf",
            )
        self.embodiment = embodiment
        channels = embodiment.commands
        self.curriculum = tuple(
            stage for stage in curriculum if not stage.teaches or stage.teaches in channels
        )
        self._reward = LeggedReward(embodiment)
        self._step_frequency = embodiment.observation.column("step_frequency")

    def sampler(self, stage: LeggedStage) -> CommandSampler:
        return MixedCommands(stage.mix, self.embodiment)

    def reward_terms(self, experience: Experience, stage: LeggedStage) -> dict[str, Floats]:
        stepping = experience.observation[1:, :, self._step_frequency] > 0.0
        hidden, privileged = self.embodiment.hidden, experience.privileged[1:]
        errors = Errors(
            heading=privileged[..., hidden.column("heading_error")],
            path=privileged[..., hidden["path_error"]],
        )
        return self._reward.terms(
            experience.rollout, errors, stepping.astype(np.float32), stage.weights
        )

    def start(self, stage: LeggedStage) -> StartPoses | None:
        rears = stage.start_reared and "rear" in self.embodiment.commands
        return RearingPose(self.robot).starts if rears else None

    @cached_property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        return benchmarks(self.embodiment)


def pretraining(embodiment: Embodiment) -> LeggedPretraining:
    """The kind's entry point."""
    return LeggedPretraining(embodiment)
