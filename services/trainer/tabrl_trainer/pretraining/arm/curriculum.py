"""What arms are trained on, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, field

from tabrl_trainer.pretraining.arm.commands import CommandMix
from tabrl_trainer.pretraining.arm.reward import RewardWeights
from tabrl_trainer.pretraining.pretraining import CurriculumStage


@dataclass(frozen=True, kw_only=True)
class ArmStage(CurriculumStage):
    """A stage of an arm; `start_share` of the episodes begin in other poses than home."""

    weights: RewardWeights = field(default_factory=RewardWeights)
    mix: CommandMix = field(default_factory=CommandMix)
    start_share: float = 0.5
    symmetry: float = 0.0  # an arm with an offset shoulder has no mirror image


CURRICULUM = (
    # Getting there first, near home, without a hurry to be smooth. Who earns by the millimetre does
    # not dare to turn the tool.
    ArmStage(
        name="reach",
        samples=4_000_000,
        weights=RewardWeights(exact=0.2, smooth=0.01, tempo=0.5, elbow=0.2),
        mix=CommandMix(
            reach=0.6, waving_share=0.15, path_share=0.1, joints_share=0.1, tempo_share=0.0,
            elbow_down_share=0.0,
        ),
        entropy=0.004,
        min_rate=1e-4,
        target_kl=0.015,
    ),
    ArmStage(
        name="follow",
        samples=6_000_000,
        weights=RewardWeights(exact=0.6),
        entropy=0.002,
        min_rate=1e-4,
        target_kl=0.015,
    ),
    ArmStage(
        name="sturdy",
        samples=5_000_000,
        randomise=1.0,
        entropy=0.001,
        min_rate=5e-5,
        max_rate=5e-4,
    ),
    # Hardly any exploring: half of the arms are as the scene says, and do it exactly.
    ArmStage(
        name="exact",
        samples=5_000_000,
        weights=RewardWeights(exact=2.0, smooth=0.04, still=0.03, clearance=2.0, collision=80.0),
        randomise=0.5,
        entropy=0.0,
        min_rate=3e-5,
        max_rate=2e-4,
    ),
    # Nodding and waving as fast as a person would, and farther from everything it might touch.
    ArmStage(
        name="swift",
        samples=8_000_000,
        weights=RewardWeights(exact=2.0, smooth=0.03, still=0.02, clearance=3.0, collision=160.0),
        mix=CommandMix(waving_share=0.4, turn_speed=2.2, turn_acceleration=14.0),
        randomise=0.5,
        entropy=0.0,
        min_rate=5e-5,
        max_rate=3e-4,
    ),
    # An elbow that goes to its other side takes the tool along: that must pay at once.
    ArmStage(
        name="elbow",
        samples=5_000_000,
        weights=RewardWeights(
            exact=2.0, smooth=0.03, still=0.02, clearance=3.0, collision=160.0, sided=0.8
        ),
        mix=CommandMix(
            waving_share=0.4, turn_speed=2.2, turn_acceleration=14.0, elbow_down_share=0.35,
            turned_share=0.4,
        ),
        randomise=0.5,
        entropy=0.0,
        min_rate=5e-5,
        max_rate=3e-4,
    ),
    # From home to where there is little room, and an elbow that earns nothing on its wrong side:
    # some noise is needed to find the way through the straight arm.
    ArmStage(
        name="bend",
        samples=6_000_000,
        weights=RewardWeights(
            exact=2.0, smooth=0.03, still=0.02, clearance=5.0, collision=240.0, sided=1.0, elbow=3.0
        ),
        mix=CommandMix(
            waving_share=0.25, turn_speed=2.2, turn_acceleration=14.0, elbow_down_share=0.4,
            turned_share=0.3, narrow_share=0.4,
        ),
        randomise=0.5,
        entropy=0.0,
        min_rate=1e-4,
        max_rate=5e-4,
        min_action_std=0.1,
        start_share=0.2,
    ),
    ArmStage(
        name="careful",
        samples=6_000_000,
        weights=RewardWeights(
            exact=2.0, smooth=0.04, still=0.02, clearance=5.0, collision=240.0, sided=1.0, elbow=2.0
        ),
        mix=CommandMix(
            waving_share=0.35, turn_speed=2.2, turn_acceleration=14.0, elbow_down_share=0.25,
            turned_share=0.3, narrow_share=0.4,
        ),
        randomise=0.5,
        entropy=0.0,
        min_rate=3e-5,
        max_rate=3e-4,
        start_share=0.25,
    ),
)  # fmt: skip
